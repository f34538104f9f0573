// The contexts a profile mixes: which parts of the past each one looks at. A profile is a list, best first; a tier takes
// as many from its front as it can afford. Pure functions of the history; they know no table and no mixer.
#pragma once

#include <cstdint>
#include <span>

#include "models/mixing/history.h"

namespace fastnz::models {

struct ProfileRow {
  Profile profile;
  const char* name;
  bool has_width;            // a record or row width goes with it
  int ordered;               // the first contexts are of rising order: how many of them are known steers the mixer
  std::span<const uint8_t> contexts;
};

const ProfileRow& profile_row(Profile profile);

// The lists of symbol_mix: other contexts are best when there are few.
inline constexpr int kFastContexts = 3;
const ProfileRow& fast_profile_row(Profile profile);

// The summaries of the history (History::Kept) that the first `count` contexts and the set bases look at.
uint32_t kept_summaries(const ProfileRow& row, int count);

// One hash per context of the profile's first `count`; of the profile's list for symbol_mix.
void compute_contexts(const ProfileRow& row, const History& history, int count, uint32_t* hashes);
void compute_fast_contexts(Profile profile, const History& history, uint32_t* hashes);

// What chooses the row of the third weight set, below 256.
uint32_t third_set_base(const ProfileRow& row, const History& history);

}  // namespace fastnz::models

// The contexts a profile mixes: which parts of the past each one looks at. A profile is a list, best first; a tier takes
// as many from its front as it can afford. Pure functions of the history; they know no table and no mixer.
#pragma once

#include <cstdint>
#include <span>

#include "models/context_mix/history.h"

namespace fastnz::models {

struct ProfileRow {
  Profile profile;
  const char* name;
  bool has_width;            // a record or row width goes with it
  int ordered;               // the first contexts are of rising order: how many of them are known steers the mixer
  std::span<const uint8_t> contexts;
};

const ProfileRow& profile_row(Profile profile);

// The lists of fast_mix: other contexts are best when there are few.
inline constexpr int kFastContexts = 3;
const ProfileRow& fast_profile_row(Profile profile);

// One hash per context of the profile's first `count`, and the bases of the weight sets from the third on.
void compute_contexts(const ProfileRow& row, const History& history, int count, uint32_t* hashes);
void compute_set_bases(const ProfileRow& row, const History& history, uint32_t* bases, int count);
inline constexpr uint32_t kSetRows = 256;  // every base is below this

}  // namespace fastnz::models

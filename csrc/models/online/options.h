// The option bytes of the models that train while they code, and the presets that have names. Invariant: what
// read_online_options() accepts, a decoder can run in the memory that online_memory() tells: docs/online.md, section 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/span.h"

namespace fastnz::models {

// Of recurrent layers, or what takes their place: attention as TRACE or as NNCP has it.
enum class OnlineCell : uint8_t { kRnn = 1, kGru = 2, kLstm = 3, kTrace = 4, kNncp = 5 };
inline bool is_recurrent(OnlineCell cell) noexcept { return cell <= OnlineCell::kLstm; }

// When to learn again from what has been coded: a pass over a window of the past, cut into lanes, whenever so many steps are
// done. docs/online.md, section 12.
struct OnlineSchedule {
  int every = 0;                // log2 of the steps between two replays; 0: there is none
  bool doubling = false;        // after the first, whenever as many steps again as so far are done
  int window = 0;               // log2 of the newest steps that are learnt again
  int passes = 0;
  int lanes = 0;
  int rate = 0;                 // code of the learning rate, as the options' own
  bool apart = false;           // replays have means of squares, counts and a falling rate of their own
  int dropout = 0;              // sixteenths of what the output layer reads that a replay leaves out, at most 7
};

// A small network that the encoder has trained on this very content and that the code begins with: docs/online.md, section 13.
struct OnlineBootstrap {
  int units = 0;                // of its one layer of `gru`; 0: there is none
  int step = 0;                 // its numbers are multiples of 2^-step
};

struct OnlineOptions {
  OnlineCell cell = OnlineCell::kGru;
  bool normalised = false;      // the pre-activations of each gate (`lstm` only)
  bool with_mean = false;       // beta1 = 7/8 instead of 0
  int units = 128;              // H of each layer
  int layers = 1;               // L
  int streams = 1;              // S: lanes that the content is cut into
  int period = 10;              // P: steps between two updates
  int horizons = 1;             // m: gradients flow back m * P steps (1 unless recurrent)
  int rate = 0;                 // code of the learning rate: (16 + low four bits) * 2^-(4 + high four bits)
  int decay = 0;                // rate falls as 1 / root(1 + updates / 2^decay); 0: it does not
  int memory = 13;              // the mean of squares forgets by 2^-memory an update
  int table_bits = 0;           // log2 of the rows of each table of hashed contexts; 0: none
  int table_width = 0;          // values of a row
  int contexts = 0;             // tables: 3 to 6, or 0
  int heads = 0;                // of attention
  int places = 0;               // what a row attends to: itself and those before it
  int inner = 0;                // feed-forward units
  uint8_t seed = 0;
  OnlineSchedule schedule = {};
  OnlineBootstrap bootstrap = {};
};

inline constexpr size_t kOnlineOptionBytes = 12, kOnlineScheduleBytes = 3, kOnlineBootstrapBytes = 1;  // of the latter one or none

// Throws kCorrupt on bytes that no encoder writes, kUnsupported on a version that is not known.
OnlineOptions read_online_options(base::ByteSpan bytes);
std::vector<uint8_t> write_online_options(const OnlineOptions& options);

// As they are, or without a bootstrap that a content of this size is too short for.
std::vector<uint8_t> online_options_for(base::ByteSpan bytes, uint64_t content_size);
// Least bytes of content that may have this bootstrap.
uint64_t least_bootstrapped(const OnlineBootstrap& bootstrap) noexcept;

// The bootstrap as a network of its own, in as many streams.
OnlineOptions bootstrap_network(const OnlineOptions& options) noexcept;
inline constexpr int kBootstrapWeights = 16;  // parameters for its weight in the sum of logits, all equal

// What a recurrent network reads beside its own state and the last byte: tables of contexts, and a bootstrap's state.
inline int feature_width(const OnlineOptions& o) noexcept { return o.contexts * o.table_width + o.bootstrap.units; }

// Of the vector of sections 3 and 9.
int64_t dense_parameters(const OnlineOptions& options) noexcept;

struct OnlinePreset {
  const char* name;
  OnlineOptions options;
};
std::span<const OnlinePreset> online_presets() noexcept;

}  // namespace fastnz::models

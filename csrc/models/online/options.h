// The option bytes of the models that train while they code, and the presets that have names. Invariant: what
// read_online_options() accepts, a decoder can run in the memory that online_memory() tells: docs/online.md, section 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/span.h"

namespace fastnz::models {

enum class OnlineCell : uint8_t { kRnn = 1, kGru = 2, kLstm = 3 };

struct OnlineOptions {
  OnlineCell cell = OnlineCell::kGru;
  bool normalised = false;      // the pre-activations of each gate (`lstm` only)
  bool with_mean = false;       // beta1 = 7/8 instead of 0
  int units = 128;              // H of each layer
  int layers = 1;               // L
  int streams = 1;              // S: lanes that the content is cut into
  int period = 10;              // P: steps between two updates
  int horizons = 1;             // m: gradients flow back m * P steps
  int rate = 0;                 // code of the learning rate: (16 + low four bits) * 2^-(4 + high four bits)
  int decay = 0;                // rate falls as 1 / root(1 + updates / 2^decay); 0: it does not
  int memory = 13;              // the mean of squares forgets by 2^-memory an update
  int table_bits = 0;           // log2 of the rows of each table of hashed contexts; 0: none
  int table_width = 0;          // values of a row
  uint8_t seed = 0;
};

inline constexpr size_t kOnlineOptionBytes = 12;

// Throws kCorrupt on bytes that no encoder writes, kUnsupported on a version that is not known.
OnlineOptions read_online_options(base::ByteSpan bytes);
std::vector<uint8_t> write_online_options(const OnlineOptions& options);

struct OnlinePreset {
  const char* name;
  OnlineOptions options;
};
std::span<const OnlinePreset> online_presets() noexcept;

}  // namespace fastnz::models

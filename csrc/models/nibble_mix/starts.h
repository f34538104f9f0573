// What weights and maps of a mixer with 12 contexts of text and one network begin with: learnt, so that the first bytes of
// a record are mixed as those of many records were. The numbers are part of the format (docs/hybrid.md, section 4).
// Source: A. Nichol, J. Achiam, J. Schulman, "On First-Order Meta-Learning Algorithms" (2018).
#pragma once

#include <cstdint>

namespace fastnz::models {

inline constexpr int kStartContexts = 12, kStartInputs = 18, kStartRows = 644, kStartMaps = 272, kStartColumns = 16;

struct Starts {
  int16_t weights[kStartRows][kStartInputs];   // of each row of each set, for all nodes alike
  uint16_t maps[kStartMaps][kStartColumns];    // trees of the answer's map, then of the network's, for all nodes alike
};

const Starts& learnt_starts() noexcept;

}  // namespace fastnz::models

// What all passes over a content share: the options of a network, its parameters and the loops. And the history of a
// stream, of which the rows of tables are found. docs/online.md, sections 3 and 4.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/table.h"
#include "models/online/dense.h"
#include "models/online/options.h"
#include "models/online/table.h"

namespace fastnz::models {

struct OnlineCore {
  OnlineOptions options;
  const kernels::KernelTable* kernels;
  DenseParameters parameters;
  std::vector<EmbeddingTable> tables;  // those of bytes, then those of hashed contexts
  FloatRows bootstrap_state = {};      // [S][its units], of the step that comes; where there is one
};

struct OnlineHistory {
  uint64_t bytes = 0;  // the last eight, the newest lowest
  uint32_t word = 0;   // of the letters since the last byte that is none

  void push(uint32_t byte) noexcept {
    bytes = bytes << 8 | byte;
    const uint32_t small = byte | 32;
    const bool letter = (small >= 'a' && small <= 'z') || byte >= 128;
    word = letter ? (word + small + 1) * 0x2F0B4C47u : 0;
  }
};

}  // namespace fastnz::models

// What a match says of a nibble, for the mixers that work on nibble trees: the odds at the nodes that the expected nibble
// passes, by how often matches of such a length were right there. Plain data, so that it can be copied back.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/nibble_mix.h"

namespace fastnz::models {

class MatchOdds {
 public:
  MatchOdds() {
    for (auto& row : right_q16_) std::fill_n(row, 4, uint16_t{58982});
  }

  // Begins a nibble: writes the odds of the match of `length` bytes to x[kNibbleLanes], which nobody else writes and which
  // was zeros at first, and returns how far it is to be trusted, 0 (no match, or its upper nibble was wrong) to 3. A negative expected byte is no match.
  uint32_t begin(int expected_byte, uint32_t length, bool second, uint32_t first_nibble, const int16_t* stretch_q10,
                 int16_t* x) noexcept {
    nibble_ = -1;
    if (expected_byte >= 0) {
      if (!second) nibble_ = expected_byte >> 4;
      else if (static_cast<uint32_t>(expected_byte >> 4) == first_nibble) nibble_ = expected_byte & 15;
    }
    if (written_) std::memset(x, 0, kernels::kNibbleLanes * sizeof *x);
    written_ = nibble_ >= 0;
    if (!written_) return 0;
    row_ = bucket(length) * 2 + second;
    for (int k = 0, node = 1; k < 4; ++k) {
      const int bit = nibble_ >> (3 - k) & 1;
      const int16_t odds = stretch_q10[right_q16_[row_][k] >> 4];
      x[node] = bit ? odds : static_cast<int16_t>(-odds);
      node = node * 2 + bit;
    }
    return length < 8 ? 1 : length < 24 ? 2 : 3;
  }

  void learn(uint32_t nibble) noexcept {
    if (nibble_ < 0) return;
    uint16_t* const q = right_q16_[row_];
    const uint32_t differ = nibble ^ static_cast<uint32_t>(nibble_);
    for (int k = 0; k < 4; ++k) {
      const bool right = (differ >> (3 - k) & 1) == 0;
      q[k] = static_cast<uint16_t>(q[k] + (((right ? 65535 : 0) - q[k]) >> 6));
      if (!right) break;
    }
  }

 private:
  static constexpr int kBuckets = 20;
  static int bucket(uint32_t length) noexcept {
    return static_cast<int>(length < 16 ? length : length < 32 ? 16 : length < 64 ? 17 : length <= 400 ? 18 : 19);
  }

  uint16_t right_q16_[kBuckets * 2][4];  // by length and nibble, and by bit
  int nibble_ = -1;                      // expected; negative: none
  int row_ = 0;
  bool written_ = false;                 // x holds odds
};

}  // namespace fastnz::models

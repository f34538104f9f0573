// An output layer that follows the content: 255 logistic units, one for each decision of a byte, over what the leading network's
// last layer takes. Their odds are added to the mixer's answer and they learn from the mixer's error, so they come to know
// what neither the counters nor the frozen network do. docs/hybrid.md, section 8. Invariant: integers; rows are the owner's.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "kernels/table.h"
#include "models/nibble_mix/sizes.h"

namespace fastnz::models {

class Readout {
 public:
  static constexpr int kMost = 480;  // inputs; sums stay below 2^31

  // Numbers of a row: the network's last inputs up to a whole pair of vectors. 0: no readout.
  static int width(int tier, int last_inputs) noexcept {
    return tier < kFirstTier || last_inputs > kMost ? 0 : (last_inputs + 31) / 32 * 32;
  }
  static constexpr uint32_t kRows = kernels::kNibbleLanes * kNibbleTrees;

  // `rows`: [kRows][width], zeros at first, 64-byte aligned.
  void place(int16_t* rows, int width) noexcept {
    rows_ = rows;
    width_ = width;
  }
  int16_t* row(uint32_t tree, uint32_t node) const noexcept {
    return rows_ + (tree * kernels::kNibbleLanes + node) * static_cast<uint32_t>(width_);
  }

  void begin_byte(std::span<const int8_t> inputs) noexcept {
    int32_t power = 1;
    for (size_t i = 0; i < inputs.size(); ++i) {
      x_[i] = inputs[i];
      power += inputs[i] * inputs[i];
    }
    power_ = power;
  }
  // What the row of a node learns by: over unchanged inputs its odds then move by 1/16 of the error, in log2.
  int16_t step(int32_t error_q15) const noexcept {
    return static_cast<int16_t>(std::clamp<int64_t>(int64_t{error_q15} * 8192 / power_, -32767, 32767));
  }
  const int16_t* x() const noexcept { return x_.data(); }

 private:
  static constexpr int kFirstTier = 6;

  int16_t* rows_ = nullptr;
  int width_ = 0;
  int32_t power_ = 1;
  alignas(64) std::array<int16_t, kMost> x_{};
};

}  // namespace fastnz::models

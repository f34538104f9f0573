// A table of learnt rows, of which a step uses one for each stream. Only rows that were used since the last update learn,
// each with a count of its own: a row that is seldom used learns as fast as one that is used all the time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/table.h"
#include "models/online/dense.h"
#include "models/online/float_buffer.h"

namespace fastnz::models {

class EmbeddingTable {
 public:
  // At most `uses` rows are used between two updates.
  EmbeddingTable(size_t rows, int width, size_t uses, bool with_mean, size_t optimisers);
  static size_t bytes(size_t rows, int width, size_t uses, bool with_mean, size_t optimisers) noexcept;

  void draw(float bound, uint8_t seed, uint32_t place) noexcept;
  const float* row(uint32_t index) const noexcept { return weights_.data() + index * width_; }
  float* row(uint32_t index) noexcept { return weights_.data() + index * width_; }
  size_t width() const noexcept { return width_; }
  size_t rows() const noexcept { return rows_; }

  // Adds to the gradient of a row; the order of the calls is that of the sum.
  void add_gradient(const kernels::KernelTable& kernels, uint32_t index, const float* gradient) noexcept;
  // count of the row -> options of its step; then all gradients are forgotten.
  template <typename Options>
  void learn(const kernels::KernelTable& kernels, size_t optimiser, Options options_of_count) noexcept {
    Optimiser& state = optimisers_[optimiser];
    for (size_t i = 0; i < used_.size(); ++i) {
      const uint32_t index = used_[i];
      const kernels::FloatAdam options = options_of_count(++state.counts[index]);
      const size_t at = index * width_;
      kernels.adam_f32(&options, gradients_.data() + i * width_, weights_.data() + at, state.squares.data() + at,
                       options.keep > 0.0f ? state.means.data() + at : nullptr, width_);
    }
    forget();
  }
  void forget() noexcept;
  // The gradient of a row, or null; for tests.
  const float* gradient(uint32_t index) const noexcept {
    return slot_[index] == 0 ? nullptr : gradients_.data() + (slot_[index] - 1) * width_;
  }

 private:
  struct Optimiser {
    FloatBuffer squares, means;
    std::vector<uint32_t> counts;  // [rows]: steps of learning
  };
  size_t rows_, width_;
  FloatBuffer weights_, gradients_;
  std::vector<Optimiser> optimisers_;
  std::vector<uint32_t> slot_;    // [rows]: 1 + place in used_, 0 = none
  std::vector<uint32_t> used_;
};

}  // namespace fastnz::models

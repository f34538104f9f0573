#include "models/online/table.h"

#include <algorithm>

#include "models/online/philox.h"

namespace fastnz::models {

EmbeddingTable::EmbeddingTable(size_t rows, int width, size_t uses, bool with_mean, size_t optimisers)
    : rows_(rows),
      width_(static_cast<size_t>(width)),
      weights_(rows * width_),
      gradients_(std::min(rows, uses) * width_),
      slot_(rows) {
  for (size_t i = 0; i < optimisers; ++i)
    optimisers_.push_back({FloatBuffer(rows * width_), FloatBuffer(with_mean ? rows * width_ : 0), std::vector<uint32_t>(rows)});
  used_.reserve(std::min(rows, uses));
}

size_t EmbeddingTable::bytes(size_t rows, int width, size_t uses, bool with_mean, size_t optimisers) noexcept {
  const size_t size = rows * static_cast<size_t>(width);
  return (1 + optimisers * (with_mean ? 2 : 1)) * FloatBuffer::bytes(size) +
         FloatBuffer::bytes(std::min(rows, uses) * static_cast<size_t>(width)) +
         ((1 + optimisers) * rows + std::min(rows, uses)) * sizeof(uint32_t);
}

void EmbeddingTable::draw(float bound, uint8_t seed, uint32_t place) noexcept {
  draw_uniform(weights_.data(), rows_ * width_, bound, seed, place);
}

void EmbeddingTable::add_gradient(const kernels::KernelTable& kernels, uint32_t index, const float* gradient) noexcept {
  if (slot_[index] == 0) {
    used_.push_back(index);
    slot_[index] = static_cast<uint32_t>(used_.size());
    std::copy_n(gradient, width_, gradients_.data() + (used_.size() - 1) * width_);
    return;
  }
  kernels.add_rows_f32(gradient, gradients_.data() + (slot_[index] - 1) * width_, static_cast<int>(width_));
}

void EmbeddingTable::forget() noexcept {
  for (const uint32_t index : used_) slot_[index] = 0;
  used_.clear();
}

}  // namespace fastnz::models

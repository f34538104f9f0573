// Zeroed floats that begin at a multiple of 64 bytes, so that no vector crosses a line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fastnz::models {

class FloatBuffer {
 public:
  FloatBuffer() = default;
  explicit FloatBuffer(size_t size) : memory_(size == 0 ? 0 : size + kMargin) {
    const uintptr_t address = reinterpret_cast<uintptr_t>(memory_.data());
    begin_ = memory_.data() + (64 - address % 64) % 64 / sizeof(float);
  }
  FloatBuffer(FloatBuffer&&) noexcept = default;
  FloatBuffer& operator=(FloatBuffer&&) noexcept = default;

  float* data() noexcept { return begin_; }
  const float* data() const noexcept { return begin_; }
  float* row(size_t i, size_t width) noexcept { return begin_ + i * width; }

  static constexpr size_t bytes(size_t size) noexcept { return (size + kMargin) * sizeof(float); }

 private:
  static constexpr size_t kMargin = 15;
  std::vector<float> memory_;
  float* begin_ = nullptr;
};

}  // namespace fastnz::models

// The parameters that every step uses, one after another, and the dense layer, which is a matrix and an offset among them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/table.h"
#include "models/online/float_buffer.h"

namespace fastnz::models {

// Rows of numbers with a common stride.
struct FloatRows {
  float* data;
  size_t stride;
  float* row(size_t i) const noexcept { return data + i * stride; }
};

class DenseParameters {
 public:
  // First every layer takes its place, then the memory is reserved.
  size_t add(size_t count) noexcept {
    size_ += count;
    return size_ - count;
  }
  size_t size() const noexcept { return size_; }
  // `optimisers`: one or two sets of means of squares (and of gradients).
  void reserve(bool with_mean, size_t optimisers);
  static size_t bytes(size_t size, bool with_mean, size_t optimisers) noexcept {
    return (2 + optimisers * (with_mean ? 2 : 1)) * FloatBuffer::bytes(size);
  }

  // Uniform in -bound..bound, from the seed and the place.
  void draw(size_t at, size_t count, float bound, uint8_t seed) noexcept;
  void fill(size_t at, size_t count, float value) noexcept;
  float* weights(size_t at = 0) noexcept { return weights_.data() + at; }
  const float* weights() const noexcept { return weights_.data(); }
  float* gradients(size_t at = 0) noexcept { return gradients_.data() + at; }
  const float* gradients() const noexcept { return gradients_.data(); }

  void clear_gradients() noexcept;
  void learn(const kernels::KernelTable& kernels, const kernels::FloatAdam& options, size_t optimiser) noexcept;

 private:
  size_t size_ = 0;
  FloatBuffer weights_, gradients_;
  std::vector<FloatBuffer> squares_, means_;  // of each optimiser; means are empty where there are none
};

// sum[0] = sum[0] + (column sums of the first `rows` rows, row after row).
void add_column_sums(const kernels::KernelTable& kernels, FloatRows from, size_t rows, int columns, float* sum) noexcept;

// out = in W + offset, W [inputs][outputs].
struct DenseLayer {
  int inputs = 0, outputs = 0;
  size_t weights = 0, offset = 0;

  void place(DenseParameters* parameters, int inputs_, int outputs_) noexcept;
  void forward(const kernels::KernelTable& kernels, DenseParameters* parameters, FloatRows in, FloatRows out,
               int rows) const noexcept;
  // Adds to the gradients of W and offset, and to those of in.
  void backward(const kernels::KernelTable& kernels, DenseParameters* parameters, FloatRows in, FloatRows out_gradients,
                FloatRows in_gradients, int rows) const noexcept;
};

// out += in W; and back. Parts of layers with more than one input.
void forward_product(const kernels::KernelTable& kernels, const float* w, FloatRows in, FloatRows out, int inputs,
                     int outputs, int rows) noexcept;
void backward_to_weights(const kernels::KernelTable& kernels, float* gradients, FloatRows in, FloatRows out_gradients,
                         int inputs, int outputs, int rows) noexcept;
void backward_to_inputs(const kernels::KernelTable& kernels, const float* w, FloatRows out_gradients,
                        FloatRows in_gradients, int inputs, int outputs, int rows) noexcept;

}  // namespace fastnz::models

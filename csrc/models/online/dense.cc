#include "models/online/dense.h"

#include <algorithm>

#include "models/online/philox.h"

namespace fastnz::models {

void DenseParameters::reserve(bool with_mean, size_t optimisers) {
  weights_ = FloatBuffer(size_);
  gradients_ = FloatBuffer(size_);
  for (size_t i = 0; i < optimisers; ++i) {
    squares_.emplace_back(size_);
    means_.emplace_back(with_mean ? size_ : 0);
  }
}

void DenseParameters::draw(size_t at, size_t count, float bound, uint8_t seed) noexcept {
  draw_uniform(weights(at), count, bound, seed, static_cast<uint32_t>(at));
}

void DenseParameters::fill(size_t at, size_t count, float value) noexcept {
  std::fill_n(weights(at), count, value);
}

void DenseParameters::clear_gradients() noexcept { std::fill_n(gradients_.data(), size_, 0.0f); }

void DenseParameters::learn(const kernels::KernelTable& kernels, const kernels::FloatAdam& options,
                            size_t optimiser) noexcept {
  kernels.adam_f32(&options, gradients_.data(), weights_.data(), squares_[optimiser].data(),
                   options.keep > 0.0f ? means_[optimiser].data() : nullptr, size_);
}

void add_column_sums(const kernels::KernelTable& kernels, FloatRows from, size_t rows, int columns,
                     float* sum) noexcept {
  for (size_t i = 0; i < rows; ++i) kernels.add_rows_f32(from.row(i), sum, columns);
}

void forward_product(const kernels::KernelTable& kernels, const float* w, FloatRows in, FloatRows out, int inputs,
                     int outputs, int rows) noexcept {
  const kernels::FloatProduct product{in.data, in.stride, 1,      w,       static_cast<size_t>(outputs),
                                      out.data, out.stride, rows, inputs, outputs};
  kernels.multiply_chains_f32(&product);
}

void backward_to_weights(const kernels::KernelTable& kernels, float* gradients, FloatRows in, FloatRows out_gradients,
                         int inputs, int outputs, int rows) noexcept {
  const kernels::FloatProduct product{in.data,   1,    in.stride, out_gradients.data, out_gradients.stride,
                                      gradients, static_cast<size_t>(outputs), inputs, rows, outputs};
  kernels.multiply_chains_f32(&product);
}

void backward_to_inputs(const kernels::KernelTable& kernels, const float* w, FloatRows out_gradients,
                        FloatRows in_gradients, int inputs, int outputs, int rows) noexcept {
  const kernels::FloatProduct product{out_gradients.data, out_gradients.stride, 1,       w,      static_cast<size_t>(outputs),
                                      in_gradients.data,  in_gradients.stride,  rows, outputs, inputs};
  kernels.multiply_transposed_f32(&product);
}

void DenseLayer::place(DenseParameters* parameters, int inputs_, int outputs_) noexcept {
  inputs = inputs_;
  outputs = outputs_;
  weights = parameters->add(static_cast<size_t>(inputs) * static_cast<size_t>(outputs));
  offset = parameters->add(static_cast<size_t>(outputs));
}

void DenseLayer::forward(const kernels::KernelTable& kernels, DenseParameters* parameters, FloatRows in, FloatRows out,
                         int rows) const noexcept {
  for (int s = 0; s < rows; ++s) std::copy_n(parameters->weights(offset), outputs, out.row(static_cast<size_t>(s)));
  forward_product(kernels, parameters->weights(weights), in, out, inputs, outputs, rows);
}

void DenseLayer::backward(const kernels::KernelTable& kernels, DenseParameters* parameters, FloatRows in,
                          FloatRows out_gradients, FloatRows in_gradients, int rows) const noexcept {
  backward_to_inputs(kernels, parameters->weights(weights), out_gradients, in_gradients, inputs, outputs, rows);
  backward_to_weights(kernels, parameters->gradients(weights), in, out_gradients, inputs, outputs, rows);
  add_column_sums(kernels, out_gradients, static_cast<size_t>(rows), outputs, parameters->gradients(offset));
}

}  // namespace fastnz::models

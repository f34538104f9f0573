// One layer of recurrent units: `rnn`, `gru` or `lstm` (kernels/float_cells.inl), fed by the byte, by features, by the
// layer below and by itself; forward a step at a time, back through all steps that are kept.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/table.h"
#include "models/online/dense.h"
#include "models/online/float_buffer.h"
#include "models/online/options.h"
#include "models/online/table.h"

namespace fastnz::models {

int gates_of(OnlineCell cell) noexcept;  // pre-activations for each unit

class RecurrentLayer {
 public:
  // `below`: width of the layer below (0: none) and `features`: of the features (0: none), which stand in a row of h where
  // the caller says when it calls.
  RecurrentLayer(const OnlineOptions& options, int below, int features, DenseParameters* parameters);
  static size_t bytes(const OnlineOptions& options) noexcept;
  void draw(DenseParameters* parameters, uint8_t seed) const noexcept;
  void reserve();

  // Places of this layer's h, the layer below's and the features in a row.
  struct Places {
    int own, below, features;
  };
  // Step `t`: h before is in the rows of `before`, h after goes to those of `after`, which hold the rest of the step's
  // inputs; table_rows[s] is stream s's row of the byte table.
  void forward(const kernels::KernelTable& kernels, DenseParameters* parameters, const EmbeddingTable& bytes,
               const uint32_t* table_rows, int t, FloatRows before, FloatRows after, Places places) noexcept;
  // All of `steps`: hidden [steps + 1][S] rows of h, gradients [steps][S] rows, of what came after each step. Adds to the
  // gradients of the parameters, of the layer below and of the features; leaves those of the byte table's rows.
  void backward(const kernels::KernelTable& kernels, DenseParameters* parameters, int steps, FloatRows hidden,
                FloatRows gradients, Places places) noexcept;
  FloatRows input_gradients() noexcept { return {to_input_.data(), static_cast<size_t>(width_)}; }

  // Forgets the oldest `steps` of `kept`.
  void shift(int steps, int kept) noexcept;
  // Forgets the state before the first step.
  void restart() noexcept;

 private:
  kernels::FloatCell cell_at(int t, int s) noexcept;

  OnlineOptions options_;
  int units_, width_, streams_, below_, features_;
  size_t from_state_ = 0, from_below_ = 0, from_features_ = 0, offset_ = 0, gain_ = 0, norm_offset_ = 0;
  FloatBuffer sums_;       // [T][S][width]: pre-activations; normalised ones where they are
  FloatBuffer normed_;     // [width]: after gain and offset
  FloatBuffer scales_;     // [T][S][16]: of each gate
  FloatBuffer state_sums_; // [S][width]: `gru`: the state's products
  FloatBuffer gates_;      // [T][S][4H]
  FloatBuffer cells_;      // [T + 1][S][H]: `lstm`
  FloatBuffer to_input_, to_state_;  // [T][S][width]: gradients of pre-activations
  FloatBuffer carried_;    // [S][H]
};

}  // namespace fastnz::models

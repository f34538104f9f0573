#include "models/online/recurrent.h"

#include <algorithm>
#include <cmath>

namespace fastnz::models {
namespace {

constexpr int kScaleStride = 16;

size_t product(int a, int b, int c = 1) noexcept {
  return static_cast<size_t>(a) * static_cast<size_t>(b) * static_cast<size_t>(c);
}

struct Shape {
  explicit Shape(const OnlineOptions& options)
      : steps(options.period * options.horizons), rows(product(steps, options.streams)),
        width(product(gates_of(options.cell), options.units)), gru(options.cell == OnlineCell::kGru),
        lstm(options.cell == OnlineCell::kLstm), units(static_cast<size_t>(options.units)),
        streams(static_cast<size_t>(options.streams)), normalised(options.normalised) {}
  int steps;
  size_t rows, width;
  bool gru, lstm;
  size_t units, streams;
  bool normalised;

  size_t sums() const { return normalised ? rows * width : streams * width; }
  size_t normed() const { return normalised ? width : 0; }
  size_t scales() const { return normalised ? rows * kScaleStride : 0; }
  size_t state_sums() const { return gru ? streams * width : 0; }
  size_t gates() const { return gru || lstm ? rows * 4 * units : 0; }
  size_t cells() const { return lstm ? (rows + streams) * units : 0; }
  size_t to_input() const { return rows * width; }
  size_t to_state() const { return gru ? rows * width : 0; }
  size_t carried() const { return streams * units; }
};

}  // namespace

int gates_of(OnlineCell cell) noexcept { return cell == OnlineCell::kRnn ? 1 : 3; }

RecurrentLayer::RecurrentLayer(const OnlineOptions& options, int below, int features, DenseParameters* parameters)
    : options_(options), units_(options.units), width_(gates_of(options.cell) * options.units), streams_(options.streams),
      below_(below), features_(features) {
  from_state_ = parameters->add(product(units_, width_));
  from_below_ = parameters->add(product(below_, width_));
  from_features_ = parameters->add(product(features_, width_));
  offset_ = parameters->add(static_cast<size_t>(width_));
  if (options.normalised) {
    gain_ = parameters->add(static_cast<size_t>(width_));
    norm_offset_ = parameters->add(static_cast<size_t>(width_));
  }
}

size_t RecurrentLayer::bytes(const OnlineOptions& options) noexcept {
  const Shape shape(options);
  size_t total = 0;
  for (const size_t size : {shape.sums(), shape.normed(), shape.scales(), shape.state_sums(), shape.gates(), shape.cells(),
                            shape.to_input(), shape.to_state(), shape.carried()})
    total += FloatBuffer::bytes(size);
  return total;
}

void RecurrentLayer::reserve() {
  const Shape shape(options_);
  sums_ = FloatBuffer(shape.sums());
  normed_ = FloatBuffer(shape.normed());
  scales_ = FloatBuffer(shape.scales());
  state_sums_ = FloatBuffer(shape.state_sums());
  gates_ = FloatBuffer(shape.gates());
  cells_ = FloatBuffer(shape.cells());
  to_input_ = FloatBuffer(shape.to_input());
  to_state_ = FloatBuffer(shape.to_state());
  carried_ = FloatBuffer(shape.carried());
}

void RecurrentLayer::draw(DenseParameters* parameters, uint8_t seed) const noexcept {
  const auto bound = [](int inputs) { return 1.0f / std::sqrt(static_cast<float>(inputs)); };
  parameters->draw(from_state_, product(units_, width_), bound(units_), seed);
  if (below_ > 0) parameters->draw(from_below_, product(below_, width_), bound(below_), seed);
  if (features_ > 0) parameters->draw(from_features_, product(features_, width_), bound(features_), seed);
  if (options_.normalised) parameters->fill(gain_, static_cast<size_t>(width_), 1.0f);
  if (options_.cell == OnlineCell::kLstm)  // a cell remembers at first
    parameters->fill(options_.normalised ? norm_offset_ : offset_, static_cast<size_t>(units_), 1.0f);
}

kernels::FloatCell RecurrentLayer::cell_at(int t, int s) noexcept {
  const size_t row = product(t, streams_) + static_cast<size_t>(s);
  kernels::FloatCell cell{};
  cell.units = units_;
  cell.gates = gates_.row(row, product(4, units_));
  cell.to_input = to_input_.row(row, static_cast<size_t>(width_));
  cell.carried = carried_.row(static_cast<size_t>(s), static_cast<size_t>(units_));
  if (options_.cell == OnlineCell::kGru) {
    cell.from_state = state_sums_.row(static_cast<size_t>(s), static_cast<size_t>(width_));
    cell.to_state = to_state_.row(row, static_cast<size_t>(width_));
  }
  if (options_.cell == OnlineCell::kLstm) {
    cell.before = cells_.row(row, static_cast<size_t>(units_));
    cell.cell_after = cells_.row(row + static_cast<size_t>(streams_), static_cast<size_t>(units_));
  }
  return cell;
}

void RecurrentLayer::forward(const kernels::KernelTable& kernels, DenseParameters* parameters,
                             const EmbeddingTable& bytes, const uint32_t* table_rows, int t, FloatRows before,
                             FloatRows after, Places places) noexcept {
  const size_t width = static_cast<size_t>(width_);
  const size_t first = options_.normalised ? product(t, streams_) : 0;
  const FloatRows sums{sums_.row(first, width), width};
  for (size_t s = 0; s < static_cast<size_t>(streams_); ++s) {
    std::copy_n(parameters->weights(offset_), width_, sums.row(s));
    kernels.add_rows_f32(bytes.row(table_rows[s]), sums.row(s), width_);
  }
  if (below_ > 0)
    forward_product(kernels, parameters->weights(from_below_), {after.data + places.below, after.stride}, sums, below_,
                    width_, streams_);
  if (features_ > 0)
    forward_product(kernels, parameters->weights(from_features_), {after.data + places.features, after.stride}, sums,
                    features_, width_, streams_);
  const FloatRows own{before.data + places.own, before.stride};
  FloatRows from_state = sums;
  if (options_.cell == OnlineCell::kGru) {
    from_state = {state_sums_.data(), width};
    std::fill_n(state_sums_.data(), width * static_cast<size_t>(streams_), 0.0f);
  }
  forward_product(kernels, parameters->weights(from_state_), own, from_state, units_, width_, streams_);

  for (int s = 0; s < streams_; ++s) {
    kernels::FloatCell cell = cell_at(t, s);
    cell.from_input = sums.row(static_cast<size_t>(s));
    cell.after = after.row(static_cast<size_t>(s)) + places.own;
    if (options_.normalised) {
      float* const scale = scales_.row(first + static_cast<size_t>(s), kScaleStride);
      for (int g = 0; g < width_ / units_; ++g) {
        const size_t at = product(g, units_);
        scale[g] = kernels.norm_forward_f32(sums.row(static_cast<size_t>(s)) + at, parameters->weights(gain_ + at),
                                            parameters->weights(norm_offset_ + at), normed_.data() + at, units_);
      }
      cell.from_input = normed_.data();
    }
    switch (options_.cell) {
      case OnlineCell::kRnn: kernels.rnn_forward_f32(&cell); break;
      case OnlineCell::kLstm: kernels.lstm_forward_f32(&cell); break;
      case OnlineCell::kGru:
        cell.before = own.row(static_cast<size_t>(s));
        kernels.gru_forward_f32(&cell);
        break;
      default: break;  // no cell of recurrent layers
    }
  }
}

void RecurrentLayer::backward(const kernels::KernelTable& kernels, DenseParameters* parameters, int steps,
                              FloatRows hidden, FloatRows gradients, Places places) noexcept {
  const size_t streams = static_cast<size_t>(streams_), width = static_cast<size_t>(width_);
  const int rows = steps * streams_;
  const bool gru = options_.cell == OnlineCell::kGru;
  std::fill_n(carried_.data(), streams * static_cast<size_t>(units_), 0.0f);
  const FloatRows to_input{to_input_.data(), width};
  const FloatRows to_state = gru ? FloatRows{to_state_.data(), width} : to_input;
  for (int t = steps - 1; t >= 0; --t) {
    for (int s = 0; s < streams_; ++s) {
      const size_t row = product(t, streams_) + static_cast<size_t>(s);
      kernels::FloatCell cell = cell_at(t, s);
      cell.from_above = gradients.row(row) + places.own;
      cell.after = hidden.row(row + streams) + places.own;
      switch (options_.cell) {
        case OnlineCell::kRnn: kernels.rnn_backward_f32(&cell); break;
        case OnlineCell::kLstm: kernels.lstm_backward_f32(&cell); break;
        case OnlineCell::kGru:
          cell.before = hidden.row(row) + places.own;
          kernels.gru_backward_f32(&cell);
          break;
        default: break;
      }
      if (options_.normalised) {
        for (int g = 0; g < width_ / units_; ++g) {
          const size_t at = product(g, units_);
          kernels.norm_backward_f32(sums_.row(row, width) + at, scales_.row(row, kScaleStride)[g],
                                    parameters->weights(gain_ + at), cell.to_input + at,
                                    parameters->gradients(gain_ + at), parameters->gradients(norm_offset_ + at), units_);
        }
      }
    }
    if (t == 0) break;
    const FloatRows earlier{gradients.row(product(t - 1, streams_)) + places.own, gradients.stride};
    backward_to_inputs(kernels, parameters->weights(from_state_), {to_state.row(product(t, streams_)), width}, earlier,
                       units_, width_, streams_);
    if (gru)
      for (size_t s = 0; s < streams; ++s)
        kernels.add_rows_f32(carried_.row(s, static_cast<size_t>(units_)), earlier.row(s), units_);
  }

  backward_to_weights(kernels, parameters->gradients(from_state_), {hidden.data + places.own, hidden.stride}, to_state,
                      units_, width_, rows);
  const float* const after = hidden.row(streams);
  const auto input = [&](size_t weights, int place, int inputs) {
    if (inputs == 0) return;
    backward_to_weights(kernels, parameters->gradients(weights), {const_cast<float*>(after) + place, hidden.stride},
                        to_input, inputs, width_, rows);
    backward_to_inputs(kernels, parameters->weights(weights), to_input, {gradients.data + place, gradients.stride},
                       inputs, width_, rows);
  };
  input(from_below_, places.below, below_);
  input(from_features_, places.features, features_);
  add_column_sums(kernels, to_input, static_cast<size_t>(rows), width_, parameters->gradients(offset_));
}

void RecurrentLayer::shift(int steps, int kept) noexcept {
  const auto move = [&](FloatBuffer* buffer, size_t width, int extra) {
    float* const to = buffer->data();
    const size_t from = product(steps, streams_) * width, count = product(kept - steps + extra, streams_) * width;
    std::copy(to + from, to + from + count, to);
  };
  if (options_.cell != OnlineCell::kRnn) move(&gates_, product(4, units_), 0);
  if (options_.cell == OnlineCell::kLstm) move(&cells_, static_cast<size_t>(units_), 1);
  if (options_.normalised) {
    move(&sums_, static_cast<size_t>(width_), 0);
    move(&scales_, kScaleStride, 0);
  }
}

void RecurrentLayer::restart() noexcept {
  if (options_.cell == OnlineCell::kLstm) std::fill_n(cells_.data(), product(streams_, units_), 0.0f);
}

}  // namespace fastnz::models

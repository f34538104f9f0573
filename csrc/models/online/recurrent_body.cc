#include "models/online/recurrent_body.h"

#include <algorithm>
#include <cmath>

namespace fastnz::models {
namespace {

constexpr int kSymbols = kernels::kFloatSymbols;
constexpr uint32_t kMultipliers[] = {0x85EBCA77u, 0xC2B2AE3Du, 0x27D4EB2Fu, 0x165667B1u, 0x9E3779B1u, 0xD3A2646Du};

size_t steps_of(const OnlineOptions& options) noexcept { return static_cast<size_t>(options.period * options.horizons); }
size_t rows_of(const OnlineOptions& options) noexcept { return static_cast<size_t>(options.streams) * steps_of(options); }
size_t row_width_of(const OnlineOptions& options) noexcept {
  return static_cast<size_t>(options.layers * options.units + feature_width(options));
}

// The row of a table of 2^bits that context k has: the last 2, 3 and 4 bytes, the word so far, the last 5 and 6 bytes.
uint32_t row_of(const OnlineHistory& history, int k, int bits) noexcept {
  const uint32_t four = static_cast<uint32_t>(history.bytes), before = static_cast<uint32_t>(history.bytes >> 32);
  const uint32_t keys[] = {four & 0xFFFFu, four & 0xFFFFFFu, four, history.word,
                           four + (before & 0xFFu) * 0x9E3779B1u, four + (before & 0xFFFFu) * 0x9E3779B1u};
  uint32_t hash = keys[k] * kMultipliers[k];
  hash = (hash ^ (hash >> 15)) * 0x2C1B3C6Du;
  return hash >> (32 - bits);
}

}  // namespace

RecurrentBody::RecurrentBody(const OnlineOptions& options, DenseParameters* parameters)
    : options_(options), row_width_(static_cast<int>(row_width_of(options))) {
  const size_t rows = rows_of(options), width = row_width_of(options), streams = static_cast<size_t>(options.streams);
  for (int l = 0; l < options.layers; ++l)
    layers_.emplace_back(options, l > 0 ? options.units : 0, l == 0 ? feature_width(options) : 0, parameters);
  for (RecurrentLayer& layer : layers_) layer.reserve();
  rows_.resize(static_cast<size_t>(options.contexts + 1) * rows);
  hidden_ = FloatBuffer((rows + streams) * width);
  hidden_gradients_ = FloatBuffer(rows * width);
}

size_t RecurrentBody::bytes(const OnlineOptions& options) noexcept {
  const size_t rows = rows_of(options), width = row_width_of(options), streams = static_cast<size_t>(options.streams);
  return static_cast<size_t>(options.layers) * RecurrentLayer::bytes(options) +
         static_cast<size_t>(options.contexts + 1) * rows * sizeof(uint32_t) + FloatBuffer::bytes((rows + streams) * width) +
         FloatBuffer::bytes(rows * width);
}

std::vector<TableShape> RecurrentBody::tables(const OnlineOptions& options) {
  std::vector<TableShape> shapes;
  const int width = gates_of(options.cell) * options.units;
  for (int l = 0; l < options.layers; ++l) shapes.push_back({kSymbols, width});
  for (int k = 0; k < options.contexts; ++k) shapes.push_back({size_t{1} << options.table_bits, options.table_width});
  return shapes;
}

void RecurrentBody::draw(OnlineCore* core) const {
  const OnlineOptions& o = core->options;
  for (const RecurrentLayer& layer : layers_) layer.draw(&core->parameters, o.seed);
  const size_t layers = layers_.size();
  for (size_t i = 0; i < core->tables.size(); ++i) {
    const bool bytes = i < layers;
    core->tables[i].draw(bytes ? 1.0f / std::sqrt(static_cast<float>(o.units)) : 0.125f, o.seed,
                         static_cast<uint32_t>(bytes ? 0x80000000u + i : 0xC0000000u + i - layers));
  }
}

FloatRows RecurrentBody::forward(OnlineCore* core, const OnlineHistory* histories) noexcept {
  const size_t streams = static_cast<size_t>(options_.streams), width = static_cast<size_t>(row_width_);
  const size_t first = static_cast<size_t>(steps_) * streams;
  const FloatRows before{hidden_.row(first, width), width}, after{hidden_.row(first + streams, width), width};
  for (size_t s = 0; s < streams; ++s) {
    rows_[first + s] = static_cast<uint32_t>(histories[s].bytes & 255);
    float* to = after.row(s) + options_.layers * options_.units;
    for (int k = 0; k < options_.contexts; ++k) {
      const uint32_t row = row_of(histories[s], k, options_.table_bits);
      rows_[static_cast<size_t>(k + 1) * rows_of(options_) + first + s] = row;
      std::copy_n(core->tables[static_cast<size_t>(options_.layers + k)].row(row), options_.table_width, to);
      to += options_.table_width;
    }
    if (options_.bootstrap.units > 0) std::copy_n(core->bootstrap_state.row(s), options_.bootstrap.units, to);
  }
  for (int l = 0; l < options_.layers; ++l)
    layers_[static_cast<size_t>(l)].forward(*core->kernels, &core->parameters, core->tables[static_cast<size_t>(l)],
                                            &rows_[first], steps_, before, after, places(l));
  ++steps_;
  return after;
}

RecurrentLayer::Places RecurrentBody::places(int layer) const noexcept {
  return {layer * options_.units, (layer - 1) * options_.units, options_.layers * options_.units};
}

NetworkBody::Ends RecurrentBody::ends() noexcept {
  const size_t streams = static_cast<size_t>(options_.streams), width = static_cast<size_t>(row_width_);
  const size_t rows = static_cast<size_t>(steps_) * streams, older = static_cast<size_t>(steps_ - options_.period) * streams;
  std::fill_n(hidden_gradients_.data(), rows * width, 0.0f);
  return {{hidden_.row(older + streams, width), width}, {hidden_gradients_.row(older, width), width}};
}

void RecurrentBody::backward(OnlineCore* core) noexcept {
  const size_t width = static_cast<size_t>(row_width_), rows = static_cast<size_t>(steps_ * options_.streams);
  const FloatRows hidden{hidden_.data(), width}, gradients{hidden_gradients_.data(), width};
  for (int l = options_.layers - 1; l >= 0; --l) {
    RecurrentLayer& layer = layers_[static_cast<size_t>(l)];
    layer.backward(*core->kernels, &core->parameters, steps_, hidden, gradients, places(l));
    const FloatRows to_input = layer.input_gradients();
    for (size_t i = 0; i < rows; ++i)
      core->tables[static_cast<size_t>(l)].add_gradient(*core->kernels, rows_[i], to_input.row(i));
  }
  for (int k = 0; k < options_.contexts; ++k) {
    const int place = options_.layers * options_.units + k * options_.table_width;
    for (size_t i = 0; i < rows; ++i)
      core->tables[static_cast<size_t>(options_.layers + k)].add_gradient(
          *core->kernels, rows_[static_cast<size_t>(k + 1) * rows_of(options_) + i], gradients.row(i) + place);
  }
  if (static_cast<size_t>(steps_) == steps_of(options_)) forget(options_.period);
}

void RecurrentBody::forget(int steps) noexcept {
  const size_t streams = static_cast<size_t>(options_.streams), width = static_cast<size_t>(row_width_);
  const size_t from = static_cast<size_t>(steps) * streams, kept = static_cast<size_t>(steps_ - steps) * streams;
  for (RecurrentLayer& layer : layers_) layer.shift(steps, steps_);
  std::copy_n(hidden_.data() + from * width, (kept + streams) * width, hidden_.data());
  for (size_t begin = 0; begin < rows_.size(); begin += rows_of(options_)) {
    const auto at = rows_.begin() + static_cast<ptrdiff_t>(begin);
    std::copy_n(at + static_cast<ptrdiff_t>(from), kept, at);
  }
  steps_ -= steps;
}

void RecurrentBody::restart() noexcept {
  const size_t streams = static_cast<size_t>(options_.streams);
  steps_ = 0;
  std::fill_n(hidden_.data(), streams * static_cast<size_t>(row_width_), 0.0f);
  for (RecurrentLayer& layer : layers_) layer.restart();
}

}  // namespace fastnz::models

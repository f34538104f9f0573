#include "models/online/network.h"

#include <algorithm>
#include <cmath>

#include "kernels/dispatch.h"
#include "kernels/float_environment.h"

namespace fastnz::models {
namespace {

constexpr int kSymbols = kernels::kFloatSymbols;
constexpr int kContexts = 3;  // the last 2, 3 and 4 bytes
constexpr uint32_t kMultipliers[kContexts] = {0x85EBCA77u, 0xC2B2AE3Du, 0x27D4EB2Fu};

int feature_width(const OnlineOptions& options) noexcept {
  return options.table_bits > 0 ? kContexts * options.table_width : 0;
}

float bound_of(int inputs) noexcept { return 1.0f / std::sqrt(static_cast<float>(inputs)); }

float rate_of(const OnlineOptions& options) noexcept {
  float rate = static_cast<float>(16 + (options.rate & 15));
  for (int i = 4 + (options.rate >> 4); i > 0; --i) rate *= 0.5f;
  return rate;
}

}  // namespace

// What a network of these options takes, before anything is reserved.
struct OnlineNetwork::Sizes {
  explicit Sizes(const OnlineOptions& options)
      : streams(static_cast<size_t>(options.streams)),
        rows(streams * static_cast<size_t>(options.period) * static_cast<size_t>(options.horizons)),
        row_width(static_cast<size_t>(options.layers * options.units + feature_width(options))),
        byte_width(gates_of(options.cell) * options.units) {}
  size_t streams, rows, row_width;
  int byte_width;
};

OnlineNetwork::OnlineNetwork(const OnlineOptions& options, const kernels::KernelTable* kernels)
    : options_(options), kernels_(kernels ? kernels : &kernels::kernels()) {
  const kernels::FloatEnvironment environment;
  const Sizes sizes(options);
  row_width_ = static_cast<int>(sizes.row_width);
  const int features = feature_width(options);
  for (int l = 0; l < options.layers; ++l)
    layers_.emplace_back(options, l > 0 ? options.units : 0, l == 0 ? features : 0, &parameters_);
  output_.place(&parameters_, row_width_, kSymbols);
  parameters_.reserve(options.with_mean);
  for (RecurrentLayer& layer : layers_) {
    layer.reserve();
    layer.draw(&parameters_, options.seed);
  }
  parameters_.draw(output_.weights, sizes.row_width * kSymbols, bound_of(row_width_), options.seed);
  for (int l = 0; l < options.layers; ++l) {
    tables_.emplace_back(kSymbols, sizes.byte_width, sizes.rows, options.with_mean);
    tables_.back().draw(bound_of(options.units), options.seed, 0x80000000u + static_cast<uint32_t>(l));
  }
  for (int k = 0; features > 0 && k < kContexts; ++k) {
    tables_.emplace_back(size_t{1} << options.table_bits, options.table_width, sizes.rows, options.with_mean);
    tables_.back().draw(0.125f, options.seed, 0xC0000000u + static_cast<uint32_t>(k));
  }
  history_.resize(sizes.streams);
  rows_.resize((features > 0 ? kContexts + 1 : 1) * sizes.rows);
  hidden_ = FloatBuffer((sizes.rows + sizes.streams) * sizes.row_width);
  hidden_gradients_ = FloatBuffer(sizes.rows * sizes.row_width);
  logits_ = FloatBuffer(sizes.streams * kSymbols);
  output_gradients_ = FloatBuffer(sizes.streams * static_cast<size_t>(options.period) * kSymbols);
}

size_t OnlineNetwork::memory(const OnlineOptions& options) noexcept {
  const Sizes sizes(options);
  const int features = feature_width(options);
  DenseParameters parameters;
  size_t total = sizeof(OnlineNetwork);
  for (int l = 0; l < options.layers; ++l) {
    const RecurrentLayer layer(options, l > 0 ? options.units : 0, l == 0 ? features : 0, &parameters);
    total += sizeof layer + RecurrentLayer::bytes(options);
    total += sizeof(EmbeddingTable) + EmbeddingTable::bytes(kSymbols, sizes.byte_width, sizes.rows, options.with_mean);
  }
  if (features > 0)
    total += kContexts * (sizeof(EmbeddingTable) + EmbeddingTable::bytes(size_t{1} << options.table_bits, options.table_width,
                                                                         sizes.rows, options.with_mean));
  DenseLayer output;
  output.place(&parameters, static_cast<int>(sizes.row_width), kSymbols);
  total += DenseParameters::bytes(parameters.size(), options.with_mean);
  total += (sizes.streams + (features > 0 ? kContexts + 1 : 1) * sizes.rows) * sizeof(uint32_t);
  total += FloatBuffer::bytes((sizes.rows + sizes.streams) * sizes.row_width) + FloatBuffer::bytes(sizes.rows * sizes.row_width);
  total += FloatBuffer::bytes(sizes.streams * kSymbols);
  return total + FloatBuffer::bytes(sizes.streams * static_cast<size_t>(options.period) * kSymbols);
}

void OnlineNetwork::predict(uint32_t* freq) noexcept {
  const kernels::FloatEnvironment environment;
  const size_t streams = static_cast<size_t>(options_.streams), width = static_cast<size_t>(row_width_);
  const size_t all = streams * static_cast<size_t>(options_.period * options_.horizons);
  const size_t first = static_cast<size_t>(steps_) * streams;
  const FloatRows before{hidden_.row(first, width), width}, after{hidden_.row(first + streams, width), width};
  for (size_t s = 0; s < streams; ++s) {
    const uint32_t history = history_[s];
    rows_[first + s] = history & 255;
    if (options_.table_bits == 0) continue;
    const uint32_t keys[kContexts] = {history & 0xFFFFu, history & 0xFFFFFFu, history};
    float* to = after.row(s) + options_.layers * options_.units;
    for (size_t k = 0; k < kContexts; ++k) {
      uint32_t hash = keys[k] * kMultipliers[k];
      hash = (hash ^ (hash >> 15)) * 0x2C1B3C6Du;
      const uint32_t row = hash >> (32 - options_.table_bits);
      rows_[(k + 1) * all + first + s] = row;
      std::copy_n(tables_[static_cast<size_t>(options_.layers) + k].row(row), options_.table_width, to);
      to += options_.table_width;
    }
  }
  for (int l = 0; l < options_.layers; ++l)
    layers_[static_cast<size_t>(l)].forward(*kernels_, &parameters_, tables_[static_cast<size_t>(l)], &rows_[first], steps_,
                                            before, after, places(l));
  const FloatRows logits{logits_.data(), kSymbols};
  output_.forward(*kernels_, &parameters_, after, logits, options_.streams);
  for (size_t s = 0; s < streams; ++s)
    kernels_->softmax_f32(logits.row(s), output_gradients_.row(static_cast<size_t>(fresh_) * streams + s, kSymbols),
                          freq + s * kSymbols);
}

RecurrentLayer::Places OnlineNetwork::places(int layer) const noexcept {
  return {layer * options_.units, (layer - 1) * options_.units, options_.layers * options_.units};
}

void OnlineNetwork::update(const int* symbols) noexcept {
  const kernels::FloatEnvironment environment;
  const size_t streams = static_cast<size_t>(options_.streams);
  for (size_t s = 0; s < streams; ++s) {
    float* const gradient = output_gradients_.row(static_cast<size_t>(fresh_) * streams + s, kSymbols);
    if (symbols[s] < 0) {
      std::fill_n(gradient, kSymbols, 0.0f);
      history_[s] <<= 8;
    } else {
      gradient[symbols[s]] -= 1.0f;
      history_[s] = history_[s] << 8 | static_cast<uint32_t>(symbols[s]);
    }
  }
  ++steps_;
  if (++fresh_ < options_.period) return;
  train();
  fresh_ = 0;
  const int most = options_.period * options_.horizons;
  if (steps_ == most) forget(options_.period);
}

void OnlineNetwork::train() noexcept {
  const size_t streams = static_cast<size_t>(options_.streams), width = static_cast<size_t>(row_width_);
  const size_t rows = static_cast<size_t>(steps_) * streams, newest = static_cast<size_t>(fresh_) * streams;
  const size_t all = streams * static_cast<size_t>(options_.period * options_.horizons);
  parameters_.clear_gradients();
  std::fill_n(hidden_gradients_.data(), rows * width, 0.0f);
  const FloatRows hidden{hidden_.data(), width}, gradients{hidden_gradients_.data(), width};
  output_.backward(*kernels_, &parameters_, {hidden.row(rows - newest + streams), width},
                   {output_gradients_.data(), kSymbols}, {gradients.row(rows - newest), width}, static_cast<int>(newest));
  for (int l = options_.layers - 1; l >= 0; --l) {
    RecurrentLayer& layer = layers_[static_cast<size_t>(l)];
    layer.backward(*kernels_, &parameters_, steps_, hidden, gradients, places(l));
    const FloatRows to_input = layer.input_gradients();
    for (size_t i = 0; i < rows; ++i)
      tables_[static_cast<size_t>(l)].add_gradient(*kernels_, rows_[i], to_input.row(i));
  }
  for (size_t k = 0; options_.table_bits > 0 && k < kContexts; ++k) {
    const size_t place = static_cast<size_t>(options_.layers * options_.units) + k * static_cast<size_t>(options_.table_width);
    for (size_t i = 0; i < rows; ++i)
      tables_[static_cast<size_t>(options_.layers) + k].add_gradient(*kernels_, rows_[(k + 1) * all + i],
                                                                    gradients.row(i) + place);
  }
  if (!learns_) return;
  float rate = rate_of(options_);
  if (options_.decay > 0)
    rate = rate / std::sqrt(1.0f + static_cast<float>(updates_) / static_cast<float>(uint32_t{1} << options_.decay));
  ++updates_;
  parameters_.learn(*kernels_, adam(rate, updates_));
  for (EmbeddingTable& table : tables_) table.learn(*kernels_, [&](uint32_t count) { return adam(rate, count); });
}

kernels::FloatAdam OnlineNetwork::adam(float rate, uint32_t count) const noexcept {
  const uint32_t window = uint32_t{1} << options_.memory;
  const float share = 1.0f / static_cast<float>(std::min(count, window));
  return {rate, share, 0x1p-64f, 16.0f, options_.with_mean ? 0.875f : 0.0f};
}

void OnlineNetwork::forget(int steps) noexcept {
  const size_t streams = static_cast<size_t>(options_.streams), width = static_cast<size_t>(row_width_);
  const size_t from = static_cast<size_t>(steps) * streams, kept = static_cast<size_t>(steps_ - steps) * streams;
  const size_t all = streams * static_cast<size_t>(options_.period * options_.horizons);
  for (RecurrentLayer& layer : layers_) layer.shift(steps, steps_);
  std::copy_n(hidden_.data() + from * width, (kept + streams) * width, hidden_.data());
  for (size_t begin = 0; begin < rows_.size(); begin += all) {
    const auto at = rows_.begin() + static_cast<ptrdiff_t>(begin);
    std::copy_n(at + static_cast<ptrdiff_t>(from), kept, at);
  }
  steps_ -= steps;
}

}  // namespace fastnz::models

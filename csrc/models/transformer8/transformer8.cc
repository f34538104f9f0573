// A step: embedding, layers one after the other for all streams, logits. One stream alone skips silent units.
#include "models/transformer8/transformer8.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernels/dispatch.h"
#include "models/network/families.h"
#include "models/symbol_bits.h"

namespace fastnz::models {
namespace {

constexpr size_t kHead = kernels::kHeadSize, kLine = 64;

size_t size_of(int value) { return static_cast<size_t>(value); }

// Of keys and values together, and of the offsets of both.
size_t window_lines(const Transformer8Shape& shape) { return size_of(shape.window) * 2 * kHead / kLine; }
size_t window_offsets(const Transformer8Shape& shape) { return size_of(shape.window) + kHead; }

std::shared_ptr<const Transformer8Weights> weights_of(base::ByteSpan options) {
  return std::static_pointer_cast<const Transformer8Weights>(weights_of_options(options, "transformer8"));
}

}  // namespace

Transformer8::Transformer8(std::shared_ptr<const Transformer8Weights> weights, int lanes,
                           const kernels::KernelTable* kernels)
    : weights_(std::move(weights)),
      kernels_(kernels ? kernels : &kernels::dispatch().table),
      lane_(static_cast<size_t>(lanes)) {
  const Transformer8Shape& shape = weights_->shape();
  const size_t streams = lane_.size(), width = size_of(shape.width);
  x_.resize(streams * width);
  inputs_.resize(streams * (width + size_of(shape.features())));
  straight_.resize(streams * size_of(shape.linear()));
  joined_.resize(streams * size_of(shape.joined()));
  sums_.resize(streams * size_of(std::max({shape.rows(), shape.width, kernels::kNetworkSymbols})));
  if (lanes == 1) active_.resize(size_of(shape.units) / kernels::kTileColumns + 1);
  rings_.resize(streams * size_of(shape.layers) * window_lines(shape));
  offsets_.resize(streams * size_of(shape.layers) * window_offsets(shape));
  for (Lane& lane : lane_) find_rows(&lane, 0);
}

size_t Transformer8::state_bytes(const Transformer8Shape& shape, int lanes) noexcept {
  const size_t rows = size_of(std::max({shape.rows(), shape.width, kernels::kNetworkSymbols}));
  const size_t inputs = size_of(3 * shape.width + shape.features() + shape.linear() + shape.joined());
  const size_t windows = size_of(shape.layers) * (kLine * window_lines(shape) + 4 * window_offsets(shape));
  return size_of(lanes) * (sizeof(Lane) + inputs + 4 * rows + windows);
}

void Transformer8::find_rows(Lane* lane, uint32_t byte) noexcept {
  const auto rows = lane->features.rows(weights_->shape().bits);
  for (int k = 0; k < kFeatureTables; ++k) {
    lane->feature_rows[size_of(k)] = weights_->feature_row(k, rows[size_of(k)]);
    __builtin_prefetch(lane->feature_rows[size_of(k)]);
  }
  lane->byte_row = weights_->byte_row(byte);
  __builtin_prefetch(lane->byte_row);
}

void Transformer8::update(const uint16_t* symbols_of_lanes) noexcept {
  if (!stepped_) step();
  for (size_t s = 0; s < lane_.size(); ++s) {
    lane_[s].features.push(symbols_of_lanes[s]);
    find_rows(&lane_[s], symbols_of_lanes[s]);
  }
  stepped_ = false;
}

// Windows of zeros look the same from any newest slot.
void Transformer8::reset(int lane) noexcept {
  const size_t s = size_of(lane), lines = rings_.size() / lane_.size(), offsets = offsets_.size() / lane_.size();
  lane_[s].features = {};
  find_rows(&lane_[s], 0);
  std::fill_n(rings_.begin() + static_cast<ptrdiff_t>(s * lines), lines, Line{});
  std::fill_n(offsets_.begin() + static_cast<ptrdiff_t>(s * offsets), offsets, 0);
}

Transformer8::Window Transformer8::window_of(size_t lane, size_t layer) noexcept {
  const Transformer8Shape& shape = weights_->shape();
  const size_t window = size_of(shape.window), index = lane * size_of(shape.layers) + layer;
  Line* const lines = rings_.data() + index * window_lines(shape);
  int32_t* const offsets = offsets_.data() + index * window_offsets(shape);
  return {lines->bytes, lines[window * kHead / kLine].bytes, offsets, offsets + window};
}

// A key is a row of tiles, a value a column; the sums that shifted inputs need follow them.
void Transformer8::join_window(const Window& window, const int8_t* key, const int8_t* value) noexcept {
  constexpr size_t kRows = kernels::kTileRows, kColumns = kernels::kTileColumns, kTile = kernels::kTileBytes;
  const size_t slot = size_of(newest_), groups = size_of(weights_->shape().window) / kColumns;
  int8_t* const row = window.keys + slot / kRows * (kHead / kColumns) * kTile + slot % kRows * kColumns;
  int32_t sum = 0;
  for (size_t g = 0; g < kHead / kColumns; ++g) std::memcpy(row + g * kTile, key + g * kColumns, kColumns);
  for (size_t i = 0; i < kHead; ++i) sum += key[i];
  window.key_offset[slot] = -128 * sum;
  int8_t* const column = window.values + slot / kColumns * kTile + slot % kColumns;
  for (size_t i = 0; i < kHead; ++i) {
    int8_t* const place = column + i / kRows * groups * kTile + i % kRows * kColumns;
    window.value_offset[i] -= 128 * (value[i] - *place);
    *place = value[i];
  }
}

void Transformer8::multiply_second(const Transformer8Weights::Layer& layer) noexcept {
  const Transformer8Shape& shape = weights_->shape();
  if (lane_.size() > 1) {
    kernels_->multiply_i8(&layer.second.get(), joined_.data(), size_of(shape.joined()), lanes(), sums_.data(),
                          size_of(shape.width));
    return;
  }
  const size_t first = size_of(shape.attended()) / kernels::kTileColumns;
  const size_t groups = size_of(shape.joined()) / kernels::kTileColumns;
  size_t count = 0;
  for (size_t g = first; g < groups; ++g) {
    uint32_t four;
    std::memcpy(&four, joined_.data() + g * kernels::kTileColumns, sizeof four);
    active_[count] = static_cast<uint16_t>(g);
    count += four != 0;
  }
  kernels_->multiply_sparse_i8(&layer.sparse, joined_.data(), shape.attended(), active_.data(),
                               static_cast<int>(count), sums_.data());
}

void Transformer8::step_layer(size_t index) noexcept {
  const Transformer8Shape& shape = weights_->shape();
  const Transformer8Weights::Layer& layer = weights_->layers()[index];
  const size_t width = size_of(shape.width), stride = width + size_of(shape.features());
  const size_t rows = size_of(shape.rows()), linear = size_of(shape.linear()), joined = size_of(shape.joined());
  const size_t attended = size_of(shape.attended());
  for (size_t s = 0; s < lane_.size(); ++s)
    kernels_->transformer8_norm(x_.data() + s * width, shape.width, inputs_.data() + s * stride);
  kernels_->multiply_i8(&layer.first.get(), inputs_.data(), stride, lanes(), sums_.data(), rows);
  for (size_t s = 0; s < lane_.size(); ++s) {
    int8_t* const straight = straight_.data() + s * linear;
    kernels_->transformer8_units(&layer.first.get(), sums_.data() + s * rows, layer.bias.data(), shape.linear(),
                                 straight, joined_.data() + s * joined + attended);
    const Window window = window_of(s, index);
    join_window(window, straight + attended, straight + attended + kHead);
    const kernels::Transformer8Window view = {
        {window.keys, window.key_offset, nullptr, shape.window, kernels::kHeadSize, 0},
        {window.values, window.value_offset, nullptr, kernels::kHeadSize, shape.window, 0},
        layer.distance_bias.data(), shape.heads, shape.window, newest_};
    kernels_->transformer8_attend(&view, straight, joined_.data() + s * joined);
  }
  multiply_second(layer);
  for (size_t s = 0; s < lane_.size(); ++s)
    kernels_->transformer8_add(&layer.second.get(), sums_.data() + s * width, x_.data() + s * width);
}

void Transformer8::step() noexcept {
  const Transformer8Shape& shape = weights_->shape();
  const size_t width = size_of(shape.width), stride = width + size_of(shape.features()), depth = size_of(shape.depth);
  newest_ = (newest_ + 1) % shape.window;
  for (size_t s = 0; s < lane_.size(); ++s) {
    std::memcpy(x_.data() + s * width, lane_[s].byte_row, width * sizeof(int16_t));
    for (size_t k = 0; k < kFeatureTables; ++k)
      std::memcpy(inputs_.data() + s * stride + width + k * depth, lane_[s].feature_rows[k], depth);
  }
  kernels_->multiply_i8(&weights_->from_features(), inputs_.data() + width, stride, lanes(), sums_.data(), width);
  for (size_t s = 0; s < lane_.size(); ++s)
    kernels_->transformer8_add(&weights_->from_features(), sums_.data() + s * width, x_.data() + s * width);
  for (size_t layer = 0; layer < weights_->layers().size(); ++layer) step_layer(layer);
  for (size_t s = 0; s < lane_.size(); ++s)
    kernels_->transformer8_norm(x_.data() + s * width, shape.width, inputs_.data() + s * stride);
  kernels_->multiply_i8(&weights_->to_logits(), inputs_.data(), stride, lanes(), sums_.data(),
                        kernels::kNetworkSymbols);
  stepped_ = true;
}

void Transformer8::predict(uint32_t* freq) noexcept {
  if (!stepped_) step();
  constexpr size_t kSymbols = kernels::kNetworkSymbols;
  for (size_t s = 0; s < lane_.size(); ++s)
    kernels_->frequencies_q22(&weights_->to_logits(), sums_.data() + s * kSymbols, weights_->logit_bias(),
                              freq + s * kSymbols);
}

void Transformer8::logits(int32_t* logits, int32_t* greatest) noexcept {
  if (!stepped_) step();
  constexpr size_t kSymbols = kernels::kNetworkSymbols;
  for (size_t s = 0; s < lane_.size(); ++s)
    greatest[s] = kernels_->logits_q12(&weights_->to_logits(), sums_.data() + s * kSymbols, weights_->logit_bias(),
                                       logits + s * kSymbols);
}

size_t transformer8_memory(base::ByteSpan options, uint64_t) {
  const auto weights = weights_of(options);
  return weights->memory() + Transformer8::state_bytes(weights->shape(), 1);
}

std::unique_ptr<SymbolModel> make_transformer8(base::ByteSpan options, uint64_t, int lanes) {
  return std::make_unique<Transformer8>(weights_of(options), lanes);
}

std::unique_ptr<BitModel> make_transformer8_bits(base::ByteSpan options, uint64_t content_size) {
  return std::make_unique<SymbolBits>(make_transformer8(options, content_size, 1));
}

std::unique_ptr<ModelLanes> make_transformer8_lanes(base::ByteSpan options, int lanes) {
  return std::make_unique<SymbolLanes>(make_transformer8(options, 0, lanes));
}

}  // namespace fastnz::models

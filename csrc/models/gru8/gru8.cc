#include "models/gru8/gru8.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "kernels/dispatch.h"
#include "models/network/families.h"
#include "models/symbol_bits.h"

namespace fastnz::models {
namespace {

std::shared_ptr<const Gru8Weights> weights_of(base::ByteSpan options) {
  return std::static_pointer_cast<const Gru8Weights>(weights_of_options(options, "gru8"));
}

}  // namespace

Gru8::Gru8(std::shared_ptr<const Gru8Weights> weights, int lanes, const kernels::KernelTable* kernels)
    : weights_(std::move(weights)),
      kernels_(kernels ? kernels : &kernels::dispatch().table),
      lanes_(lanes),
      lane_(static_cast<size_t>(lanes)) {
  const size_t streams = lane_.size(), hidden = static_cast<size_t>(weights_->shape().hidden);
  h_.resize(streams * hidden);
  inputs_.resize(streams * static_cast<size_t>(weights_->shape().inputs()));
  from_state_.resize(streams * 3 * hidden);
  from_features_.resize(streams * 3 * hidden);
  to_logits_.resize(streams * kernels::kNetworkSymbols);
  if (lanes == 1) {
    before_.resize(inputs_.size());
    changed_.resize(inputs_.size() / kernels::kTileColumns);
  }
  for (Lane& lane : lane_) find_rows(&lane, 0);
}

size_t Gru8::state_bytes(const Gru8Shape& shape, int lanes) noexcept {
  const size_t hidden = static_cast<size_t>(shape.hidden);
  return static_cast<size_t>(lanes) * (sizeof(Lane) + 2 * hidden + 3 * static_cast<size_t>(shape.inputs()) +
                                       4 * (6 * hidden + kernels::kNetworkSymbols));
}

// The rows are wanted only after the product with the state: their way from memory is hidden behind it.
void Gru8::find_rows(Lane* lane, uint32_t byte) noexcept {
  const auto rows = lane->features.rows(weights_->shape().bits);
  for (int k = 0; k < kFeatureTables; ++k) {
    lane->feature_rows[static_cast<size_t>(k)] = weights_->feature_row(k, rows[static_cast<size_t>(k)]);
    __builtin_prefetch(lane->feature_rows[static_cast<size_t>(k)]);
  }
  lane->byte_row = weights_->byte_row(byte);
  __builtin_prefetch(lane->byte_row);
}

void Gru8::update(const uint16_t* symbols_of_lanes) noexcept {
  if (!stepped_) step();
  for (size_t s = 0; s < lane_.size(); ++s) {
    lane_[s].features.push(symbols_of_lanes[s]);
    find_rows(&lane_[s], symbols_of_lanes[s]);
  }
  stepped_ = false;
}

// Zero inputs have zero products, so a lane alone follows its changes from there.
void Gru8::reset(int lane) noexcept {
  const size_t s = static_cast<size_t>(lane), hidden = static_cast<size_t>(weights_->shape().hidden);
  const size_t stride = static_cast<size_t>(weights_->shape().inputs());
  lane_[s].features = {};
  find_rows(&lane_[s], 0);
  std::fill_n(h_.begin() + static_cast<ptrdiff_t>(s * hidden), hidden, int16_t{0});
  std::fill_n(inputs_.begin() + static_cast<ptrdiff_t>(s * stride), stride, int8_t{0});
  if (lanes_ == 1) {
    std::fill(before_.begin(), before_.end(), int8_t{0});
    std::fill(from_state_.begin(), from_state_.end(), 0);
    std::fill(to_logits_.begin(), to_logits_.end(), 0);
    changed_in_state_ = changed_in_all_ = 0;
  }
}

void Gru8::multiply_state() noexcept {
  const kernels::NetworkMatrix& matrix = weights_->from_state();
  if (lanes_ == 1)
    kernels_->multiply_changes_i8(&matrix, before_.data(), inputs_.data(), changed_.data(), changed_in_state_,
                                  from_state_.data());
  else
    kernels_->multiply_i8(&matrix, inputs_.data(), static_cast<size_t>(weights_->shape().inputs()), lanes_,
                          from_state_.data(), static_cast<size_t>(matrix.rows));
}

void Gru8::multiply_logits() noexcept {
  const kernels::NetworkMatrix& matrix = weights_->to_logits();
  if (lanes_ == 1)
    kernels_->multiply_changes_i8(&matrix, before_.data(), inputs_.data(), changed_.data(), changed_in_all_,
                                  to_logits_.data());
  else
    kernels_->multiply_i8(&matrix, inputs_.data(), static_cast<size_t>(weights_->shape().inputs()), lanes_,
                          to_logits_.data(), static_cast<size_t>(matrix.rows));
}

void Gru8::find_changes() noexcept {
  const size_t state_groups = static_cast<size_t>(weights_->shape().hidden) / kernels::kTileColumns;
  const size_t groups = static_cast<size_t>(weights_->shape().inputs()) / kernels::kTileColumns;
  int count = 0;
  for (size_t g = 0; g < groups; ++g) {
    if (g == state_groups) changed_in_state_ = count;
    changed_[static_cast<size_t>(count)] = static_cast<uint16_t>(g);
    count += std::memcmp(before_.data() + g * kernels::kTileColumns, inputs_.data() + g * kernels::kTileColumns,
                         kernels::kTileColumns) != 0;
  }
  changed_in_all_ = count;
}

void Gru8::step() noexcept {
  const Gru8Shape& shape = weights_->shape();
  const size_t hidden = static_cast<size_t>(shape.hidden), stride = static_cast<size_t>(shape.inputs());
  const size_t depth = static_cast<size_t>(shape.depth);
  multiply_state();
  if (lanes_ == 1) before_ = inputs_;
  for (size_t s = 0; s < lane_.size(); ++s)
    for (size_t k = 0; k < kFeatureTables; ++k)
      std::memcpy(inputs_.data() + s * stride + hidden + k * depth, lane_[s].feature_rows[k], depth);
  kernels_->multiply_i8(&weights_->from_features(), inputs_.data() + hidden, stride, lanes_, from_features_.data(),
                        3 * hidden);
  for (size_t s = 0; s < lane_.size(); ++s)
    kernels_->gru8_gates(&weights_->gates(), from_state_.data() + s * 3 * hidden,
                         from_features_.data() + s * 3 * hidden, lane_[s].byte_row, h_.data() + s * hidden,
                         inputs_.data() + s * stride);
  if (lanes_ == 1) find_changes();
  multiply_logits();
  stepped_ = true;
}

void Gru8::predict(uint32_t* freq) noexcept {
  if (!stepped_) step();
  constexpr size_t kSymbols = kernels::kNetworkSymbols;
  for (size_t s = 0; s < lane_.size(); ++s)
    kernels_->frequencies_q22(&weights_->to_logits(), to_logits_.data() + s * kSymbols, weights_->logit_bias(),
                              freq + s * kSymbols);
}

void Gru8::logits(int32_t* logits, int32_t* greatest) noexcept {
  if (!stepped_) step();
  constexpr size_t kSymbols = kernels::kNetworkSymbols;
  for (size_t s = 0; s < lane_.size(); ++s)
    greatest[s] = kernels_->logits_q12(&weights_->to_logits(), to_logits_.data() + s * kSymbols, weights_->logit_bias(),
                                       logits + s * kSymbols);
}

size_t gru8_memory(base::ByteSpan options, uint64_t) {
  const auto weights = weights_of(options);
  return weights->memory() + Gru8::state_bytes(weights->shape(), 1);
}

std::unique_ptr<SymbolModel> make_gru8(base::ByteSpan options, uint64_t, int lanes) {
  return std::make_unique<Gru8>(weights_of(options), lanes);
}

std::unique_ptr<BitModel> make_gru8_bits(base::ByteSpan options, uint64_t content_size) {
  return std::make_unique<SymbolBits>(make_gru8(options, content_size, 1));
}

std::unique_ptr<ModelLanes> make_gru8_lanes(base::ByteSpan options, int lanes) {
  return std::make_unique<SymbolLanes>(make_gru8(options, 0, lanes));
}

std::vector<uint8_t> gru8_options(uint64_t weights_id) {
  std::vector<uint8_t> options(sizeof weights_id);
  base::store_le(options.data(), weights_id);
  return options;
}

}  // namespace fastnz::models

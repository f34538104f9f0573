#include "models/symbol_bits.h"

#include <utility>

namespace fastnz::models {
namespace {

// A constant number of terms lets the compiler use whatever vectors the baseline has.
template <int Count>
uint32_t sum_of(const uint32_t* values) noexcept {
  uint32_t sum = 0;
  for (int i = 0; i < Count; ++i) sum += values[i];
  return sum;
}

}  // namespace

void ByteBits::split() noexcept {
  const uint32_t* const above = at_ + half_;
  switch (half_) {
    case 128: upper_ = sum_of<128>(above); break;
    case 64: upper_ = sum_of<64>(above); break;
    case 32: upper_ = sum_of<32>(above); break;
    case 16: upper_ = sum_of<16>(above); break;
    case 8: upper_ = sum_of<8>(above); break;
    case 4: upper_ = sum_of<4>(above); break;
    case 2: upper_ = above[0] + above[1]; break;
    default: upper_ = above[0]; break;
  }
}

SymbolBits::SymbolBits(std::unique_ptr<SymbolModel> model) : model_(std::move(model)) { begin_byte(); }

void SymbolBits::begin_byte() noexcept {
  model_->predict(freq_);
  bits_.begin(freq_, model_->total_bits());
  p1_q16_ = bits_.p1_q16();
  partial_ = 1;
}

void SymbolBits::update(int bit) noexcept {
  partial_ = partial_ << 1 | static_cast<uint32_t>(bit);
  if (partial_ < 256) {
    bits_.update(bit);
    p1_q16_ = bits_.p1_q16();
    return;
  }
  const uint16_t symbol = static_cast<uint16_t>(partial_ & 255);
  model_->update(&symbol);
  begin_byte();
}

SymbolLanes::SymbolLanes(std::unique_ptr<SymbolModel> model)
    : model_(std::move(model)),
      lane_(static_cast<size_t>(model_->lanes())),
      symbols_(lane_.size()),
      freq_(lane_.size() * 256) {
  fresh_.reserve(lane_.size());
}

BitModel* SymbolLanes::begin(int lane, uint64_t) {
  fresh_.push_back(lane);
  return &lane_[static_cast<size_t>(lane)];
}

void SymbolLanes::advance() noexcept {
  if (started_) {
    for (size_t s = 0; s < lane_.size(); ++s) symbols_[s] = lane_[s].symbol();
    model_->update(symbols_.data());
  }
  for (const int lane : fresh_) model_->reset(lane);
  fresh_.clear();
  started_ = true;
  model_->predict(freq_.data());
  for (size_t s = 0; s < lane_.size(); ++s) lane_[s].begin_byte(freq_.data() + s * 256, model_->total_bits());
}

}  // namespace fastnz::models

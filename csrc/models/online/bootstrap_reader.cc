#include "models/online/bootstrap_reader.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

namespace fastnz::models {
namespace {

constexpr int kKinds = 3, kSizes = 6;                     // of matrices; of neighbours
constexpr size_t kContexts = size_t{kKinds} * kSizes + 1;  // and that of the map of symbols, the last
constexpr uint16_t kMostCount = 62;
constexpr uint32_t kLeast = 32;                           // of a probability and of its complement

}  // namespace

BootstrapReader::BootstrapReader(Bootstrap* bootstrap)
    : bootstrap_(bootstrap), nodes_(kContexts * 256), context_((kContexts - 1) * 256) {
  above_.reserve(static_cast<size_t>(std::max(bootstrap->matrix(0).columns, int{kernels::kFloatSymbols})));
}

size_t BootstrapReader::bytes(const OnlineBootstrap& bootstrap) noexcept {
  return kContexts * 256 * sizeof(Node) + static_cast<size_t>(std::max(3 * bootstrap.units, int{kernels::kFloatSymbols}));
}

void BootstrapReader::update(int bit) {
  Node& node = nodes_[context_ + node_];
  const uint32_t p = node.p1_q16, divisor = node.count + 2u;
  const uint32_t moved = bit ? p + (65536 - p) / divisor : p - p / divisor;
  node.p1_q16 = static_cast<uint16_t>(std::clamp(moved, kLeast, 65536 - kLeast));
  node.count = std::min<uint16_t>(node.count + 1, kMostCount);
  node_ = node_ << 1 | static_cast<uint32_t>(bit);
  if (node_ < 256) return;
  take(node_ & 255);
  node_ = 1;
}

void BootstrapReader::take(uint32_t byte) {
  if (symbol_bytes_ < kSymbolMapBytes) {
    symbols_[symbol_bytes_++] = static_cast<uint8_t>(byte);
    if (symbol_bytes_ < kSymbolMapBytes) return;
    bootstrap_->set_symbols(symbols_);
    matrix_ = -1;
    shape_ = {};
    next_number();
    return;
  }
  const int q = unfold(byte);
  bootstrap_->move(matrix_, row_, column_, q);
  second_left_ = left_;
  left_ = std::abs(q);
  above_[static_cast<size_t>(column_)] = static_cast<uint8_t>(left_);
  next_number();
}

void BootstrapReader::next_number() noexcept {
  if (++column_ >= shape_.columns) {
    column_ = 0;
    ++row_;
  }
  while (row_ >= shape_.rows || shape_.columns == 0) {
    row_ = column_ = left_ = second_left_ = 0;
    if (++matrix_ == kStoredMatrices) return;
    shape_ = bootstrap_->matrix(matrix_);
    above_.assign(static_cast<size_t>(shape_.columns), 0);
  }
  choose_context();
}

void BootstrapReader::choose_context() noexcept {
  const uint32_t around = static_cast<uint32_t>(left_ + second_left_ + 2 * above_[static_cast<size_t>(column_)]);
  const int size = std::min(static_cast<int>(std::bit_width(around)), kSizes - 1);
  context_ = static_cast<size_t>(shape_.kind * kSizes + size) * 256;
}

}  // namespace fastnz::models

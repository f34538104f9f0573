// Order-2 bit model: one adaptive 16-bit probability per (two previous bytes, bits so far), direct indexed.
#include "models/context_mix/context_mix.h"

#include <string>

#include "base/error.h"

namespace fastnz::models {
namespace {

class OrderTwo final : public BitModel {
 public:
  OrderTwo() : p_(size_t{1} << 24, 1u << 15) {}
  void update(int bit) noexcept override {
    uint16_t& p = p_[index_];
    p = static_cast<uint16_t>(bit ? p + ((65535 - p) >> 4) : p - (p >> 4));
    if (p < 32) p = 32;
    if (p > 65503) p = 65503;
    node_ = node_ * 2 + static_cast<uint32_t>(bit);
    if (node_ >= 256) {
      last2_ = ((last2_ << 8) | (node_ & 255)) & 0xFFFF;
      node_ = 1;
    }
    index_ = (last2_ << 8) | node_;
    p1_q16_ = p_[index_];
  }

 private:
  std::vector<uint16_t> p_;
  uint32_t last2_ = 0, node_ = 1, index_ = 1;
};

void check(base::ByteSpan options) {
  if (options.size() != 1 || options[0] < 1 || options[0] > 6)
    throw base::Error(base::ErrorKind::kUnsupported, "context_mix: unknown option bytes");
}

}  // namespace

std::vector<uint8_t> choose_context_mix_options(base::ByteSpan, int tier) { return {static_cast<uint8_t>(tier)}; }

size_t context_mix_memory(base::ByteSpan options, uint64_t) {
  check(options);
  return size_t{2} << 24;
}

std::unique_ptr<BitModel> make_context_mix(base::ByteSpan options, uint64_t) {
  check(options);
  return std::make_unique<OrderTwo>();
}

}  // namespace fastnz::models

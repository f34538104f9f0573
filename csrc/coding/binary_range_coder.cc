// The byte output of the binary range coder: carry propagation and the shortest valid ending.
#include "coding/binary_range_coder.h"

namespace fastnz::coding {

// Moves the top byte of low_ out. A byte is held back until it is known whether a carry will reach it; bytes 0xFF pass
// a carry on, so they are only counted.
void BinaryRangeEncoder::shift_low() {
  const uint8_t carry = static_cast<uint8_t>(low_ >> 32);
  const uint32_t low = static_cast<uint32_t>(low_);
  if (low < 0xFF000000u || carry) {
    if (has_cache_) out_->push_back(static_cast<uint8_t>(cache_ + carry));
    out_->insert(out_->end(), pending_, static_cast<uint8_t>(0xFF + carry));
    pending_ = 0;
    cache_ = static_cast<uint8_t>(low >> 24);
    has_cache_ = true;
  } else {
    ++pending_;
  }
  low_ = static_cast<uint64_t>(low) << 8 & 0xFFFFFFFFu;
}

void BinaryRangeEncoder::finish() {}

BinaryRangeDecoder::BinaryRangeDecoder(base::ByteSpan in)
    : begin_(in.data()), next_(in.data()), end_(in.data() + in.size()) {
  for (int i = 0; i < 4; ++i) code_ = code_ << 8 | next_byte();
}

}  // namespace fastnz::coding

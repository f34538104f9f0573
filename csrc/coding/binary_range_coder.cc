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

// Any value in [low, low + range) decodes alike; the one with the most zero bits at its end needs the fewest bytes.
// range >= 2^24, so at least the last three bytes can be zero. Zeros at the end are not written, as the decoder reads
// zeros there by itself; no more than four of the bytes already written are taken back, so that a decoder can tell a
// short input from a cut one (kMaxUnwritten).
void BinaryRangeEncoder::finish() {
  const uint64_t last = low_ + range_ - 1;
  for (int zero_bits = 32; zero_bits >= 24; zero_bits -= 8) {
    const uint64_t mask = (uint64_t{1} << zero_bits) - 1;
    const uint64_t value = (low_ + mask) & ~mask;
    if (value > last) continue;
    low_ = value;
    break;
  }
  const bool byte_left = (low_ & 0xFF000000u) != 0;
  shift_low();                  // settles the held-back bytes and holds the byte of low_
  if (byte_left) shift_low();   // low_ is zero now: writes that byte
  size_t size = out_->size();
  const size_t floor = size - start_ > 4 ? size - 4 : start_;
  while (size > floor && (*out_)[size - 1] == 0) --size;
  out_->resize(size);
}

BinaryRangeDecoder::BinaryRangeDecoder(base::ByteSpan in)
    : begin_(in.data()), next_(in.data()), end_(in.data() + in.size()) {
  for (int i = 0; i < 4; ++i) code_ = code_ << 8 | next_byte();
}

}  // namespace fastnz::coding

// Binary range coder: 32-bit range, 64-bit low with carry propagation, 16-bit probabilities.
// Invariant: encoder and decoder split the range at the same integer, floor(range * p1_q16 / 2^16), so what is
// decoded is what was encoded for every probability in [1, 65535]. Cannot fail: the decoder reads zeros past the end of
// its input and remembers that it did. Source: G. N. N. Martin, "Range encoding" (1979); carry counting after
// M. Schindler's range coder as used in LZMA.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"

namespace fastnz::coding {

inline constexpr int kProbabilityBits = 16;

class BinaryRangeEncoder {
 public:
  explicit BinaryRangeEncoder(std::vector<uint8_t>* out) : out_(out) {}

  // Codes one bit of which P(bit = 1) = p1_q16 / 2^16, 1 <= p1_q16 <= 65535.
  void encode(int bit, uint32_t p1_q16) {
    const uint32_t bound = static_cast<uint32_t>((static_cast<uint64_t>(range_) * p1_q16) >> kProbabilityBits);
    if (bit) {
      range_ = bound;
    } else {
      low_ += bound;
      range_ -= bound;
    }
    while (range_ < (1u << 24)) {
      range_ <<= 8;
      shift_low();
    }
  }

  // Writes what is still pending: as few bytes as decode correctly when followed by zeros.
  void finish();

 private:
  void shift_low();

  std::vector<uint8_t>* out_;
  uint64_t low_ = 0;
  uint32_t range_ = 0xFFFFFFFFu;
  uint64_t pending_ = 0;  // bytes 0xFF that wait for a carry
  uint8_t cache_ = 0;
  bool has_cache_ = false;
};

class BinaryRangeDecoder {
 public:
  explicit BinaryRangeDecoder(base::ByteSpan in);

  int decode(uint32_t p1_q16) {
    const uint32_t bound = static_cast<uint32_t>((static_cast<uint64_t>(range_) * p1_q16) >> kProbabilityBits);
    int bit;
    if (code_ < bound) {
      range_ = bound;
      bit = 1;
    } else {
      code_ -= bound;
      range_ -= bound;
      bit = 0;
    }
    while (range_ < (1u << 24)) {
      range_ <<= 8;
      code_ = (code_ << 8) | next_byte();
    }
    return bit;
  }

  bool overran() const { return overran_ > 4; }  // the encoder leaves at most four bytes unwritten
  size_t consumed() const { return static_cast<size_t>(next_ - begin_); }

 private:
  uint32_t next_byte() {
    if (next_ != end_) return *next_++;
    ++overran_;
    return 0;
  }

  const uint8_t* begin_;
  const uint8_t* next_;
  const uint8_t* end_;
  uint64_t overran_ = 0;
  uint32_t range_ = 0xFFFFFFFFu;
  uint32_t code_ = 0;
};

}  // namespace fastnz::coding

// Range coder over integer frequencies: symbol s of a step takes [cum, cum + freq) out of 2^total_bits, 1 <= total_bits
// <= 24. 64-bit range, renormalised by whole bytes, so a step's range is at least 2^56 and rounding costs less than
// 2^-32 of it. Invariant: encoder and decoder split the range at r * cum, r = floor(range / 2^total_bits); what the
// division leaves over goes to the symbol that ends at 2^total_bits. Cannot fail: the decoder reads zeros past the end
// of its input and counts them. Source: G. N. N. Martin, "Range encoding" (1979).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/span.h"

namespace fastnz::coding {

inline constexpr int kMaxTotalBits = 24;

class SymbolRangeEncoder {
 public:
  // As in the binary coder, but the decoder asks for eight bytes ahead instead of four.
  static constexpr uint64_t kMaxUnwritten = 12;

  // Appends to *out, which must outlive the encoder and is touched by nobody else until finish().
  explicit SymbolRangeEncoder(std::vector<uint8_t>* out) : out_(out), start_(out->size()) {}

  // Preconditions: freq >= 1, cum + freq <= 2^total_bits.
  void encode(uint32_t cum, uint32_t freq, int total_bits) {
    const uint64_t unit = range_ >> total_bits;
    const uint64_t below = unit * cum;
    const uint64_t low = low_ + below;
    if (low < low_) carry();
    low_ = low;
    range_ = cum + freq == uint32_t{1} << total_bits ? range_ - below : unit * freq;
    for (; range_ < uint64_t{1} << 56; range_ <<= 8) shift_low();
  }

  // Writes what is still pending: as few bytes as decode correctly when followed by zeros. Call it once, last.
  void finish();

 private:
  void shift_low() {
    out_->push_back(static_cast<uint8_t>(low_ >> 56));
    low_ <<= 8;
  }
  void carry();

  std::vector<uint8_t>* out_;
  size_t start_;  // size of *out_ before the first byte
  uint64_t low_ = 0;
  uint64_t range_ = ~uint64_t{0};
};

// Per symbol: target() says where in [0, 2^total_bits) the symbol lies, the caller finds the symbol whose
// [cum, cum + freq) holds it and passes that to consume(), with the same total_bits.
class SymbolRangeDecoder {
 public:
  explicit SymbolRangeDecoder(base::ByteSpan in) : next_(in.data()), end_(in.data() + in.size()) {
    for (int i = 0; i < 8; ++i) code_ = code_ << 8 | next_byte();
  }

  uint32_t target(int total_bits) const {
    const uint64_t last = (uint64_t{1} << total_bits) - 1;
    return static_cast<uint32_t>(std::min(code_ / (range_ >> total_bits), last));
  }

  void consume(uint32_t cum, uint32_t freq, int total_bits) {
    const uint64_t unit = range_ >> total_bits;
    const uint64_t below = unit * cum;
    code_ -= below;
    range_ = cum + freq == uint32_t{1} << total_bits ? range_ - below : unit * freq;
    for (; range_ < uint64_t{1} << 56; range_ <<= 8) code_ = code_ << 8 | next_byte();
  }

  // True when more zeros were needed than any encoder leaves unwritten: the input was cut short.
  bool overran() const { return overran_ > SymbolRangeEncoder::kMaxUnwritten; }

 private:
  uint32_t next_byte() {
    if (next_ != end_) return *next_++;
    ++overran_;
    return 0;
  }

  const uint8_t* next_;
  const uint8_t* end_;
  uint64_t overran_ = 0;
  uint64_t range_ = ~uint64_t{0};
  uint64_t code_ = 0;
};

}  // namespace fastnz::coding

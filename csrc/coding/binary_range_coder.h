// Binary range coder: 32-bit range, 64-bit low with carry propagation, 16-bit probabilities; and nibbles as one symbol
// of sixteen, in the same code.
// Invariant: encoder and decoder split the range at the same integers, floor(range * p1_q16 / 2^16) or
// floor(range / 2^15) * start, so what is decoded is what was encoded for every probability. Cannot fail: the decoder reads zeros past the end of
// its input and counts them. Source: G. N. N. Martin, "Range encoding" (1979); carry counting after M. Schindler's
// range coder as used in LZMA. FORMAT.md describes the bytes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/span.h"

namespace fastnz::coding {

inline constexpr int kProbabilityBits = 16;
inline constexpr int kStartBits = 15;  // of a nibble's starts

// The encoder leaves at most this many bytes unwritten that the decoder will ask for: four that finish() saves by
// choosing the value with the most zeros at its end, and four zero bytes before them that it takes back.
inline constexpr uint64_t kMaxUnwritten = 8;

class BinaryRangeEncoder {
 public:
  // Appends to *out, which must outlive the encoder and is touched by nobody else until finish().
  explicit BinaryRangeEncoder(std::vector<uint8_t>* out) : out_(out), start_(out->size()) {}

  // Codes one bit (0 or 1) of which P(bit = 1) = p1_q16 / 2^16, 1 <= p1_q16 <= 65535.
  void encode(int bit, uint32_t p1_q16) {
    const uint32_t bound = static_cast<uint32_t>((static_cast<uint64_t>(range_) * p1_q16) >> kProbabilityBits);
    const uint32_t if_zero = static_cast<uint32_t>(bit) - 1;  // all ones for a 0: a branch here would be mispredicted
    low_ += bound & if_zero;
    range_ = bound + ((range_ - 2 * bound) & if_zero);
    while (range_ < (1u << 24)) {
      range_ <<= 8;
      shift_low();
    }
  }

  // Codes the four bits of a nibble, most significant first, as four calls of encode() with p1_q16[1] and then p1_q16[2n + b]
  // after node n and bit b.
  void encode_nibble(uint32_t nibble, const uint16_t* p1_q16) {
    uint64_t low = low_;
    uint32_t range = range_;
    for (int shift = 3; shift >= 0; --shift) {
      const uint32_t p = p1_q16[(16 | nibble) >> (shift + 1)];
      const uint32_t bound = static_cast<uint32_t>((static_cast<uint64_t>(range) * p) >> kProbabilityBits);
      const bool one = nibble >> shift & 1;
      low += one ? 0 : bound;
      range = one ? bound : range - bound;
      while (range < (1u << 24)) [[unlikely]] {
        range <<= 8;
        low_ = low;
        shift_low();
        low = low_;
      }
    }
    low_ = low;
    range_ = range;
  }

  // Codes a nibble as one symbol: nibble v takes [start[v], start[v + 1]) of 2^15, the last one what is left. start[0] = 0, and
  // each of the 16 is less than the next, the last less than 2^15.
  void encode_symbol(uint32_t nibble, const uint16_t* start) {
    const uint32_t unit = range_ >> kStartBits, below = unit * start[nibble];
    low_ += below;
    range_ = nibble == 15 ? range_ - below : unit * (uint32_t{start[nibble + 1]} - start[nibble]);
    while (range_ < (1u << 24)) [[unlikely]] {
      range_ <<= 8;
      shift_low();
    }
  }

  // Writes what is still pending: as few bytes as decode correctly when followed by zeros. Call it once, last.
  void finish();

 private:
  void shift_low();

  std::vector<uint8_t>* out_;
  size_t start_;  // size of *out_ before the first byte
  uint64_t low_ = 0;
  uint32_t range_ = 0xFFFFFFFFu;
  uint64_t pending_ = 0;  // bytes 0xFF that wait for a carry
  uint8_t cache_ = 0;
  bool has_cache_ = false;
};

// The last of 16 growing starts, the first 0, that is not beyond `target`; all below 2^15.
inline uint32_t last_start(const uint16_t* start, uint32_t target) {
#if defined(__SSE2__)
  const __m128i most = _mm_set1_epi16(static_cast<int16_t>(target < 32767 ? target : 32767));
  const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(start)), high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(start + 8));
  const __m128i beyond = _mm_packs_epi16(_mm_cmpgt_epi16(low, most), _mm_cmpgt_epi16(high, most));
  return static_cast<uint32_t>(std::countr_zero(static_cast<uint32_t>(_mm_movemask_epi8(beyond)) | 0x10000u)) - 1;
#else
  uint32_t last = 0;
  for (int v = 1; v < 16; ++v) last += start[v] <= target;
  return last;
#endif
}

class BinaryRangeDecoder {
 public:
  explicit BinaryRangeDecoder(base::ByteSpan in);

  int decode(uint32_t p1_q16) {
    const uint32_t bound = static_cast<uint32_t>((static_cast<uint64_t>(range_) * p1_q16) >> kProbabilityBits);
    const int bit = code_ < bound;
    const uint32_t if_zero = static_cast<uint32_t>(bit) - 1;
    code_ -= bound & if_zero;
    range_ = bound + ((range_ - 2 * bound) & if_zero);
    while (range_ < (1u << 24)) {
      range_ <<= 8;
      code_ = (code_ << 8) | next_byte();
    }
    return bit;
  }

  // As four calls of decode().
  uint32_t decode_nibble(const uint16_t* p1_q16) {
    uint32_t node = 1;
    while (node < 16) node = node * 2 + static_cast<uint32_t>(decode(p1_q16[node]));
    return node & 15;
  }

  // The nibble that encode_symbol() was given with the same starts.
  uint32_t decode_symbol(const uint16_t* start) {
    const uint32_t unit = range_ >> kStartBits, target = code_ / unit;
    const uint32_t nibble = last_start(start, target);
    const uint32_t below = unit * start[nibble];
    code_ -= below;
    range_ = nibble == 15 ? range_ - below : unit * (uint32_t{start[nibble + 1]} - start[nibble]);
    while (range_ < (1u << 24)) [[unlikely]] {
      range_ <<= 8;
      code_ = (code_ << 8) | next_byte();
    }
    return nibble;
  }

  // True when more zeros were needed than any encoder leaves unwritten: the input was cut short.
  bool overran() const { return overran_ > kMaxUnwritten; }
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

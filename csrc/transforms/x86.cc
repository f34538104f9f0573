#include "transforms/x86.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "transforms/ranges.h"

namespace fastnz::transforms {
namespace {

constexpr size_t kChunk = size_t{1} << 15;  // granularity of detection: some 400 calls in 32 KiB of typical code
constexpr uint32_t kTargetMask = (1u << 25) - 1;  // targets wrap in 32 MiB: 24 bits and the sign in the high byte
constexpr size_t kMinRange = 4096;

// A window is an opcode at `i` and a 32-bit operand at i+1 .. i+4 whose high byte is a sign extension, as it is in
// nearly all real code and in 1 of 128 random words.
inline bool is_window(const uint8_t* x, size_t i) {
  const bool opcode = (x[i] & 0xFE) == 0xE8 || (i > 0 && x[i - 1] == 0x0F && (x[i] & 0xF0) == 0x80);
  return opcode && (x[i + 4] == 0x00 || x[i + 4] == 0xFF);
}

inline uint32_t operand(const uint8_t* x, size_t i) { return base::load_le<uint32_t>(x + i + 1) & kTargetMask; }

inline void set_operand(uint8_t* x, size_t i, uint32_t value) {
  value &= kTargetMask;
  if (value >> 24) value |= 0xFF000000u;  // the high byte stays 00 or FF, so the inverse finds the same window
  base::store_le<uint32_t>(x + i + 1, value);
}

// Backwards when encoding, forwards when decoding: at window i both see the windows after i rewritten and those
// before it not, so both take the same decision even where windows overlap.
void encode_range(uint8_t* x, size_t size) {
  if (size < 5) return;
  for (size_t i = size - 4; i-- > 0;)
    if (is_window(x, i)) set_operand(x, i, operand(x, i) + static_cast<uint32_t>(i));
}

void decode_range(uint8_t* x, size_t size) {
  if (size < 5) return;
  for (size_t i = 0; i < size - 4; ++i)
    if (is_window(x, i)) set_operand(x, i, operand(x, i) - static_cast<uint32_t>(i));
}

// Counts, chunk by chunk, how often a window's absolute target and its relative one were seen before. In code the
// absolute ones repeat (many calls of one function); elsewhere neither does, or the relative ones do.
class Detector {
 public:
  bool looks_like_code(base::ByteSpan in, size_t begin, size_t end) {
    const uint8_t* x = in.data();
    const size_t last = std::min(end, in.size() - 4);
    uint32_t windows = 0, absolute_hits = 0, relative_hits = 0;
    for (size_t i = begin; i < last; ++i) {
      if (!is_window(x, i)) continue;
      ++windows;
      const uint32_t relative = operand(x, i);
      const uint32_t absolute = (relative + static_cast<uint32_t>(i)) & kTargetMask;
      absolute_hits += seen(&absolute_, absolute);
      relative_hits += seen(&relative_, relative);
    }
    return windows >= (end - begin) / 1024 && absolute_hits >= 8 && absolute_hits > 2 * relative_hits;
  }

 private:
  using Table = std::array<uint32_t, 4096>;
  static bool seen(Table* table, uint32_t value) {
    uint32_t& slot = (*table)[(value * 0x9E3779B1u) >> 20];
    const bool hit = slot == value + 1;
    slot = value + 1;
    return hit;
  }
  Table absolute_{}, relative_{};
};

[[noreturn]] void corrupt(const std::string& what) {
  throw base::Error(base::ErrorKind::kCorrupt, "x86 transform: " + what);
}

}  // namespace

// Side data: pairs of varints (bytes to skip, bytes of the range), ranges in ascending order.
bool x86_forward(base::ByteSpan in, std::vector<uint8_t>* out, std::vector<uint8_t>* side) {
  if (in.size() < kMinRange) return false;
  const size_t chunks = (in.size() + kChunk - 1) / kChunk;
  std::vector<uint8_t> code(chunks + 2, 0);  // one chunk of margin on both sides
  Detector detector;
  bool any = false;
  for (size_t c = 0; c < chunks; ++c) {
    code[c + 1] = detector.looks_like_code(in, c * kChunk, std::min(in.size(), (c + 1) * kChunk));
    any = any || code[c + 1];
  }
  if (!any) return false;
  // The detector needs some calls before it sees a target twice: take in a chunk that lies before or between.
  for (size_t c = 1; c <= chunks; ++c)
    if (!code[c] && code[c + 1] == 1) code[c] = 2;

  out->assign(in.begin(), in.end());
  side->clear();
  size_t written = 0;
  for (size_t c = 1; c <= chunks; ++c) {
    if (!code[c]) continue;
    const size_t first = c;
    while (c <= chunks && code[c]) ++c;
    const size_t begin = (first - 1) * kChunk, end = std::min(in.size(), (c - 1) * kChunk);
    write_range(side, written, begin, end);
    encode_range(out->data() + begin, end - begin);
    written = end;
  }
  return true;
}

uint64_t x86_max_output(uint64_t in_size, uint64_t) { return in_size; }

void x86_inverse(base::ByteSpan in, base::ByteSpan side, base::MutableByteSpan out, const Pause&) {
  if (in.size() != out.size())
    corrupt("size changes from " + std::to_string(in.size()) + " to " + std::to_string(out.size()) + " bytes");
  std::copy(in.begin(), in.end(), out.begin());
  for_each_range(side, out, "x86 range", corrupt,
                 [](base::ByteReader*, base::MutableByteSpan range) { decode_range(range.data(), range.size()); });
}

}  // namespace fastnz::transforms

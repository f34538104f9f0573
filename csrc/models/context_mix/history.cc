#include "models/context_mix/history.h"

#include <algorithm>

namespace fastnz::models {
namespace {

constexpr uint32_t kLetter = 1, kDigit = 2, kBlank = 3;

uint32_t kind_of(uint32_t lower) {
  if ((lower >= 'a' && lower <= 'z') || lower >= 128) return kLetter;
  if (lower >= '0' && lower <= '9') return kDigit;
  return lower == ' ' ? kBlank : std::max(lower, 4u);
}

}  // namespace

void History::push(uint8_t byte) {
  follow1[c4 & 0xFF] = (follow1[c4 & 0xFF] << 8 | byte) & 0xFFFF;
  uint32_t& pair = follow2[c4 & 0xFFFF];
  pair = (pair << 8 | byte) & 0xFFFFFF;

  bytes[size++] = byte;
  c12 = c12 << 8 | c8 >> 24;
  c8 = c8 << 8 | c4 >> 24;
  c4 = c4 << 8 | byte;

  const uint32_t lower = byte >= 'A' && byte <= 'Z' ? byte + 32u : byte;
  lower4 = lower4 << 8 | lower;
  const uint32_t kind = kind_of(lower);
  if (kind != (format & 0xFF) || kind > kBlank) format = format << 8 | kind;
  if (kind == kLetter) {
    word = (word + lower + 1) * 0x2F0B4C47u;
    ++word_length;
    if (size - line_start <= 12) first_word = first_word * 0x2F0B4C47u + byte;
  } else if (word != 0) {
    word2 = word1;
    word1 = word;
    word = 0;
    word1_length = word_length;
    word_length = 0;
  }
  digits = kind == kDigit ? digits + 1 : 0;
  if (kind > kBlank) last_mark = byte;
  if (byte == '\n') {
    first_word = 0;
    line1_start = line_start;
    line_start = size;
  }
  const uint64_t offset = size - line_start, length1 = line_start - line1_start;
  column = static_cast<uint32_t>(std::min<uint64_t>(offset, 255));
  auto of_line1 = [&](uint64_t at) -> uint32_t { return at < length1 ? bytes[line1_start + at] : 0; };
  above = of_line1(offset);
  above_next = of_line1(offset + 1);
  above_left = offset != 0 ? of_line1(offset - 1) : 0;
}

}  // namespace fastnz::models

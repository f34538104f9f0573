#include "models/context_mix/history.h"

#include <algorithm>
#include <cstdlib>

namespace fastnz::models {
namespace {

constexpr uint32_t kLetter = 1, kDigit = 2, kBlank = 3;

uint32_t kind_of(uint32_t lower) {
  if ((lower >= 'a' && lower <= 'z') || lower >= 128) return kLetter;
  if (lower >= '0' && lower <= '9') return kDigit;
  return lower == ' ' ? kBlank : std::max(lower, 4u);
}

// Steps are a 16th of the way; weights are q16 and stay within +-4.
constexpr int kRate = 4;

}  // namespace

void Predictor::predict(uint32_t row, int64_t around) {
  base = static_cast<int32_t>(around);
  int64_t sum = 0;
  for (int i = 0; i < kTaps; ++i) sum += static_cast<int64_t>(weight_q16[row][i]) * input[i];
  answer_q4 = static_cast<int32_t>(std::clamp<int64_t>((sum >> 12) + around * 16, -(int64_t{1} << 30), int64_t{1} << 30));
}

void Predictor::learn(uint32_t row, int64_t actual) {
  const int64_t error_q4 = std::clamp<int64_t>(actual * 16 - answer_q4, -(int64_t{1} << 30), int64_t{1} << 30);
  past_error += static_cast<int32_t>((std::abs(error_q4) - past_error) >> 3);
  uint64_t power = 64;
  for (const int32_t x : input) power += static_cast<uint64_t>(static_cast<int64_t>(x) * x);
  const int64_t gain = error_q4 * (1 << (12 + 10 - kRate)) / static_cast<int64_t>(power);
  for (int i = 0; i < kTaps; ++i) {
    const int64_t w = weight_q16[row][i] + ((gain * input[i]) >> 10);
    weight_q16[row][i] = static_cast<int32_t>(std::clamp<int64_t>(w, -(1 << 18), 1 << 18));
  }
}

void History::predict() {
  const uint32_t p = step, w = width;
  Predictor& to = predictor;
  if (pixels) {
    const uint32_t plane = static_cast<uint32_t>(size % p);
    if (size != 0) to.learn(static_cast<uint32_t>((size - 1) % p), bytes[size - 1]);
    auto at = [&](uint64_t distance) { return static_cast<int32_t>(back(distance)); };
    const uint64_t row = w, pixel = p;
    const int32_t around = (at(pixel) + at(row)) / 2;
    const uint64_t near[] = {pixel, row, row + pixel, row - pixel, 2 * pixel, 2 * row, 2 * row - pixel};
    int k = 0;
    for (const uint64_t distance : near) to.input[k++] = at(distance) - around;
    if (p > 1) {
      const int32_t a = at(1), b = at(2);
      to.input[k++] = a - at(pixel + 1);
      to.input[k++] = a - at(row + 1);
      to.input[k++] = a - at(row + pixel + 1);
      to.input[k++] = a - at(row - pixel + 1);
      to.input[k++] = b - at(pixel + 2);
      to.input[k++] = b - at(row + 2);
      to.input[k++] = b - at(row + pixel + 2);
    } else {
      for (const uint64_t distance : {3 * pixel, 2 * row + pixel, 3 * row, row - 2 * pixel, row + 2 * pixel}) to.input[k++] = at(distance) - around;
    }
    to.predict(plane, around);
    return;
  }
  if (size % p != 0 || size == 0) return;
  const uint32_t spare = 64 - 8 * p;
  auto at = [&](uint64_t distance) { return static_cast<int64_t>(number(distance) << spare) >> spare; };
  to.learn(0, at(p));
  const uint64_t row = w, one = p;
  const int64_t around = at(one);
  int k = 0;
  for (const uint64_t distance : {row, row + one, row - one, 2 * one, 2 * row, 2 * row - one, 3 * one, 4 * one, 5 * one, 6 * one, row + 2 * one, row - 2 * one, 2 * row + one, 3 * row, 7 * one, 8 * one})
    to.input[k++] = static_cast<int32_t>(std::clamp<int64_t>(at(distance) - around, -(1 << 26), 1 << 26));
  to.predict(0, around);
}

void History::push(uint8_t byte) {
  follow1[c4 & 0xFF] = (follow1[c4 & 0xFF] << 8 | byte) & 0xFFFF;
  uint32_t& pair = follow2[c4 & 0xFFFF];
  pair = (pair << 8 | byte) & 0xFFFFFF;

  bytes[size++] = byte;
  c12 = c12 << 8 | c8 >> 24;
  c8 = c8 << 8 | c4 >> 24;
  c4 = c4 << 8 | byte;

  if (byte > ' ') {
    symbols16 = symbols16 << 4 | symbols >> 60;
    symbols = symbols << 4 | (byte & 15);
  }
  if (size == line_start + 1) line_phase = byte == '+' ? 2 : byte == '>' ? 0 : line_phase;
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
    line_phase = (line_phase + 1) & 3;
    line1_start = line_start;
    line_start = size;
  }
  const uint64_t offset = size - line_start, length1 = line_start - line1_start;
  column = static_cast<uint32_t>(std::min<uint64_t>(offset, 255));
  auto of_line1 = [&](uint64_t at) -> uint32_t { return at < length1 ? bytes[line1_start + at] : 0; };
  above = of_line1(offset);
  above_next = of_line1(offset + 1);
  above_left = offset != 0 ? of_line1(offset - 1) : 0;
  if (step != 0 && step <= 4) predict();
}

}  // namespace fastnz::models

#include "models/mixing/history.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace fastnz::models {
namespace {

constexpr uint32_t kLetter = 1, kDigit = 2, kBlank = 3;

constexpr uint32_t lower_case(uint32_t byte) { return byte >= 'A' && byte <= 'Z' ? byte + 32 : byte; }

// Letter, digit, blank, or the mark itself.
constexpr std::array<uint8_t, 256> kinds() {
  std::array<uint8_t, 256> t{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    const uint32_t lower = lower_case(byte);
    const bool letter = (lower >= 'a' && lower <= 'z') || lower >= 128, digit = lower >= '0' && lower <= '9';
    t[byte] = static_cast<uint8_t>(letter ? kLetter : digit ? kDigit : lower == ' ' ? kBlank : std::max(lower, 4u));
  }
  return t;
}
constexpr std::array<uint8_t, 256> kKind = kinds();

// What follows a one-byte opcode (Intel SDM vol. 2, appendix A): an addressing byte, and how many immediate bytes.
constexpr uint8_t kAddressing = 16;

constexpr std::array<uint8_t, 256> first_map() {
  std::array<uint8_t, 256> t{};
  for (int op = 0; op < 0x40; ++op) t[static_cast<size_t>(op)] = (op & 7) < 4 ? kAddressing : (op & 7) == 4 ? 1 : (op & 7) == 5 ? 4 : 0;
  for (int op : {0x62, 0x63, 0xC4, 0xC5, 0xD0, 0xD1, 0xD2, 0xD3, 0xF6, 0xF7, 0xFE, 0xFF}) t[static_cast<size_t>(op)] = kAddressing;
  for (int op = 0x84; op < 0x90; ++op) t[static_cast<size_t>(op)] = kAddressing;
  for (int op = 0xD8; op < 0xE0; ++op) t[static_cast<size_t>(op)] = kAddressing;
  for (int op : {0x69, 0x81, 0xC7}) t[static_cast<size_t>(op)] = kAddressing | 4;
  for (int op : {0x6B, 0x80, 0x82, 0x83, 0xC0, 0xC1, 0xC6}) t[static_cast<size_t>(op)] = kAddressing | 1;
  for (int op : {0x6A, 0xA8, 0xCD, 0xD4, 0xD5, 0xEB}) t[static_cast<size_t>(op)] = 1;
  for (int op = 0x70; op < 0x80; ++op) t[static_cast<size_t>(op)] = 1;
  for (int op = 0xB0; op < 0xB8; ++op) t[static_cast<size_t>(op)] = 1;
  for (int op = 0xE0; op < 0xE8; ++op) t[static_cast<size_t>(op)] = 1;
  for (int op : {0x68, 0xA0, 0xA1, 0xA2, 0xA3, 0xA9, 0xE8, 0xE9}) t[static_cast<size_t>(op)] = 4;
  for (int op = 0xB8; op < 0xC0; ++op) t[static_cast<size_t>(op)] = 4;
  for (int op : {0x9A, 0xEA}) t[static_cast<size_t>(op)] = 6;
  for (int op : {0xC2, 0xCA}) t[static_cast<size_t>(op)] = 2;
  t[0xC8] = 3;
  return t;
}

// The same after 0F.
constexpr std::array<uint8_t, 256> second_map() {
  std::array<uint8_t, 256> t{};
  for (auto& v : t) v = kAddressing;
  for (int op : {0x05, 0x06, 0x07, 0x08, 0x09, 0x0B, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x77, 0xA0, 0xA1, 0xA2, 0xA8, 0xA9}) t[static_cast<size_t>(op)] = 0;
  for (int op = 0xC8; op < 0xD0; ++op) t[static_cast<size_t>(op)] = 0;
  for (int op = 0x80; op < 0x90; ++op) t[static_cast<size_t>(op)] = 4;
  for (int op : {0x70, 0x71, 0x72, 0x73, 0xA4, 0xAC, 0xBA, 0xC2, 0xC4, 0xC5, 0xC6}) t[static_cast<size_t>(op)] = kAddressing | 1;
  return t;
}

constexpr std::array<uint8_t, 256> kFirstMap = first_map(), kSecondMap = second_map();

bool is_prefix(uint8_t byte) {
  return byte == 0x66 || byte == 0x67 || byte == 0xF2 || byte == 0xF3 || byte == 0xF0 || byte == 0x64 || byte == 0x65 || byte == 0x26 ||
         byte == 0x2E || byte == 0x36 || byte == 0x3E;
}

// Steps are a 16th of the way; weights are q16 and stay within +-4.
constexpr int kRate = 4;

}  // namespace

void Instructions::finish() {
  past[3] = past[2];
  past[2] = past[1];
  past[1] = past[0];
  past[0] = current;
  part = kOpcode;
  left = immediate = 0;
  current = operand = 0;
  second_map = short_operand = false;
}

void Instructions::begin_immediate() {
  operand = 0;
  if (immediate == 0) return finish();
  part = kImmediate;
  left = immediate;
}

void Instructions::begin_operand() {  // after the opcode
  const uint8_t follows = second_map ? kSecondMap[current & 255] : kFirstMap[current & 255];
  immediate = follows & 15;
  if (immediate == 4 && short_operand && (current & 0xFF) < 0xE0) immediate = 2;
  if ((follows & kAddressing) == 0) return begin_immediate();
  part = kModRm;
  left = 1;
}

void Instructions::push(uint8_t byte) {
  if (part < kDisplacement) skeleton = skeleton << 8 | byte;
  switch (part) {
    case kOpcode:
      if (byte == 0x66) short_operand = true;
      if (is_prefix(byte)) return;
      if (byte == 0x0F) {
        second_map = true;
        part = kSecondOpcode;
        return;
      }
      current = byte;
      return begin_operand();
    case kSecondOpcode:
      current = 0x100u | byte;
      return begin_operand();
    case kModRm: {
      const uint8_t mode = byte >> 6, reg = (byte >> 3) & 7, base = byte & 7;
      if (!second_map && (current & 0xFE) == 0xF6 && reg < 2) immediate = (current & 1) == 0 ? 1 : short_operand ? 2 : 4;
      current |= static_cast<uint32_t>(byte) << 16 | 0x8000u;
      left = mode == 1 ? 1 : mode == 2 || (mode == 0 && base == 5) ? 4 : 0;
      if (mode != 3 && base == 4) {
        part = kSib;
        return;
      }
      break;
    }
    case kSib:
      if (left == 0 && (byte & 7) == 5) left = 4;
      break;
    default:
      operand = operand << 8 | byte;
      if (--left != 0) return;
      return part == kDisplacement ? begin_immediate() : finish();
  }
  if (left == 0) return begin_immediate();
  part = kDisplacement;
}

void Predictor::predict(uint32_t row, int64_t around) {
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
  if (profile == Profile::kImage) {
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
  if (kept & kFollowers) {
    follow1[c4 & 0xFF] = (follow1[c4 & 0xFF] << 8 | byte) & 0xFFFF;
    uint32_t& pair = follow2[c4 & 0xFFFF];
    pair = (pair << 8 | byte) & 0xFFFFFF;
  }
  bytes[size++] = byte;
  c12 = c12 << 8 | c8 >> 24;
  c8 = c8 << 8 | c4 >> 24;
  c4 = c4 << 8 | byte;

  if ((kept & kSymbols) && byte > ' ') {
    symbols16 = symbols16 << 4 | symbols >> 60;
    symbols = symbols << 4 | (byte & 15);
  }
  const uint32_t kind = kKind[byte];
  if (kept & kForms) {
    if (kind != (format & 0xFF) || kind > kBlank) format = format << 8 | kind;
    if (kind > kBlank) last_mark = byte;
  }
  if (kept & kWords) {
    if (kind == kLetter) {
      word = (word + lower_case(byte) + 1) * 0x2F0B4C47u;
      ++word_length;
    } else if (word != 0) {
      word2 = word1;
      word1 = word;
      word = 0;
      word_length = 0;
    }
  }
  if (kept & kLines) {
    if (size == line_start + 1) line_phase = byte == '+' ? 2 : byte == '>' ? 0 : line_phase;
    if (kind == kLetter && size - line_start <= 12) first_word = first_word * 0x2F0B4C47u + byte;
    if (byte == '\n') {
      first_word = 0;
      line_phase = (line_phase + 1) & 3;
      line1_start = line_start;
      line_start = size;
    }
    const uint64_t offset = size - line_start;
    column = static_cast<uint32_t>(std::min<uint64_t>(offset, 255));
    above = offset < line_start - line1_start ? bytes[line1_start + offset] : 0;
  }
  if ((kept & kPredictions) && step != 0 && step <= 4) predict();
  if (profile == Profile::kExecutable) code.push(byte);
}

}  // namespace fastnz::models

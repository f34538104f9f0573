#include "models/mixing/contexts.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <utility>

namespace fastnz::models {
namespace {

// The numbers enter the hashes; those left out were contexts that no list kept.
enum Context : uint8_t {
  kOrder1, kOrder2, kOrder3, kOrder4, kOrder5, kOrder6, kOrder8 = 7, kOrder12 = 9,
  kWord, kWordPair, kWordSkip, kWordTriple, kWordGap, kSkip1, kSkip2, kSkipPair, kColumnAbove, kAbove,
  kFormat = 21, kFormatWord, kFollow1, kFollow2, kCoarse3 = 26, kCoarse6, kMarkWord, kFirstWordColumn, kFirstWord,
  // with a width
  kRecordColumn = 33, kRecordAbove, kRecordAbovePair, kRecordAboveTwo, kRecordAboveLeft, kRecordDelta, kRecordColumnLast,
  kRecordWide,
  kRecordAbove3, kRecordPast,
  kPixelW, kPixelN, kPixelGradient = 46, kPixelNE, kPixelWWNN, kPixelMean, kPixelPlane, kPixelPlane2, kPixelPaeth, kPixelDiffs,
  kPixelLocal = 55, kPixelGradientPlane = 59, kPixelMeanPlane, kPixelPlaneBoth,
  kPixelSum6 = 67, kPixelPlaneNE, kPixelLms, kPixelLmsError, kPixelGradientPlaneMean = 75, kPixelNA = 77, kPixelMeanA,
  kPixelLmsA,
  // numbers of `step` bytes in rows of `width` bytes
  kNumberSelf, kNumberW, kNumberN, kNumberGradient = 84, kNumberSlopeW, kNumberSlopeN, kNumberNE, kNumberMean,
  kNumberExactN = 90,
  kNumberExactAll = 92, kNumberExactWW, kNumberColumn, kNumberNENext, kNumberExactNE, kNumberGradientWN, kNumberLms = 101,
  kNumberLmsW, kNumberLmsGradient,
  // executables
  kCodeSkip = 108,
  kCodeOp, kCodeOpC1, kCodeOpPast, kCodePast3, kCodePast4, kCodeSkeleton2 = 116, kCodeSkeleton4 = 118, kCodeSkeleton6,
  kCodeOperand, kCodePast2, kCodeWhere,
  // small alphabets: 11 and more symbols
  kSymbols8 = 131, kSymbols9, kSymbols10, kSymbols11, kSymbols12, kSymbols13, kSymbols14, kSymbols16, kSymbols18, kSymbols20,
  kSymbols24, kSymbols32, kQuality, kQualityColumn, kQualityMost, kPhaseColumn,
};

constexpr uint8_t kLastPixel = kNumberSelf - 1, kLastNumber = kCodeSkip - 1;

constexpr uint8_t kTextList[] = {kOrder2, kOrder3, kOrder4, kWord, kOrder6, kFormat, kFollow2, kColumnAbove, kWordPair, kFollow1, kCoarse6, kMarkWord,
                                 kOrder5, kAbove, kSkip1, kWordGap, kFormatWord, kWordSkip, kOrder1, kSkip2, kOrder8, kWordTriple, kFirstWord, kOrder12};
constexpr uint8_t kBinaryList[] = {kOrder2, kOrder3, kOrder4, kOrder6, kSkip2, kCoarse6, kFollow1, kFollow2, kSkip1, kWord, kSkipPair, kCoarse3,
                                   kOrder8, kFormat, kOrder5, kOrder1};
constexpr uint8_t kExecutableList[] = {kOrder2, kOrder3, kOrder4, kCodeOp, kOrder6, kCodePast3, kCodeOpPast, kCodeWhere, kCodeSkeleton4, kSkipPair, kFollow1,
                                       kCodeOperand, kSkip1, kCodeSkeleton2, kCodePast2, kWord, kCodeSkeleton6, kOrder5, kCodePast4, kCodeOpC1, kCodeSkip,
                                       kFollow2, kOrder1, kFormat};
constexpr uint8_t kRecordList[] = {kOrder2, kOrder3, kOrder4, kRecordColumn, kRecordAbove, kRecordAbovePair, kRecordAboveTwo, kRecordColumnLast,
                                   kRecordDelta, kRecordAboveLeft, kRecordWide, kOrder6, kSkip1, kFollow2, kWord, kRecordAbove3, kRecordPast, kOrder1};
constexpr uint8_t kImageList[] = {kPixelW, kPixelLms, kPixelGradientPlane, kPixelMeanPlane, kPixelDiffs, kPixelGradient, kPixelNE, kPixelPlane2, kPixelPlane,
                                  kPixelMean, kPixelN, kOrder2, kPixelLocal, kPixelLmsError, kPixelPlaneBoth, kPixelWWNN, kPixelNA, kPixelGradientPlaneMean,
                                  kPixelMeanA, kPixelPlaneNE, kPixelSum6, kOrder1, kPixelPaeth, kPixelLmsA};
constexpr uint8_t kNumbersList[] = {kNumberSelf, kNumberLms, kNumberGradient, kNumberNE, kNumberNENext, kNumberSlopeW, kNumberColumn, kNumberLmsGradient,
                                    kNumberExactNE, kNumberSlopeN, kOrder3, kNumberW, kNumberExactAll, kNumberN, kNumberGradientWN, kNumberLmsW,
                                    kNumberMean, kNumberExactWW, kSkip1, kNumberExactN};
constexpr uint8_t kSymbolsList[] = {kOrder2, kOrder3, kOrder4, kOrder6, kSymbols8, kSymbols11, kSymbols12, kSymbols16, kSymbols20, kSymbols24,
                                    kSymbols9, kSymbols10, kSymbols14, kSymbols18, kSymbols13, kOrder1};
constexpr uint8_t kSequencesList[] = {kOrder2, kOrder3, kOrder4, kSymbols8, kSymbols11, kSymbols16, kSymbols24, kColumnAbove, kFormat, kQualityColumn,
                                      kSymbols12, kAbove, kSymbols20, kOrder6, kSymbols14, kQuality, kPhaseColumn, kFirstWordColumn, kQualityMost,
                                      kWord, kFollow2, kSkip1, kSymbols32, kOrder1};

constexpr ProfileRow kRows[kProfiles] = {
    {Profile::kText, "text", false, 5, kTextList},
    {Profile::kBinary, "binary", false, 4, kBinaryList},
    {Profile::kExecutable, "executable", false, 3, kExecutableList},
    {Profile::kRecord, "record", true, 3, kRecordList},
    {Profile::kImage, "image", true, 4, kImageList},
    {Profile::kSymbols, "symbols", false, 8, kSymbolsList},
    {Profile::kNumbers, "numbers", true, 4, kNumbersList},
    {Profile::kSequences, "sequences", false, 8, kSequencesList},
};

constexpr uint8_t kFastText[kFastContexts] = {kOrder4, kWord, kColumnAbove};
constexpr uint8_t kFastBinary[kFastContexts] = {kOrder2, kOrder6, kSkip1};
constexpr uint8_t kFastExecutable[kFastContexts] = {kOrder2, kOrder3, kCodeOp};
constexpr uint8_t kFastRecord[kFastContexts] = {kOrder3, kRecordColumn, kRecordAbove};
constexpr uint8_t kFastImage[kFastContexts] = {kPixelW, kPixelLms, kPixelGradientPlane};
constexpr uint8_t kFastSymbols[kFastContexts] = {kOrder4, kSymbols12, kSymbols16};
constexpr uint8_t kFastNumbers[kFastContexts] = {kNumberSelf, kNumberNE, kNumberGradient};
constexpr uint8_t kFastSequences[kFastContexts] = {kSymbols11, kSymbols16, kColumnAbove};

constexpr ProfileRow kFastRows[kProfiles] = {
    {Profile::kText, "text", false, 0, kFastText},
    {Profile::kBinary, "binary", false, 0, kFastBinary},
    {Profile::kExecutable, "executable", false, 0, kFastExecutable},
    {Profile::kRecord, "record", true, 0, kFastRecord},
    {Profile::kImage, "image", true, 0, kFastImage},
    {Profile::kSymbols, "symbols", false, 0, kFastSymbols},
    {Profile::kNumbers, "numbers", true, 0, kFastNumbers},
    {Profile::kSequences, "sequences", false, 0, kFastSequences},
};

uint32_t of_symbols(const History& h, int count) {
  const uint64_t low = count >= 16 ? h.symbols : h.symbols & ((uint64_t{1} << (4 * count)) - 1);
  const uint64_t high = count <= 16 ? 0 : count >= 32 ? h.symbols16 : h.symbols16 & ((uint64_t{1} << (4 * (count - 16))) - 1);
  return hash2(hash2(static_cast<uint32_t>(low), static_cast<uint32_t>(low >> 32)), static_cast<uint32_t>(high) * 31 + static_cast<uint32_t>(high >> 32));
}

int clip(int v) { return std::clamp(v, 0, 255); }

// The bytes around this one in an image: W is the same colour one pixel to the left, N one row up; the colours of this
// pixel already known are a (newest) and b, with the same neighbours.
struct Pixels {
  int W, N, NW, NE, WW, NN, NNE, a, aW, aN, aNW, aNE, b, bW, bN, bNW;
  int lms_q4, error;
  uint32_t plane;

  explicit Pixels(const History& h) {
    const uint64_t p = h.step, w = h.width;
    auto at = [&](uint64_t distance) { return static_cast<int>(h.back(distance)); };
    W = at(p), N = at(w), NW = at(w + p), NE = at(w - p), WW = at(2 * p), NN = at(2 * w), NNE = at(2 * w - p);
    plane = static_cast<uint32_t>(h.size % p);
    lms_q4 = h.predictor.answer_q4;
    error = std::min(15, 32 - std::countl_zero(static_cast<uint32_t>(h.predictor.past_error)));
    const bool colours = p > 1;
    a = colours ? at(1) : 0, aW = colours ? at(p + 1) : 0, aN = colours ? at(w + 1) : 0, aNW = colours ? at(w + p + 1) : 0, aNE = colours ? at(w - p + 1) : 0;
    b = colours ? at(2) : 0, bW = colours ? at(p + 2) : 0, bN = colours ? at(w + 2) : 0, bNW = colours ? at(w + p + 2) : 0;
  }

  uint32_t pack(int x, int y = 0, int z = 0) const {
    return plane | static_cast<uint32_t>(x) << 2 | static_cast<uint32_t>(y) << 11 | static_cast<uint32_t>(z) << 20;
  }

  [[gnu::always_inline]] uint32_t context(uint8_t id) const {
    switch (id) {
      case kPixelW: return pack(W, a >> 2);
      case kPixelN: return pack(N, a >> 2);
      case kPixelGradient: return pack(clip(W + N - NW), clip(W + a - aW) >> 1);
      case kPixelNE: return pack(clip(N + NE - NNE), clip(N + a - aN) >> 1);
      case kPixelMean: return pack((W + N) >> 1, (a - ((aW + aN) >> 1) + 256) >> 1, std::abs(W - N) >> 4);
      case kPixelPlane: return pack(clip(W + a - aW), clip(N + a - aN));
      case kPixelPlane2: return pack(clip(W + b - bW), clip(N + b - bN));
      case kPixelWWNN: return pack(clip(2 * W - WW), clip(2 * N - NN));
      case kPixelPaeth: return pack(clip(((W + N) * 3 - NW * 2 + 2) >> 2), clip((W + NE + 1) >> 1));
      case kPixelDiffs: return pack(clip(W + N - NW + a - clip(aW + aN - aNW)), std::min(255, std::abs(W - NW) + std::abs(N - NW)) >> 3);
      case kPixelLocal: return pack(clip(W + N - NW + a - (aW + aN - aNW)), clip(W + N - NW + b - (bW + bN - bNW)));
      case kPixelGradientPlane: return pack(clip(W + N - NW + a - (aW + aN - aNW)));
      case kPixelMeanPlane: return pack(clip(((W + NE) >> 1) + a - ((aW + aNE) >> 1)), std::abs(W - NE) >> 3);
      case kPixelPlaneBoth: return pack(clip(W + a - aW), clip(W + b - bW));
      case kPixelSum6: return pack(clip((4 * (W + N) - 3 * NW + 2 * NE - WW - NN + NNE + 2) >> 2), std::min(255, std::abs(W - NW) + std::abs(N - NW) + std::abs(N - NE)) >> 3);
      case kPixelLms: return pack(clip((lms_q4 + 8) >> 4));
      case kPixelLmsError: return pack(clip((lms_q4 + 8) >> 4), error, ((lms_q4 + 8) >> 2) & 3);
      case kPixelLmsA: return pack(clip((lms_q4 + 8) >> 4), a >> 2);
      case kPixelGradientPlaneMean: return pack(clip(W + N - NW + ((a - (aW + aN - aNW) + b - (bW + bN - bNW)) >> 1)));
      case kPixelNA: return pack(clip(N + a - aN), std::min(255, std::abs(a - aN)) >> 3);
      case kPixelMeanA: return pack(clip((W + N + 2 * a - aW - aN) >> 1), std::min(255, std::abs(W - N - aW + aN)) >> 3);
      case kPixelPlaneNE: return pack(clip(NE + a - aNE), clip(NW + a - aNW));
      default: return 0;
    }
  }
};

// The numbers around this one, lowest byte first: W is the previous one, N the one a row up. Of this number, `known`
// holds the `index` low bytes that were coded.
struct Numbers {
  uint64_t W, N, NW, NE, WW, NN, lms, known, mask;
  uint32_t error;
  uint32_t index, column, bits;

  explicit Numbers(const History& h) {
    const uint32_t step = h.step, w = h.width;
    index = static_cast<uint32_t>(h.size % step);
    column = static_cast<uint32_t>(h.size % w);
    bits = 8 * step;
    mask = ~uint64_t{0} >> (64 - bits);
    auto at = [&](uint64_t distance) {
      uint64_t v = 0;
      for (uint32_t k = 0; k < step; ++k) v |= static_cast<uint64_t>(h.back(distance + index - k)) << (8 * k);
      return v;
    };
    W = at(step), N = at(w), NW = at(w + step), NE = at(w - step), WW = at(2 * step), NN = at(2 * static_cast<uint64_t>(w));
    lms = static_cast<uint64_t>((static_cast<int64_t>(h.predictor.answer_q4) + 8) >> 4);
    error = 32 - static_cast<uint32_t>(std::countl_zero(static_cast<uint32_t>(h.predictor.past_error)));
    known = 0;
    for (uint32_t k = 0; k < index; ++k) known |= static_cast<uint64_t>(h.back(index - k)) << (8 * k);
  }

  // This byte, if the number came out as close to `guess` as the known bytes let it.
  uint32_t near(uint64_t guess) const {
    const uint64_t half = index == 0 ? 0 : uint64_t{1} << (8 * index - 1);
    return static_cast<uint32_t>((guess - known + half) >> (8 * index)) & 255;
  }
  int64_t signed_value(uint64_t v) const { return static_cast<int64_t>(v << (64 - bits)) >> (64 - bits); }
  uint32_t magnitude(uint64_t v) const {
    const int64_t x = signed_value(v & mask);
    return 64 - static_cast<uint32_t>(std::countl_zero(static_cast<uint64_t>(x < 0 ? ~x : x)));
  }
  uint64_t mean(uint64_t x, uint64_t y) const { return x + static_cast<uint64_t>(signed_value((y - x) & mask) / 2); }
  static uint32_t fold(uint64_t v) { return hash2(static_cast<uint32_t>(v), static_cast<uint32_t>(v >> 32)); }
  uint32_t pack(uint32_t x, uint32_t y = 0, uint32_t z = 0) const { return index | x << 3 | y << 11 | z << 19; }

  [[gnu::always_inline]] uint32_t context(uint8_t id) const {
    switch (id) {
      case kNumberSelf: return hash2(fold(known), index);
      case kNumberW: return pack(near(W), magnitude(W));
      case kNumberN: return pack(near(N), magnitude(N));
      case kNumberGradient: return pack(near(W + N - NW), magnitude(W - NW) + magnitude(N - NW));
      case kNumberSlopeW: return pack(near(2 * W - WW), magnitude(W - WW));
      case kNumberSlopeN: return pack(near(2 * N - NN), magnitude(N - NN));
      case kNumberNE: return pack(near(W + NE - N), magnitude(N - NE));
      case kNumberMean: return pack(near(mean(W, N)), magnitude(W - N), index != 0 ? static_cast<uint32_t>(known >> (8 * index - 8)) & 255 : 0);
      case kNumberExactN: return hash2(fold(N), fold(known) + index);
      case kNumberExactAll: return hash2(hash2(fold(W) * 3 + fold(NW), fold(N)), fold(known) + index);
      case kNumberExactWW: return hash2(hash2(fold(W), fold(WW)), fold(known) + index);
      case kNumberColumn: return hash2(fold(known), column);
      case kNumberNENext: return hash2(pack(near(N), near(NE), near(W)), 1);
      case kNumberExactNE: return hash2(hash2(fold(W) * 3 + fold(NE), fold(N)), fold(known) + index);
      case kNumberGradientWN: return hash2(pack(near(W + N - NW), near(W), near(N)), 2);
      case kNumberLms: return pack(near(lms), error);
      case kNumberLmsW: return pack(near(lms), near(W));
      case kNumberLmsGradient: return pack(near(lms), near(W + N - NW));
      default: return 0;
    }
  }
};

[[gnu::always_inline]] inline uint32_t context_value(const History& h, uint8_t id) {
  const uint32_t c1 = h.c4 & 0xFF, w = h.width;
  const Instructions& code = h.code;
  switch (id) {
    case kOrder1: return c1;
    case kOrder2: return h.c4 & 0xFFFF;
    case kOrder3: return h.c4 & 0xFFFFFF;
    case kOrder4: return h.c4;
    case kOrder5: return hash2(h.c4, h.c8 & 0xFF);
    case kOrder6: return hash2(h.c4, h.c8 & 0xFFFF);
    case kOrder8: return hash2(h.c4, h.c8);
    case kOrder12: return hash2(hash2(h.c4, h.c8), h.c12);
    case kCodeWhere: return code.where() | c1 << 8;
    case kCodeOp: return hash2(code.where(), code.current);
    case kCodeOpC1: return hash2(code.where() << 8 | c1, code.current & 0xFFFF);
    case kCodeOperand: return hash2(hash2(code.where(), code.current), code.operand);
    case kCodeOpPast: return hash2(hash2(code.where(), code.current), hash2(code.past[0], code.operand));
    case kCodePast2: return hash2(hash2(code.where(), code.current), hash2(code.past[0], code.past[1]) + code.operand);
    case kCodePast3: return hash2(hash2(code.where(), code.current & 0xFFFF), hash2(code.past[0] & 0xFFFF, code.past[1] << 16 | (code.past[2] & 0xFFFF)) + code.operand);
    case kCodePast4: return hash2(hash2(hash2(code.where(), code.current), hash2(code.past[0], code.past[1])), hash2(code.past[2], code.past[3]) + code.operand);
    case kCodeSkeleton2: return hash2(hash2(code.where(), static_cast<uint32_t>(code.skeleton) & 0xFFFF), code.operand);
    case kCodeSkeleton4: return hash2(hash2(code.where(), static_cast<uint32_t>(code.skeleton)), code.operand);
    case kCodeSkeleton6: return hash2(hash2(code.where(), static_cast<uint32_t>(code.skeleton)), hash2(static_cast<uint32_t>(code.skeleton >> 32) & 0xFFFF, code.operand));
    case kSymbols8: return of_symbols(h, 8);
    case kSymbols9: return of_symbols(h, 9);
    case kSymbols10: return of_symbols(h, 10);
    case kSymbols11: return of_symbols(h, 11);
    case kSymbols12: return of_symbols(h, 12);
    case kSymbols13: return of_symbols(h, 13);
    case kSymbols14: return of_symbols(h, 14);
    case kSymbols16: return of_symbols(h, 16);
    case kSymbols18: return of_symbols(h, 18);
    case kSymbols20: return of_symbols(h, 20);
    case kSymbols24: return of_symbols(h, 24);
    case kSymbols32: return of_symbols(h, 32);
    case kQuality: return (h.c4 & 0xFFFF) | std::max(h.c4 >> 16 & 0xFF, h.c4 >> 24) << 16 | h.line_phase << 24;
    case kQualityColumn: return c1 | (h.c4 >> 8 & 0xFF) << 8 | h.column << 16 | h.line_phase << 24;
    case kQualityMost: return c1 | std::max(h.c4 >> 8 & 0xFF, h.c4 >> 16 & 0xFF) << 8 | (h.c4 >> 24 == (h.c8 & 0xFF)) << 16 | h.line_phase << 24;
    case kPhaseColumn: return h.column | h.line_phase << 8;
    case kWord: return hash2(h.word, c1);
    case kWordPair: return hash2(h.word * 31 + c1, h.word1);
    case kWordSkip: return hash2(h.word + c1, h.word2 * 77);
    case kWordTriple: return hash2(h.word, h.word1 * 5 + h.word2 * 77);
    case kWordGap: return hash2(h.word1 * 3, c1 + (h.word != 0 ? 256 : 0));
    case kSkip1: return h.c4 & 0xFFFF00;
    case kSkip2: return h.c4 & 0xFF00FF00;
    case kSkipPair: return h.c4 & 0xFFFF0000;
    case kAbove: return h.above | c1 << 8;
    case kColumnAbove: return h.column | h.above << 16;
    case kFormat: return hash2(h.format, c1);
    case kFormatWord: return hash2(h.format, h.word);
    case kFollow1: return h.follow1[c1] | c1 << 16;
    case kFollow2: return hash2(h.follow2[h.c4 & 0xFFFF], c1);
    case kCoarse3: return h.c4 & 0xF0F0F0FF;
    case kCoarse6: return hash2(h.c4 & 0xF8F8F8F8, h.c8 & 0xF8F8);
    case kMarkWord: return hash2(h.last_mark, h.word);
    case kFirstWordColumn: return hash2(h.first_word, h.column);
    case kFirstWord: return hash2(h.first_word, h.word);
    case kRecordColumn: return static_cast<uint32_t>(h.size % w) | h.back(w) << 24;
    case kRecordAbove: return h.back(w) | c1 << 8;
    case kRecordAbovePair: return h.back(w) | (h.c4 & 0xFFFF) << 8;
    case kRecordAboveTwo: return h.back(w) | h.back(2 * static_cast<uint64_t>(w)) << 8 | (static_cast<uint32_t>(h.size % w) & 0xFFF) << 16;
    case kRecordAboveLeft: return h.back(w) | h.back(w + 1) << 8 | c1 << 16;
    case kRecordDelta: return hash2((h.back(w) - h.back(2 * static_cast<uint64_t>(w))) & 0xFF, h.back(w) << 16 | static_cast<uint32_t>(h.size % w));
    case kRecordColumnLast: return hash2(static_cast<uint32_t>(h.size % w), c1);
    case kRecordWide: return hash2(static_cast<uint32_t>(h.size % w), h.c4 & 0xFFFFFF);
    case kRecordAbove3: return h.back(w) | h.back(w - 1) << 8 | h.back(w + 1) << 16 | c1 << 24;
    case kRecordPast: return hash2(h.back(w) | h.back(2 * static_cast<uint64_t>(w)) << 8 | h.back(3 * static_cast<uint64_t>(w)) << 16, static_cast<uint32_t>(h.size % w));
    case kCodeSkip: return hash2(h.c4 & 0x00FFFFFF & ~0xFF00u, h.c8 & 0xFF);
    default: return 0;
  }
}

uint32_t hash_of(uint8_t id, uint32_t value) { return hash2(value, (id + 1) * 0x9E3779B1u); }

// Of a few contexts that are known when this is compiled, with nothing computed that they do not look at.
template <const uint8_t (&Ids)[kFastContexts], typename Value>
[[gnu::always_inline]] inline void hash_list(uint32_t* hashes, Value value) {
  [&]<int... I>(std::integer_sequence<int, I...>) { ((hashes[I] = hash_of(Ids[I], value(Ids[I]))), ...); }
  (std::make_integer_sequence<int, kFastContexts>());
}

// The summaries that a context is made from.
uint32_t kept_for(uint8_t id) {
  switch (id) {
    case kWord: case kWordPair: case kWordSkip: case kWordTriple: case kWordGap: return History::kWords;
    case kFormat: return History::kForms;
    case kFormatWord: case kMarkWord: return History::kForms | History::kWords;
    case kFirstWord: return History::kLines | History::kWords;
    case kFirstWordColumn: case kColumnAbove: case kAbove: case kQuality: case kQualityColumn: case kQualityMost: case kPhaseColumn: return History::kLines;
    case kFollow1: case kFollow2: return History::kFollowers;
    case kPixelLms: case kPixelLmsError: case kPixelLmsA: case kNumberLms: case kNumberLmsW: case kNumberLmsGradient: return History::kPredictions;
    default: break;
  }
  if (id >= kSymbols8 && id <= kSymbols32) return History::kSymbols;
  return 0;
}

}  // namespace

const ProfileRow& profile_row(Profile profile) { return kRows[static_cast<size_t>(profile)]; }
const ProfileRow& fast_profile_row(Profile profile) { return kFastRows[static_cast<size_t>(profile)]; }

uint32_t kept_summaries(const ProfileRow& row, int count) {
  uint32_t kept = 0;  // for set bases
  if (row.profile == Profile::kText) kept = History::kWords;
  if (row.profile == Profile::kSequences) kept = History::kLines;
  for (int i = 0; i < count; ++i) kept |= kept_for(row.contexts[static_cast<size_t>(i)]);
  return kept;
}

void compute_contexts(const ProfileRow& row, const History& history, int count, uint32_t* hashes) {
  const uint8_t* const ids = row.contexts.data();
  if (row.profile == Profile::kImage) {
    const Pixels pixels(history);
    for (int i = 0; i < count; ++i) hashes[i] = hash_of(ids[i], ids[i] >= kPixelW && ids[i] <= kLastPixel ? pixels.context(ids[i]) : context_value(history, ids[i]));
  } else if (row.profile == Profile::kNumbers) {
    const Numbers numbers(history);
    for (int i = 0; i < count; ++i) hashes[i] = hash_of(ids[i], ids[i] >= kNumberSelf && ids[i] <= kLastNumber ? numbers.context(ids[i]) : context_value(history, ids[i]));
  } else {
    for (int i = 0; i < count; ++i) hashes[i] = hash_of(ids[i], context_value(history, ids[i]));
  }
}

void compute_fast_contexts(Profile profile, const History& history, uint32_t* hashes) {
  const auto value = [&history](uint8_t id) __attribute__((always_inline)) { return context_value(history, id); };
  switch (profile) {
    case Profile::kText: return hash_list<kFastText>(hashes, value);
    case Profile::kBinary: return hash_list<kFastBinary>(hashes, value);
    case Profile::kExecutable: return hash_list<kFastExecutable>(hashes, value);
    case Profile::kRecord: return hash_list<kFastRecord>(hashes, value);
    case Profile::kSymbols: return hash_list<kFastSymbols>(hashes, value);
    case Profile::kSequences: return hash_list<kFastSequences>(hashes, value);
    case Profile::kImage: {
      const Pixels pixels(history);
      return hash_list<kFastImage>(hashes, [&pixels](uint8_t id) __attribute__((always_inline)) { return pixels.context(id); });
    }
    case Profile::kNumbers: {
      const Numbers numbers(history);
      return hash_list<kFastNumbers>(hashes, [&numbers](uint8_t id) __attribute__((always_inline)) { return numbers.context(id); });
    }
  }
}

namespace {
uint32_t code_set(const Instructions& code) {
  if (code.part == Instructions::kOpcode) return code.past[0] & 0x7F;
  return 128 | (code.part == Instructions::kModRm || code.part == Instructions::kSecondOpcode ? code.current >> 3 & 31 : 32 + (code.where() & 31));
}
}  // namespace

namespace {
// A letter is 1, a blank 8.
constexpr std::array<uint8_t, 256> kTextShape = [] {
  std::array<uint8_t, 256> t{};
  for (size_t c = 'a'; c <= 'z'; ++c) t[c] = t[c - 32] = 1;
  t[' '] = 8;
  return t;
}();
}  // namespace

uint32_t third_set_base(const ProfileRow& row, const History& h) {
  const uint32_t c1 = h.c4 & 0xFF;
  switch (row.profile) {
    case Profile::kText: {
      const uint32_t c2 = (h.c4 >> 8) & 0xFF, c3 = (h.c4 >> 16) & 0xFF;
      return kTextShape[c1] | kTextShape[c2] << 1 | (kTextShape[c3] & 1u) << 2 | 32u * std::min(h.word_length >> 1, 7u);
    }
    case Profile::kRecord: return static_cast<uint32_t>(h.size % h.width) & 0xFF;
    case Profile::kImage: {
      const uint32_t plane = static_cast<uint32_t>(h.size % h.step);
      const uint32_t error = std::min(15u, 32u - static_cast<uint32_t>(std::countl_zero(static_cast<uint32_t>(h.predictor.past_error))));
      const int across = static_cast<int>(h.back(h.step)) - static_cast<int>(h.back(h.width));
      return plane << 6 | error << 2 | static_cast<uint32_t>((std::abs(across) > 2) + (std::abs(across) > 8) + (std::abs(across) > 24));
    }
    case Profile::kExecutable: return code_set(h.code);
    case Profile::kSequences: return h.line_phase << 6 | std::min(h.column >> 2, 63u);
    case Profile::kNumbers:
      return static_cast<uint32_t>(h.size % h.step) << 5 | std::min(31u, 32u - static_cast<uint32_t>(std::countl_zero(static_cast<uint32_t>(h.predictor.past_error))));
    default: return c1;
  }
}

}  // namespace fastnz::models

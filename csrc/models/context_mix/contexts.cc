#include "models/context_mix/contexts.h"

#include <algorithm>

namespace fastnz::models {
namespace {

enum Context : uint8_t {
  kOrder1, kOrder2, kOrder3, kOrder4, kOrder5, kOrder6, kOrder7, kOrder8, kOrder10, kOrder12,
  kWord, kWordPair, kWordSkip, kWordTriple, kWordGap, kSkip1, kSkip2, kSkipPair, kColumnAbove, kAbove, kAbove3,
  kFormat, kFormatWord, kFollow1, kFollow2, kFollowBoth, kCoarse3, kCoarse6, kMarkWord, kFirstWordColumn, kFirstWord,
  kLower4, kDigitsFormat,
  // with a width
  kRecordColumn, kRecordAbove, kRecordAbovePair, kRecordAboveTwo, kRecordAboveLeft, kRecordDelta, kRecordColumnLast, kRecordWide,
  kRecordAbove3, kRecordPast,
  kPixelW, kPixelN, kPixelWN, kPixelGradient, kPixelNE, kPixelWWNN, kPixelMean, kPixelPlane, kPixelPlane2, kPixelPaeth, kPixelDiffs, kPixelAll,
  // executables
  kCodeOpcode, kCodeAligned, kCodeBack4, kCodeSkip,
  // small alphabets: 11 and more symbols
  kOrder11, kOrder14, kOrder16, kOrder18, kOrder20, kOrder24,
};

constexpr uint8_t kTextList[] = {kOrder1, kOrder2, kOrder3, kOrder4, kOrder5, kOrder6, kWord, kWordPair, kFormat, kFollow2, kSkip1,
                                 kAbove, kCoarse6, kWordGap, kFollow1, kColumnAbove, kMarkWord, kSkip2, kOrder8, kWordTriple,
                                 kFormatWord, kFirstWord, kWordSkip, kOrder12};
constexpr uint8_t kBinaryList[] = {kOrder1, kOrder2, kOrder3, kOrder4, kOrder5, kOrder6, kSkip1, kSkip2, kFollow1, kFollow2, kSkipPair,
                                   kWord, kCoarse6, kFormat, kCoarse3, kOrder8};
constexpr uint8_t kExecutableList[] = {kOrder1, kOrder2, kOrder3, kOrder4, kOrder5, kOrder6, kSkip1, kSkip2, kCodeOpcode, kFollow1,
                                       kFollow2, kCodeAligned, kCodeBack4, kCodeSkip, kSkipPair, kOrder8, kCoarse6, kWord};
constexpr uint8_t kRecordList[] = {kOrder1, kOrder2, kOrder3, kOrder4, kRecordColumn, kRecordAbove, kRecordAbovePair, kRecordAboveTwo, kRecordColumnLast,
                                   kRecordDelta, kRecordAboveLeft, kRecordWide, kOrder6, kSkip1, kFollow2, kWord, kRecordAbove3, kRecordPast};
constexpr uint8_t kImageList[] = {kPixelW, kPixelN, kPixelWN, kPixelGradient, kPixelNE, kPixelMean, kPixelPlane, kPixelPlane2, kPixelWWNN,
                                  kPixelPaeth, kPixelDiffs, kPixelAll, kOrder2, kOrder3, kRecordAbovePair};
constexpr uint8_t kSymbolsList[] = {kOrder1, kOrder2, kOrder3, kOrder4, kOrder6, kOrder8, kOrder11, kOrder12, kOrder14, kOrder16, kOrder18,
                                    kOrder20, kOrder24};

constexpr ProfileRow kRows[kProfiles] = {
    {Profile::kText, "text", false, 6, kTextList},
    {Profile::kBinary, "binary", false, 6, kBinaryList},
    {Profile::kExecutable, "executable", false, 6, kExecutableList},
    {Profile::kRecord, "record", true, 4, kRecordList},
    {Profile::kImage, "image", true, 4, kImageList},
    {Profile::kSymbols, "symbols", false, 8, kSymbolsList},
};

uint32_t last(const History& h, uint32_t count) {  // hash of the last `count` bytes
  uint32_t v = count;
  for (uint32_t i = 1; i <= count; i += 4) {
    uint32_t part = 0;
    for (uint32_t k = i; k < i + 4 && k <= count; ++k) part = part << 8 | h.back(k);
    v = hash2(v, part);
  }
  return v;
}

int clip(int v) { return std::clamp(v, 0, 255); }

uint32_t pixel_context(const History& h, uint8_t id) {
  const uint32_t p = 3, w = h.width;  // bytes per pixel, bytes per row
  const int W = static_cast<int>(h.back(p)), N = static_cast<int>(h.back(w)), NW = static_cast<int>(h.back(w + p)), NE = static_cast<int>(h.back(w - p));
  const int WW = static_cast<int>(h.back(2 * p)), NN = static_cast<int>(h.back(2 * static_cast<uint64_t>(w)));
  const int p1 = static_cast<int>(h.back(1)), p2 = static_cast<int>(h.back(2));  // the other colours, newest first
  const int p1W = static_cast<int>(h.back(p + 1)), p1N = static_cast<int>(h.back(w + 1)), p2W = static_cast<int>(h.back(p + 2)), p2N = static_cast<int>(h.back(w + 2));
  const uint32_t plane = static_cast<uint32_t>(h.size % p);
  auto pack = [&](int a, int b = 0, int c = 0) { return plane | static_cast<uint32_t>(a) << 2 | static_cast<uint32_t>(b) << 11 | static_cast<uint32_t>(c) << 20; };
  switch (id) {
    case kPixelW: return pack(W, p1 >> 2);
    case kPixelN: return pack(N, p1 >> 2);
    case kPixelWN: return pack(W, N);
    case kPixelGradient: return pack(clip(W + N - NW), clip(W + p1 - p1W) >> 1);
    case kPixelNE: return pack(clip(N + NE - W), clip(N + p1 - p1N) >> 1);
    case kPixelMean: return pack((W + N) >> 1, (p1 - ((p1W + p1N) >> 1) + 256) >> 1, std::abs(W - N) >> 4);
    case kPixelPlane: return pack(clip(W + p1 - p1W), clip(N + p1 - p1N));
    case kPixelPlane2: return pack(clip(W + p2 - p2W), clip(N + p2 - p2N));
    case kPixelWWNN: return pack(clip(2 * W - WW), clip(2 * N - NN));
    case kPixelPaeth: return pack(clip(((W + N) * 3 - NW * 2 + 2) >> 2), clip((W + NE + 1) >> 1));
    case kPixelDiffs: return pack(clip(W + N - NW + p1 - clip(p1W + p1N - static_cast<int>(h.back(w + p + 1)))), std::min(255, std::abs(W - NW) + std::abs(N - NW)) >> 3);
    default: return pack(W >> 2, N >> 2, NW >> 2) ^ static_cast<uint32_t>(NE >> 2) << 26;
  }
}

uint32_t context_value(const History& h, uint8_t id) {
  const uint32_t c1 = h.c4 & 0xFF, w = h.width;
  switch (id) {
    case kOrder1: return c1;
    case kOrder2: return h.c4 & 0xFFFF;
    case kOrder3: return h.c4 & 0xFFFFFF;
    case kOrder4: return h.c4;
    case kOrder5: return hash2(h.c4, h.c8 & 0xFF);
    case kOrder6: return hash2(h.c4, h.c8 & 0xFFFF);
    case kOrder7: return hash2(h.c4, h.c8 & 0xFFFFFF);
    case kOrder8: return hash2(h.c4, h.c8);
    case kOrder10: return hash2(hash2(h.c4, h.c8), h.c12 & 0xFFFF);
    case kOrder11: return hash2(hash2(h.c4, h.c8), h.c12 & 0xFFFFFF);
    case kOrder12: return hash2(hash2(h.c4, h.c8), h.c12);
    case kOrder14: return last(h, 14);
    case kOrder16: return last(h, 16);
    case kOrder18: return last(h, 18);
    case kOrder20: return last(h, 20);
    case kOrder24: return last(h, 24);
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
    case kAbove3: return hash2(h.above | h.above_left << 8 | h.above_next << 16, c1);
    case kFormat: return hash2(h.format, c1);
    case kFormatWord: return hash2(h.format, h.word);
    case kFollow1: return h.follow1[c1] | c1 << 16;
    case kFollow2: return hash2(h.follow2[h.c4 & 0xFFFF], c1);
    case kFollowBoth: return hash2(h.follow2[h.c4 & 0xFFFF], h.follow1[c1]);
    case kCoarse3: return h.c4 & 0xF0F0F0FF;
    case kCoarse6: return hash2(h.c4 & 0xF8F8F8F8, h.c8 & 0xF8F8);
    case kMarkWord: return hash2(h.last_mark, h.word);
    case kFirstWordColumn: return hash2(h.first_word, h.column);
    case kFirstWord: return hash2(h.first_word, h.word);
    case kLower4: return h.lower4;
    case kDigitsFormat: return hash2(h.digits, h.format);
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
    case kCodeOpcode: return (h.c4 & 0xFFC7F8) ^ (h.c8 & 0xFF) << 24;
    case kCodeAligned: return hash2(static_cast<uint32_t>(h.size & 3), h.c4 & 0xFFFF);
    case kCodeBack4: return (h.c4 >> 24) | (h.c8 >> 24) << 8 | static_cast<uint32_t>(h.size & 3) << 16;
    case kCodeSkip: return hash2(h.c4 & 0x00FFFFFF & ~0xFF00u, h.c8 & 0xFF);
    default: return pixel_context(h, id);
  }
}

}  // namespace

const ProfileRow& profile_row(Profile profile) { return kRows[static_cast<size_t>(profile)]; }

void compute_contexts(const ProfileRow& row, const History& history, int count, uint32_t* hashes) {
  for (int i = 0; i < count; ++i) {
    const uint8_t id = row.contexts[static_cast<size_t>(i)];
    hashes[i] = hash2(context_value(history, id), (id + 1) * 0x9E3779B1u);
  }
}

void compute_set_bases(const ProfileRow& row, const History& h, uint32_t* bases, int count) {
  const uint32_t c1 = h.c4 & 0xFF;
  bases[2] = c1;
  if (count < 4) return;
  switch (row.profile) {
    case Profile::kText: {
      const uint32_t c2 = (h.c4 >> 8) & 0xFF, c3 = (h.c4 >> 16) & 0xFF;
      auto letter = [](uint32_t c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; };
      bases[3] = letter(c1) + 2u * letter(c2) + 4u * letter(c3) + 8u * (c1 == ' ') + 16u * (c2 == ' ') + 32u * std::min(h.word_length >> 1, 7u);
      break;
    }
    case Profile::kRecord:
      bases[3] = static_cast<uint32_t>(h.size % h.width) & 0xFF;
      break;
    case Profile::kImage:
      bases[3] = static_cast<uint32_t>(h.size % 3) * 64 + (h.back(h.width) >> 2);
      break;
    default:
      bases[3] = (h.c4 >> 8) & 0xFF;
  }
}

}  // namespace fastnz::models

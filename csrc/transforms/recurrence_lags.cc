#include "transforms/recurrence_lags.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/bytes.h"

namespace fastnz::transforms {
namespace {

using base::ByteSpan;

constexpr size_t kMostGuesses = 16;

// Sums and differences are met in the middle: x - a x[-i] = b x[-j] for all of a sample's units is an equal entry in two
// lists, of what is left over for each i and of what each j would add, instead of a trial of each pair.
constexpr size_t kMaxLags = 640;  // 607 is the longest in use that has a partner below 500
constexpr int kSlotBits = 12;
constexpr uint32_t kTagMask = 0xFFFFF000u;  // of a slot; below: lag (10 bits, 0: empty) and sign

// Four units, 16 bits each, which leaves room for sums before they are reduced.
using Lanes = uint64_t;
constexpr Lanes kOnes = 0x0001000100010001u;

template <size_t kWords>
class LagMatcher {
 public:
  using Sample = std::array<Lanes, kWords>;

  // `sample` has `lags` units before it.
  LagMatcher(const uint16_t* sample, size_t lags, uint32_t modulus, size_t from)
      : x_(sample), lags_(static_cast<uint32_t>(lags)), modulus_(modulus), from_(from) {}

  std::vector<LagPair> run() {
    match({kAdd, kSubtract});
    if (std::has_single_bit(modulus_)) match({kXor});
    return std::move(pairs_);
  }

 private:
  enum Sign : uint32_t { kAdd, kSubtract, kXor };

  void match(std::initializer_list<Sign> signs) {
    const Sample whole = at(0);
    table_.fill(0);
    for (uint32_t i = 1; i <= lags_; ++i) {
      const Sample one = at(i);
      for (const Sign sign : signs) {
        const uint64_t hash = hash_of(sign == kXor ? exclusive(whole, one) : sign == kAdd ? less(whole, one) : sum(whole, one));
        table_[hash >> (64 - kSlotBits)] = (static_cast<uint32_t>(hash) & kTagMask) | i << 2 | sign;
      }
    }
    for (uint32_t j = 1; j <= lags_; ++j) {
      const Sample one = at(j);
      for (const Sign sign : signs) {
        const uint64_t hash = hash_of(sign == kSubtract ? less(Sample{}, one) : one);
        const uint32_t slot = table_[hash >> (64 - kSlotBits)], i = slot >> 2 & 0x3FF;
        if (i == 0 || i == j || (slot & kTagMask) != (static_cast<uint32_t>(hash) & kTagMask)) continue;
        add({i, j}, {static_cast<Sign>(slot & 3), sign});
        if (pairs_.size() == kMostGuesses) return;
      }
    }
  }

  void add(std::array<uint32_t, 2> lags, std::array<Sign, 2> signs) {
    if (lags[0] > lags[1]) std::swap(lags[0], lags[1]), std::swap(signs[0], signs[1]);
    const auto factor = [&](Sign sign) -> uint64_t { return sign == kSubtract ? modulus_ - 1 : 1; };
    pairs_.push_back({lags, {factor(signs[0]), factor(signs[1])}, signs[0] != kXor, 0, from_});
  }

  Sample at(uint32_t lag) const {
    Sample sample;
    std::memcpy(&sample, x_ - lag, sizeof sample);
    return sample;
  }

  // Each lane below 2 modulus <= 512 to below modulus: bit 15 of the probe tells where something is to be taken off.
  Lanes reduced(Lanes lanes) const {
    const Lanes over = (lanes + kOnes * (0x8000 - modulus_)) >> 15 & kOnes;
    return lanes - over * modulus_;
  }
  Sample sum(const Sample& a, const Sample& b) const {
    Sample out;
    for (size_t w = 0; w < kWords; ++w) out[w] = reduced(a[w] + b[w]);
    return out;
  }
  Sample less(const Sample& a, const Sample& b) const {
    Sample out;
    for (size_t w = 0; w < kWords; ++w) out[w] = reduced(a[w] + kOnes * modulus_ - b[w]);
    return out;
  }
  static Sample exclusive(const Sample& a, const Sample& b) {
    Sample out;
    for (size_t w = 0; w < kWords; ++w) out[w] = a[w] ^ b[w];
    return out;
  }

  static uint64_t hash_of(const Sample& sample) {
    uint64_t hash = 0;
    for (const Lanes lanes : sample) hash = ((hash ^ hash >> 32) + lanes) * 0x9E3779B97F4A7C15u;
    return hash;
  }

  const uint16_t* x_;
  uint32_t lags_, modulus_;
  size_t from_;
  std::array<uint32_t, size_t{1} << kSlotBits> table_;
  std::vector<LagPair> pairs_;
};

// All pairs of lags over one word of bits, those that fit over three more.
constexpr size_t kBitLags = 256, kWords = 4;
constexpr int kMostWrong = 22, kMostWrongInAll = 72;  // of 64 and of 256 bits: a quarter is noise, and chance

int ones(uint64_t x) {  // the baseline of x86-64 has no instruction for it
  x -= x >> 1 & 0x5555555555555555u;
  x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
  return static_cast<int>(((x + (x >> 4)) & 0x0F0F0F0F0F0F0F0Fu) * 0x0101010101010101u >> 56);
}

}  // namespace

std::vector<LagPair> matching_lags(ByteSpan units, uint32_t modulus) {
  constexpr size_t kLongest = 20;
  const size_t lags = std::min(kMaxLags, units.size() / 4);
  std::array<uint16_t, kMaxLags + kLongest> near;
  if (lags < 2 || units.size() < lags + kLongest) return {};
  std::copy_n(units.begin(), lags + kLongest, near.begin());
  const uint16_t* const sample = near.data() + lags;
  std::array<bool, 256> seen{};
  size_t different = 0;
  for (size_t k = 0; k < 8; ++k) different += !std::exchange(seen[sample[k]], true);
  if (different < std::min<size_t>(3, modulus)) return {};  // a sample of a run tells nothing
  // So long that 2^18 pairs with their signs hardly ever match by chance.
  if (modulus > 16) return LagMatcher<2>(sample, lags, modulus, lags).run();
  if (modulus > 5) return LagMatcher<3>(sample, lags, modulus, lags).run();
  return LagMatcher<kLongest / 4>(sample, lags, modulus, lags).run();
}

std::vector<LagPair> noisy_bit_lags(ByteSpan bits) {
  std::vector<LagPair> pairs;
  if (bits.size() < kBitLags + 64 * kWords) return pairs;
  std::array<std::array<uint64_t, kWords>, kBitLags + 1> at{};  // by lag: bits of the sample so far back
  for (size_t n = 0; n < 64 * kWords; ++n) at[0][n / 64] |= uint64_t{bits[kBitLags + n]} << (n % 64);
  for (size_t lag = 1; lag <= kBitLags; ++lag)
    for (size_t w = 0; w < kWords; ++w)
      at[lag][w] = at[lag - 1][w] << 1 | (w ? at[lag - 1][w - 1] >> 63 : bits[kBitLags - lag]);
  const auto wrong_of = [&](size_t w, size_t i, size_t j) { return ones(at[0][w] ^ at[i][w] ^ at[j][w]); };
  for (size_t i = 1; i < kBitLags; ++i) {
    const uint64_t rest = at[0][0] ^ at[i][0];
    for (size_t j = i + 1; j <= kBitLags; ++j) {
      const int wrong = ones(rest ^ at[j][0]);
      if (wrong > kMostWrong && wrong < 64 - kMostWrong) continue;
      int all = wrong;
      for (size_t w = 1; w < kWords; ++w) all += wrong_of(w, i, j);
      const bool flipped = all >= static_cast<int>(64 * kWords) - kMostWrongInAll;
      if (all > kMostWrongInAll && !flipped) continue;
      pairs.push_back({{static_cast<uint32_t>(i), static_cast<uint32_t>(j)}, {1, 1}, flipped, flipped, kBitLags});
      if (pairs.size() == kMostGuesses) return pairs;
    }
  }
  return pairs;
}

}  // namespace fastnz::transforms

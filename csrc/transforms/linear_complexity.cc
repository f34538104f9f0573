#include "transforms/linear_complexity.h"

#include <algorithm>
#include <array>
#include <bit>

namespace fastnz::transforms {
namespace {

constexpr size_t kWords = kMaxBits / 64 + 1;
using Bits = std::array<uint64_t, kWords>;

void add_shifted(Bits* to, const Bits& from, size_t shift, size_t degree) {  // to += from * x^shift
  const size_t words = shift / 64, bits = shift % 64;
  const size_t used = std::min(degree / 64 + 1, kWords - words);
  for (size_t w = 0; w < used; ++w) {
    (*to)[w + words] ^= from[w] << bits;
    if (bits && w + words + 1 < kWords) (*to)[w + words + 1] ^= from[w] >> (64 - bits);
  }
}

uint32_t inverse_of(uint32_t a, uint32_t p) {  // a^(p - 2)
  uint32_t result = 1;
  for (uint32_t e = p - 2; e; e >>= 1, a = a * a % p)
    if (e & 1) result = result * a % p;
  return result;
}

}  // namespace

LinearForm find_linear_form_of_bits(base::ByteSpan bits, size_t stride, size_t least_order, size_t proof) {
  const size_t count = std::min((bits.size() + stride - 1) / stride, kMaxBits);
  // `now` and `old`: connection polynomials, bit k belongs to lag k; `past` has x[n - k] at bit k.
  Bits now{1}, old{1}, past{};
  size_t begin = 0, order = 0, old_order = 0, since = 1;
  for (size_t i = 0; i < count; ++i) {
    const size_t n = i - begin, used = n / 64 + 1;
    for (size_t w = used; w-- > 1;) past[w] = past[w] << 1 | past[w - 1] >> 63;
    past[0] = past[0] << 1 | (bits[i * stride] & 1);
    uint64_t sum = 0;
    for (size_t w = 0; w <= order / 64; ++w) sum ^= now[w] & past[w];
    if (std::popcount(sum) % 2 == 0) {
      ++since;
      if (n + 1 < 2 * order + proof) continue;
      if (order < least_order) {
        now = old = {1};
        past = {};
        begin = i + 1;
        order = old_order = 0;
        since = 1;
        continue;
      }
      LinearForm form;
      form.end = i + 1;
      for (size_t k = 1; k <= order; ++k) form.factors.push_back(now[k / 64] >> (k % 64) & 1);
      return form;
    }
    if (2 * order <= n) {
      const Bits before = now;
      add_shifted(&now, old, since, old_order);
      old = before;
      old_order = order;
      order = n + 1 - order;
      since = 1;
    } else {
      add_shifted(&now, old, since, old_order);
      ++since;
    }
  }
  return {};
}

LinearForm sparsest_multiple(const LinearForm& form) {
  constexpr size_t kMostMore = 10;
  const size_t order = form.factors.size();
  if (order + kMostMore > kMaxBits) return form;
  Bits polynomial{1}, best;
  for (size_t k = 0; k < order; ++k) polynomial[(k + 1) / 64] |= uint64_t{form.factors[k]} << ((k + 1) % 64);
  best = polynomial;
  size_t fewest = kMaxBits, degree = order;
  for (uint32_t by = 1; by < 2u << kMostMore; by += 2) {  // its bits are the coefficients of the other factor
    Bits product{};
    for (size_t shift = 0; shift <= kMostMore; ++shift)
      if (by >> shift & 1) add_shifted(&product, polynomial, shift, order);
    size_t taps = 0;
    for (const uint64_t word : product) taps += static_cast<size_t>(std::popcount(word));
    if (taps >= fewest) continue;
    fewest = taps;
    best = product;
    degree = order + static_cast<size_t>(std::bit_width(by)) - 1;
  }
  LinearForm sparse;
  sparse.end = form.end;
  for (size_t k = 1; k <= degree; ++k) sparse.factors.push_back(best[k / 64] >> (k % 64) & 1);
  return sparse;
}

LinearForm find_linear_form(base::ByteSpan residues, uint32_t p, size_t least_order, size_t proof) {
  const size_t count = std::min(residues.size(), kMaxResidues);
  std::array<uint32_t, kMaxResidues + 1> now{1}, old{1}, before;  // coefficients of x^k, all below p
  size_t order = 0, old_order = 0, since = 1;
  uint32_t old_discrepancy = 1;
  for (size_t n = 0; n < count; ++n) {
    uint32_t discrepancy = 0;  // at most 512 products below 2^16
    for (size_t k = 0; k <= order; ++k) discrepancy += now[k] * residues[n - k];
    discrepancy %= p;
    if (discrepancy == 0) {
      ++since;
      if (order < least_order || n + 1 < 2 * order + proof) continue;
      LinearForm form;
      form.end = n + 1;
      for (size_t k = 1; k <= order; ++k) form.factors.push_back((p - now[k]) % p);
      return form;
    }
    const uint32_t factor = p - discrepancy * inverse_of(old_discrepancy, p) % p;
    const bool longer = 2 * order <= n;
    if (longer) before = now;
    for (size_t k = 0; k <= old_order && k + since <= kMaxResidues; ++k)
      now[k + since] = (now[k + since] + factor * old[k]) % p;
    if (longer) {
      old = before;
      old_order = order;
      old_discrepancy = discrepancy;
      order = n + 1 - order;
      since = 1;
    } else {
      ++since;
    }
  }
  return {};
}

}  // namespace fastnz::transforms

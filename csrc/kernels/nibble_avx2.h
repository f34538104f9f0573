// The lanes of nibble trees over AVX2: one input fills a register. Same functions and results as nibble_scalar.h.
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/nibble_mix.h"

namespace fastnz::kernels {
namespace {
namespace tree {

constexpr int kTrees = 1;  // inputs in one Trees

using Tree = __m256i;
using Trees = Tree;
using TreeTable = __m256i;

inline Tree load_tree(const int16_t* p) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(p)); }
inline void store_tree(int16_t* p, Tree a) { _mm256_store_si256(reinterpret_cast<__m256i*>(p), a); }
inline Tree broadcast_tree(int16_t v) { return _mm256_set1_epi16(v); }
inline Trees load_trees(const int16_t* p) { return load_tree(p); }
inline void store_trees(int16_t* p, Trees a) { store_tree(p, a); }
inline Trees broadcast_trees(int16_t v) { return broadcast_tree(v); }
inline Trees load_slots(int16_t* const* slot) { return load_tree(slot[0]); }
inline void store_slots(int16_t* const* slot, Trees a) { store_tree(slot[0], a); }
inline Trees repeat(Tree a) { return a; }

inline Tree add(Tree a, Tree b) { return _mm256_add_epi16(a, b); }
inline Tree subtract(Tree a, Tree b) { return _mm256_sub_epi16(a, b); }
inline Tree add_saturate(Tree a, Tree b) { return _mm256_adds_epi16(a, b); }
inline Tree and_bits(Tree a, Tree b) { return _mm256_and_si256(a, b); }
inline Tree or_bits(Tree a, Tree b) { return _mm256_or_si256(a, b); }
inline Tree exclusive_or(Tree a, Tree b) { return _mm256_xor_si256(a, b); }
inline Tree minimum(Tree a, Tree b) { return _mm256_min_epi16(a, b); }
inline Tree maximum(Tree a, Tree b) { return _mm256_max_epi16(a, b); }
// Sums of int16 products, exact in 32 bits.
using Sums = __m256i;
inline Sums zero_sums() { return _mm256_setzero_si256(); }
inline Sums add_products(Sums sums, Trees a, Trees b) { return _mm256_add_epi32(sums, _mm256_madd_epi16(a, b)); }
inline int32_t total_of(Sums a) { return sum_i32(a); }
inline Tree magnitude(Tree a) { return _mm256_abs_epi16(a); }
template <int Shift>
inline Tree shift_left(Tree a) { return _mm256_slli_epi16(a, Shift); }
template <int Shift>
inline Tree shift_right_logical(Tree a) { return _mm256_srli_epi16(a, Shift); }
inline Tree multiply_round_q15(Tree a, Tree b) { return _mm256_mulhrs_epi16(a, b); }
inline Tree multiply_high_unsigned(Tree a, Tree b) { return _mm256_mulhi_epu16(a, b); }
inline Tree negative(Tree a) { return _mm256_srai_epi16(a, 15); }
inline Tree select(Tree mask, Tree a, Tree b) { return _mm256_blendv_epi8(b, a, mask); }
inline Tree with_sign_of(Tree a, Tree s) {
  const Tree mask = negative(s);
  return _mm256_sub_epi16(_mm256_xor_si256(a, mask), mask);
}

inline TreeTable load_table(const uint8_t* p) {
  return _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(p)));
}
inline TreeTable load_own_tables(const uint8_t* p) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(p)); }
inline Tree look_up(TreeTable table, Tree index) {  // a set top bit makes the upper byte zero
  return _mm256_shuffle_epi8(table, _mm256_or_si256(index, _mm256_set1_epi16(static_cast<int16_t>(0x8000))));
}
inline Tree power_of_two_down(Tree a) {
  const __m256i high = _mm256_broadcastsi128_si256(_mm_set_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, static_cast<char>(128)));
  const __m256i low = _mm256_broadcastsi128_si256(_mm_set_epi8(1, 2, 4, 8, 16, 32, 64, static_cast<char>(128), 0, 0, 0, 0, 0, 0, 0, 0));
  return or_bits(look_up(low, a), shift_left<8>(look_up(high, a)));
}

// An integer below 2^24 becomes a float exactly, whose exponent and first mantissa bits are floor(log2) and its fraction.
inline __m256i log2_q10(__m256i v) { return _mm256_srli_epi32(_mm256_castps_si256(_mm256_cvtepi32_ps(v)), 13); }
inline __m256i stretch_half(__m128i p) {
  const __m256i one = _mm256_cvtepi16_epi32(p);
  return _mm256_sub_epi32(log2_q10(one), log2_q10(_mm256_sub_epi32(_mm256_set1_epi32(32768), one)));
}
inline Tree stretch(Tree p) {
  p = _mm256_or_si256(p, _mm256_set1_epi16(4));
  const __m256i low = stretch_half(_mm256_castsi256_si128(p)), high = stretch_half(_mm256_extracti128_si256(p, 1));
  return _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xD8);
}

// (a + b + 1) / 2 of unsigned lanes.
inline Tree halfway(Tree a, Tree b) { return _mm256_avg_epu16(a, b); }
// Between the columns of each lane's own row: position in 1/1024 of a column. A gathered lane holds two columns.
inline __m256i refine_half(const uint16_t* rows, __m128i position, __m256i first) {
  const __m256i at = _mm256_cvtepi16_epi32(position), weight = _mm256_and_si256(at, _mm256_set1_epi32(1023));
  const __m256i two = _mm256_i32gather_epi32(reinterpret_cast<const int*>(rows), _mm256_add_epi32(first, _mm256_srli_epi32(at, 10)), 2);
  const __m256i low = _mm256_and_si256(two, _mm256_set1_epi32(0xFFFF)), gap = _mm256_sub_epi32(_mm256_srli_epi32(two, 16), low);
  return _mm256_add_epi32(low, _mm256_srai_epi32(_mm256_mullo_epi32(gap, weight), 10));
}
inline Tree refine(const uint16_t* rows, Tree position) {
  const __m256i first = _mm256_setr_epi32(0, 16, 32, 48, 64, 80, 96, 112);
  const __m256i low = refine_half(rows, _mm256_castsi256_si128(position), first);
  const __m256i high = refine_half(rows + 8 * kNibbleApmColumns, _mm256_extracti128_si256(position, 1), first);
  return _mm256_permute4x64_epi64(_mm256_packus_epi32(low, high), 0xD8);
}

// Sums of the even and of the odd inputs.
struct Answer {
  Tree even, odd;
};
inline Answer zero_answer() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
inline Answer accumulate(Answer a, Trees x, int input) {
  if (input & 1)
    a.odd = add_saturate(a.odd, x);
  else
    a.even = add_saturate(a.even, x);
  return a;
}
inline Tree total(Answer a) { return add_saturate(a.even, a.odd); }

}  // namespace tree
}  // namespace
}  // namespace fastnz::kernels

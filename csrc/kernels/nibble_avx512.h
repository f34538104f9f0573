// The lanes of nibble trees over AVX-512: two inputs fill a register. Same functions and results as nibble_scalar.h.
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/nibble_mix.h"

namespace fastnz::kernels {
namespace {
namespace tree {

constexpr int kTrees = 2;  // inputs in one Trees

using Tree = __m256i;
using Trees = __m512i;
using TreeTable = __m512i;

inline Tree load_tree(const int16_t* p) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(p)); }
inline void store_tree(int16_t* p, Tree a) { _mm256_store_si256(reinterpret_cast<__m256i*>(p), a); }
inline Tree broadcast_tree(int16_t v) { return _mm256_set1_epi16(v); }
inline Trees load_trees(const int16_t* p) { return _mm512_loadu_si512(p); }  // rows of weights are 32-byte aligned
inline void store_trees(int16_t* p, Trees a) { _mm512_storeu_si512(p, a); }
inline Trees broadcast_trees(int16_t v) { return _mm512_set1_epi16(v); }
inline Trees load_slots(int16_t* const* slot) {
  return _mm512_inserti64x4(_mm512_castsi256_si512(load_tree(slot[0])), load_tree(slot[1]), 1);
}
inline void store_slots(int16_t* const* slot, Trees a) {
  store_tree(slot[0], _mm512_castsi512_si256(a));
  store_tree(slot[1], _mm512_extracti64x4_epi64(a, 1));
}
inline Trees repeat(Tree a) { return _mm512_broadcast_i64x4(a); }

inline Tree add(Tree a, Tree b) { return _mm256_add_epi16(a, b); }
inline Tree subtract(Tree a, Tree b) { return _mm256_sub_epi16(a, b); }
inline Tree add_saturate(Tree a, Tree b) { return _mm256_adds_epi16(a, b); }
inline Tree and_bits(Tree a, Tree b) { return _mm256_and_si256(a, b); }
inline Tree or_bits(Tree a, Tree b) { return _mm256_or_si256(a, b); }
inline Tree minimum(Tree a, Tree b) { return _mm256_min_epi16(a, b); }
inline Tree maximum(Tree a, Tree b) { return _mm256_max_epi16(a, b); }
inline Tree magnitude(Tree a) { return _mm256_abs_epi16(a); }
template <int Shift>
inline Tree shift_left(Tree a) { return _mm256_slli_epi16(a, Shift); }
template <int Shift>
inline Tree shift_right_logical(Tree a) { return _mm256_srli_epi16(a, Shift); }
inline Tree multiply_round_q15(Tree a, Tree b) { return _mm256_mulhrs_epi16(a, b); }
inline Tree multiply_high_unsigned(Tree a, Tree b) { return _mm256_mulhi_epu16(a, b); }
inline Tree power_of_two_down(Tree a) { return _mm256_srlv_epi16(_mm256_set1_epi16(static_cast<int16_t>(0x8000)), a); }
inline Tree negative(Tree a) { return _mm256_srai_epi16(a, 15); }
inline Tree select(Tree mask, Tree a, Tree b) { return _mm256_blendv_epi8(b, a, mask); }

inline Trees add(Trees a, Trees b) { return _mm512_add_epi16(a, b); }
inline Trees subtract(Trees a, Trees b) { return _mm512_sub_epi16(a, b); }
// Sums of int16 products, exact in 32 bits.
using Sums = __m512i;
inline Sums zero_sums() { return _mm512_setzero_si512(); }
inline Sums add_products(Sums sums, Trees a, Trees b) { return _mm512_add_epi32(sums, _mm512_madd_epi16(a, b)); }
inline int32_t total_of(Sums a) { return _mm512_reduce_add_epi32(a); }
inline Trees add_saturate(Trees a, Trees b) { return _mm512_adds_epi16(a, b); }
inline Trees and_bits(Trees a, Trees b) { return _mm512_and_si512(a, b); }
inline Trees or_bits(Trees a, Trees b) { return _mm512_or_si512(a, b); }
inline Trees exclusive_or(Trees a, Trees b) { return _mm512_xor_si512(a, b); }
template <int Shift>
inline Trees shift_left(Trees a) { return _mm512_slli_epi16(a, Shift); }
template <int Shift>
inline Trees shift_right_logical(Trees a) { return _mm512_srli_epi16(a, Shift); }
inline Trees multiply_round_q15(Trees a, Trees b) { return _mm512_mulhrs_epi16(a, b); }
inline Trees negative(Trees a) { return _mm512_srai_epi16(a, 15); }
inline Trees select(Trees mask, Trees a, Trees b) { return _mm512_ternarylogic_epi64(mask, a, b, 0xCA); }
inline Trees with_sign_of(Trees a, Trees s) {
  return _mm512_mask_sub_epi16(a, _mm512_movepi16_mask(s), _mm512_setzero_si512(), a);
}

inline TreeTable load_table(const uint8_t* p) {
  return _mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<const __m128i*>(p)));
}
inline TreeTable load_own_tables(const uint8_t* p) { return _mm512_load_si512(p); }
inline Trees look_up(TreeTable table, Trees index) {  // the upper byte of each lane is zero
  return _mm512_maskz_shuffle_epi8(0x5555555555555555ull, table, index);
}

// An integer below 2^24 becomes a float exactly, whose exponent and first mantissa bits are floor(log2) and its fraction.
inline __m512i log2_q10(__m512i v) { return _mm512_srli_epi32(_mm512_castps_si512(_mm512_cvtepi32_ps(v)), 13); }
inline Tree stretch_half(Tree p) {
  const __m512i one = _mm512_cvtepi16_epi32(p);
  return _mm512_cvtepi32_epi16(_mm512_sub_epi32(log2_q10(one), log2_q10(_mm512_sub_epi32(_mm512_set1_epi32(32768), one))));
}
inline Tree stretch(Tree p) { return stretch_half(_mm256_or_si256(p, _mm256_set1_epi16(4))); }
inline Trees stretch(Trees p) {
  p = _mm512_or_si512(p, _mm512_set1_epi16(4));
  return _mm512_inserti64x4(_mm512_castsi256_si512(stretch_half(_mm512_castsi512_si256(p))), stretch_half(_mm512_extracti64x4_epi64(p, 1)), 1);
}

// (a + b + 1) / 2 of unsigned lanes.
inline Tree halfway(Tree a, Tree b) { return _mm256_avg_epu16(a, b); }
// Between the columns of each lane's own row: position in 1/1024 of a column. A gathered lane holds two columns.
inline Tree refine(const uint16_t* rows, Tree position) {
  const __m512i first = _mm512_setr_epi32(0, 16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240);
  const __m512i at = _mm512_cvtepi16_epi32(position), weight = _mm512_and_si512(at, _mm512_set1_epi32(1023));
  const __m512i two = _mm512_i32gather_epi32(_mm512_add_epi32(first, _mm512_srli_epi32(at, 10)), rows, 2);
  const __m512i low = _mm512_and_si512(two, _mm512_set1_epi32(0xFFFF)), gap = _mm512_sub_epi32(_mm512_srli_epi32(two, 16), low);
  return _mm512_cvtepi32_epi16(_mm512_add_epi32(low, _mm512_srai_epi32(_mm512_mullo_epi32(gap, weight), 10)));
}

// Sums of the even inputs in the lower half, of the odd ones in the upper.
using Answer = __m512i;
inline Answer zero_answer() { return _mm512_setzero_si512(); }
inline Answer accumulate(Answer a, Trees x, int) { return add_saturate(a, x); }
inline Tree total(Answer a) { return add_saturate(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1)); }

}  // namespace tree
}  // namespace
}  // namespace fastnz::kernels

// The lane operations that integer networks need beyond vector_avx512.h. Same results as network_scalar.h. VNNI's
// dpbusd multiplies unsigned by signed bytes and does not saturate: the input is shifted by 128 and each row begins
// with -128 times the sum of its weights.
#pragma once

#include "kernels/vector_avx512.h"

namespace fastnz::kernels {
namespace {

constexpr int kDotTilesAlone = 8, kDotTiles = 6, kDotLanes = 4;
constexpr int kChangesPercent = 65;

using DotInput = __m512i;
using DotWeights = __m512i;
inline DotInput broadcast_input(const int8_t* x) {
  int32_t four;
  __builtin_memcpy(&four, x, 4);
  return _mm512_set1_epi32(static_cast<int32_t>(static_cast<uint32_t>(four) ^ 0x80808080u));
}
inline DotWeights load_weights(const int8_t* w) { return _mm512_loadu_si512(w); }
inline VectorI32 dot_start(const int32_t* offset) { return _mm512_loadu_si512(offset); }
inline VectorI32 dot_add(VectorI32 sum, DotWeights w, DotInput x) { return _mm512_dpbusd_epi32(sum, x, w); }

using PositiveInput = __m512i;
inline PositiveInput broadcast_positive(const int8_t* x) {
  int32_t four;
  __builtin_memcpy(&four, x, 4);
  return _mm512_set1_epi32(four);
}
inline VectorI32 dot_add_positive(VectorI32 sum, DotWeights w, PositiveInput x) {
  return _mm512_dpbusd_epi32(sum, x, w);
}

// dpbusd only adds, so what is to be taken away has a sum of its own; the shift by 128 cancels.
struct ChangeSum {
  VectorI32 plus, minus;
};
inline ChangeSum change_start(const int32_t* sum) { return {load_i32(sum), zero_i32()}; }
inline ChangeSum dot_change(ChangeSum sum, DotWeights w, DotInput now, DotInput before) {
  return {_mm512_dpbusd_epi32(sum.plus, now, w), _mm512_dpbusd_epi32(sum.minus, before, w)};
}
inline VectorI32 change_sum(ChangeSum sum) { return subtract_i32(sum.plus, sum.minus); }

inline VectorI32 float_bits_i32(VectorI32 a) { return _mm512_castps_si512(_mm512_cvtepi32_ps(a)); }

using ShiftCount = __m128i;
inline ShiftCount shift_count(int count) { return _mm_cvtsi32_si128(count); }
inline VectorI32 shift_right_by_i32(VectorI32 a, ShiftCount count) { return _mm512_sra_epi32(a, count); }
inline VectorI32 shift_right_each_i32(VectorI32 a, VectorI32 b) { return _mm512_srlv_epi32(a, b); }
inline VectorI32 widen_i16(const int16_t* p) {
  return _mm512_cvtepi16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
inline VectorI32 max_i32(VectorI32 a, VectorI32 b) { return _mm512_max_epi32(a, b); }
inline VectorI32 min_i32(VectorI32 a, VectorI32 b) { return _mm512_min_epi32(a, b); }
inline int32_t greatest_i32(VectorI32 a) {
  const __m256i quarter = _mm256_max_epi32(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));
  __m128i half = _mm_max_epi32(_mm256_castsi256_si128(quarter), _mm256_extracti128_si256(quarter, 1));
  half = _mm_max_epi32(half, _mm_shuffle_epi32(half, 0x4E));
  half = _mm_max_epi32(half, _mm_shuffle_epi32(half, 0xB1));
  return _mm_cvtsi128_si32(half);
}
inline VectorI32 multiply_high_u32(VectorI32 a, VectorI32 b) {
  const __m512i even = _mm512_srli_epi64(_mm512_mul_epu32(a, b), 32);
  const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(a, 32), _mm512_srli_epi64(b, 32));
  return _mm512_mask_blend_epi32(0xAAAA, even, odd);
}

inline VectorI16 pack_i32(VectorI32 low, VectorI32 high) {
  const __m512i order = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);  // the pack works within 128-bit quarters
  return _mm512_permutexvar_epi64(order, _mm512_packs_epi32(low, high));
}
inline void store_i8(int8_t* p, VectorI16 a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtsepi16_epi8(a));
}

inline VectorI16 add_i16(VectorI16 a, VectorI16 b) { return _mm512_add_epi16(a, b); }
inline VectorI16 subtract_i16(VectorI16 a, VectorI16 b) { return _mm512_sub_epi16(a, b); }
inline VectorI16 and_i16(VectorI16 a, VectorI16 b) { return _mm512_and_si512(a, b); }
template <int Shift>
inline VectorI16 shift_right_i16(VectorI16 a) { return _mm512_srai_epi16(a, Shift); }
template <int Shift>
inline VectorI16 shift_left_i16(VectorI16 a) { return _mm512_slli_epi16(a, Shift); }
inline VectorI16 multiply_round_q15(VectorI16 a, VectorI16 b) { return _mm512_mulhrs_epi16(a, b); }
inline VectorI16 max_i16(VectorI16 a, VectorI16 b) { return _mm512_max_epi16(a, b); }
inline VectorI32 multiply_pairs_i16(VectorI16 a, VectorI16 b) { return _mm512_madd_epi16(a, b); }
inline VectorI16 magnitude_below(VectorI16 a, int16_t limit) {
  return _mm512_min_epu16(_mm512_abs_epi16(a), _mm512_set1_epi16(limit));  // unsigned: abs leaves -32768 as it is
}
inline VectorI16 with_sign_of(VectorI16 a, VectorI16 s) {
  return _mm512_mask_sub_epi16(a, _mm512_movepi16_mask(s), _mm512_setzero_si512(), a);
}

using Table16 = __m512i;  // the entries, twice
inline Table16 load_table16(const int16_t* entries) {
  return _mm512_broadcast_i64x4(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(entries)));
}
inline VectorI16 lookup(Table16 table, VectorI16 index) { return _mm512_permutexvar_epi16(index, table); }

}  // namespace
}  // namespace fastnz::kernels

// The lane operations that integer networks need beyond vector_avx2.h. Same results as network_scalar.h.
// maddubs multiplies |x| (unsigned, at most 128) by w with the sign of x: two products sum to at most 2 * 128 * 127 =
// 32512, so its saturation is never met.
#pragma once

#include "kernels/vector_avx2.h"

namespace fastnz::kernels {
namespace {

constexpr int kDotTilesAlone = 4, kDotTiles = 2, kDotLanes = 2;
constexpr int kChangesPercent = 45;

struct DotInput {
  __m256i x, size;
};
using DotWeights = __m256i;
inline DotInput broadcast_input(const int8_t* x) {
  int32_t four;
  __builtin_memcpy(&four, x, 4);
  const __m256i all = _mm256_set1_epi32(four);
  return {all, _mm256_abs_epi8(all)};
}
inline DotWeights load_weights(const int8_t* w) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w)); }
inline VectorI32 dot_start(const int32_t*) { return _mm256_setzero_si256(); }
inline VectorI32 dot_add(VectorI32 sum, DotWeights w, const DotInput& x) {
  const __m256i pairs = _mm256_maddubs_epi16(x.size, _mm256_sign_epi8(w, x.x));
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

using PositiveInput = __m256i;
inline PositiveInput broadcast_positive(const int8_t* x) {
  int32_t four;
  __builtin_memcpy(&four, x, 4);
  return _mm256_set1_epi32(four);
}
inline VectorI32 dot_add_positive(VectorI32 sum, DotWeights w, PositiveInput x) {
  return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(x, w), _mm256_set1_epi16(1)));
}

using ChangeSum = VectorI32;
inline ChangeSum change_start(const int32_t* sum) { return load_i32(sum); }
inline ChangeSum dot_change(ChangeSum sum, DotWeights w, const DotInput& now, const DotInput& before) {
  const __m256i ones = _mm256_set1_epi16(1);
  const __m256i plus = _mm256_madd_epi16(_mm256_maddubs_epi16(now.size, _mm256_sign_epi8(w, now.x)), ones);
  const __m256i minus = _mm256_madd_epi16(_mm256_maddubs_epi16(before.size, _mm256_sign_epi8(w, before.x)), ones);
  return _mm256_sub_epi32(_mm256_add_epi32(sum, plus), minus);
}
inline VectorI32 change_sum(ChangeSum sum) { return sum; }

inline VectorI32 float_bits_i32(VectorI32 a) { return _mm256_castps_si256(_mm256_cvtepi32_ps(a)); }

using ShiftCount = __m128i;
inline ShiftCount shift_count(int count) { return _mm_cvtsi32_si128(count); }
inline VectorI32 shift_right_by_i32(VectorI32 a, ShiftCount count) { return _mm256_sra_epi32(a, count); }
inline VectorI32 shift_right_each_i32(VectorI32 a, VectorI32 b) { return _mm256_srlv_epi32(a, b); }
inline VectorI32 widen_i16(const int16_t* p) {
  return _mm256_cvtepi16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
inline VectorI32 max_i32(VectorI32 a, VectorI32 b) { return _mm256_max_epi32(a, b); }
inline VectorI32 min_i32(VectorI32 a, VectorI32 b) { return _mm256_min_epi32(a, b); }
inline int32_t greatest_i32(VectorI32 a) {
  __m128i half = _mm_max_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
  half = _mm_max_epi32(half, _mm_shuffle_epi32(half, 0x4E));
  half = _mm_max_epi32(half, _mm_shuffle_epi32(half, 0xB1));
  return _mm_cvtsi128_si32(half);
}
inline VectorI32 multiply_high_u32(VectorI32 a, VectorI32 b) {
  const __m256i even = _mm256_srli_epi64(_mm256_mul_epu32(a, b), 32);
  const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32));
  return _mm256_blend_epi32(even, odd, 0xAA);
}

inline VectorI16 pack_i32(VectorI32 low, VectorI32 high) {
  return _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xD8);  // the pack works within 128-bit halves
}
inline void store_i8(int8_t* p, VectorI16 a) {
  const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes);
}

inline VectorI16 add_i16(VectorI16 a, VectorI16 b) { return _mm256_add_epi16(a, b); }
inline VectorI16 subtract_i16(VectorI16 a, VectorI16 b) { return _mm256_sub_epi16(a, b); }
inline VectorI16 and_i16(VectorI16 a, VectorI16 b) { return _mm256_and_si256(a, b); }
template <int Shift>
inline VectorI16 shift_right_i16(VectorI16 a) { return _mm256_srai_epi16(a, Shift); }
template <int Shift>
inline VectorI16 shift_left_i16(VectorI16 a) { return _mm256_slli_epi16(a, Shift); }
inline VectorI16 multiply_round_q15(VectorI16 a, VectorI16 b) { return _mm256_mulhrs_epi16(a, b); }
inline VectorI16 max_i16(VectorI16 a, VectorI16 b) { return _mm256_max_epi16(a, b); }
inline VectorI32 multiply_pairs_i16(VectorI16 a, VectorI16 b) { return _mm256_madd_epi16(a, b); }
inline VectorI16 magnitude_below(VectorI16 a, int16_t limit) {
  return _mm256_min_epu16(_mm256_abs_epi16(a), _mm256_set1_epi16(limit));  // unsigned: abs leaves -32768 as it is
}
inline VectorI16 with_sign_of(VectorI16 a, VectorI16 s) {
  const __m256i negative = _mm256_srai_epi16(s, 15);
  return _mm256_sub_epi16(_mm256_xor_si256(a, negative), negative);
}

struct Table16 {
  __m256i low, high;  // the entries' bytes, twice
};
inline Table16 load_table16(const int16_t* entries) {
  const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(entries));
  const __m128i second = _mm_loadu_si128(reinterpret_cast<const __m128i*>(entries + 8));
  const __m128i mask = _mm_set1_epi16(255);
  const __m128i low = _mm_packus_epi16(_mm_and_si128(first, mask), _mm_and_si128(second, mask));
  const __m128i high = _mm_packus_epi16(_mm_srli_epi16(first, 8), _mm_srli_epi16(second, 8));
  return {_mm256_broadcastsi128_si256(low), _mm256_broadcastsi128_si256(high)};
}
inline VectorI16 lookup(const Table16& table, VectorI16 index) {
  // A byte with its highest bit set looks up zero.
  const __m256i low = _mm256_shuffle_epi8(table.low, _mm256_or_si256(index, _mm256_set1_epi16(-32768)));
  const __m256i high =
      _mm256_shuffle_epi8(table.high, _mm256_or_si256(_mm256_slli_epi16(index, 8), _mm256_set1_epi16(128)));
  return _mm256_or_si256(low, high);
}

}  // namespace
}  // namespace fastnz::kernels

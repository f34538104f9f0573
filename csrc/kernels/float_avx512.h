// Sixteen virtual lanes of fp32 in one of AVX-512's registers. Same results as float_scalar.h.
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

namespace fastnz::kernels {
namespace {

constexpr int kFloatRows = 4, kFloatVectors = 4, kFloatVectorsAlone = 8, kFloatDotRows = 4, kFloatDots = 4;

using VectorF32 = __m512;

inline VectorF32 load_f32(const float* p) { return _mm512_loadu_ps(p); }
inline void store_f32(float* p, VectorF32 a) { _mm512_storeu_ps(p, a); }
inline VectorF32 broadcast_f32(float value) { return _mm512_set1_ps(value); }
inline VectorF32 add_f32(VectorF32 a, VectorF32 b) { return _mm512_add_ps(a, b); }
inline VectorF32 subtract_f32(VectorF32 a, VectorF32 b) { return _mm512_sub_ps(a, b); }
inline VectorF32 multiply_f32(VectorF32 a, VectorF32 b) { return _mm512_mul_ps(a, b); }
inline VectorF32 divide_f32(VectorF32 a, VectorF32 b) { return _mm512_div_ps(a, b); }
inline VectorF32 inverse_root_seed_f32(VectorF32 a) {
  return _mm512_castsi512_ps(_mm512_sub_epi32(_mm512_set1_epi32(0x5F375A86), _mm512_srli_epi32(_mm512_castps_si512(a), 1)));
}
inline VectorF32 multiply_add_f32(VectorF32 a, VectorF32 b, VectorF32 c) { return _mm512_fmadd_ps(a, b, c); }
inline VectorF32 max_f32(VectorF32 a, VectorF32 b) { return _mm512_max_ps(a, b); }
inline VectorF32 min_f32(VectorF32 a, VectorF32 b) { return _mm512_min_ps(a, b); }
inline VectorF32 scale_by_low_bits_f32(VectorF32 a, VectorF32 shifted) {
  return _mm512_castsi512_ps(
      _mm512_add_epi32(_mm512_castps_si512(a), _mm512_slli_epi32(_mm512_castps_si512(shifted), 23)));
}
inline void store_truncated_f32(uint32_t* p, VectorF32 a) { _mm512_storeu_si512(p, _mm512_cvttps_epi32(a)); }
inline float sum_lanes_f32(VectorF32 a) {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  four = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(four, _mm_movehdup_ps(four)));
}
inline float max_lane_f32(VectorF32 a) {
  const __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  four = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(four, _mm_movehdup_ps(four)));
}

}  // namespace
}  // namespace fastnz::kernels

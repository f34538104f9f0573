// Sixteen virtual lanes of fp32 in two of AVX2's registers. Same results as float_scalar.h.
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

namespace fastnz::kernels {
namespace {

constexpr int kFloatRows = 4, kFloatVectors = 1, kFloatVectorsAlone = 4, kFloatDotRows = 2, kFloatDots = 2;

struct VectorF32 {
  __m256 low, high;
};

inline VectorF32 load_f32(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
inline void store_f32(float* p, VectorF32 a) {
  _mm256_storeu_ps(p, a.low);
  _mm256_storeu_ps(p + 8, a.high);
}
inline VectorF32 broadcast_f32(float value) { return {_mm256_set1_ps(value), _mm256_set1_ps(value)}; }
inline VectorF32 add_f32(VectorF32 a, VectorF32 b) {
  return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
}
inline VectorF32 subtract_f32(VectorF32 a, VectorF32 b) {
  return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
}
inline VectorF32 multiply_f32(VectorF32 a, VectorF32 b) {
  return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
}
inline VectorF32 divide_f32(VectorF32 a, VectorF32 b) {
  return {_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)};
}
inline __m256 inverse_root_seed(__m256 a) {
  return _mm256_castsi256_ps(_mm256_sub_epi32(_mm256_set1_epi32(0x5F375A86), _mm256_srli_epi32(_mm256_castps_si256(a), 1)));
}
inline VectorF32 inverse_root_seed_f32(VectorF32 a) { return {inverse_root_seed(a.low), inverse_root_seed(a.high)}; }
inline VectorF32 multiply_add_f32(VectorF32 a, VectorF32 b, VectorF32 c) {
  return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}
inline VectorF32 max_f32(VectorF32 a, VectorF32 b) {
  return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
}
inline VectorF32 min_f32(VectorF32 a, VectorF32 b) {
  return {_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high)};
}
inline __m256 scale_by_low_bits(__m256 a, __m256 shifted) {
  return _mm256_castsi256_ps(
      _mm256_add_epi32(_mm256_castps_si256(a), _mm256_slli_epi32(_mm256_castps_si256(shifted), 23)));
}
inline VectorF32 scale_by_low_bits_f32(VectorF32 a, VectorF32 shifted) {
  return {scale_by_low_bits(a.low, shifted.low), scale_by_low_bits(a.high, shifted.high)};
}
inline void store_truncated_f32(uint32_t* p, VectorF32 a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm256_cvttps_epi32(a.low));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p + 8), _mm256_cvttps_epi32(a.high));
}
inline float sum_lanes_f32(VectorF32 a) {
  const __m256 eight = _mm256_add_ps(a.low, a.high);
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  four = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(four, _mm_movehdup_ps(four)));
}
inline float max_lane_f32(VectorF32 a) {
  const __m256 eight = _mm256_max_ps(a.low, a.high);
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  four = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(four, _mm_movehdup_ps(four)));
}

}  // namespace
}  // namespace fastnz::kernels

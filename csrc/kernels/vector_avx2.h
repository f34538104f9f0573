// The lane type over AVX2's 256-bit registers. Same functions and same results as vector_scalar.h; loads and stores
// take any alignment.
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

namespace fastnz::kernels {
namespace {

constexpr size_t kLanesI32 = 8;
constexpr size_t kLanesI16 = 16;
constexpr size_t kVectorBytes = 32;
using VectorI32 = __m256i;

using VectorI16 = __m256i;

inline VectorI16 load_i16(const int16_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
inline void store_i16(int16_t* p, VectorI16 a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a); }
inline VectorI16 broadcast_i16(int16_t value) { return _mm256_set1_epi16(value); }
inline VectorI16 add_saturate_i16(VectorI16 a, VectorI16 b) { return _mm256_adds_epi16(a, b); }
inline VectorI32 load_i32(const int32_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
inline void store_i32(int32_t* p, VectorI32 a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a); }
inline VectorI32 broadcast_i32(int32_t value) { return _mm256_set1_epi32(value); }
template <int Shift>
inline VectorI32 shift_right_i32(VectorI32 a) { return _mm256_srai_epi32(a, Shift); }
inline VectorI32 subtract_i32(VectorI32 a, VectorI32 b) { return _mm256_sub_epi32(a, b); }
inline VectorI32 multiply_i32(VectorI32 a, VectorI32 b) { return _mm256_mullo_epi32(a, b); }
inline VectorI32 and_i32(VectorI32 a, VectorI32 b) { return _mm256_and_si256(a, b); }
template <int Shift>
inline VectorI32 shift_left_i32(VectorI32 a) {
  return _mm256_slli_epi32(a, Shift);
}
template <int Shift>
inline VectorI32 shift_right_logical_i32(VectorI32 a) {
  return _mm256_srli_epi32(a, Shift);
}
inline VectorI32 zero_i32() { return _mm256_setzero_si256(); }
inline VectorI32 add_i32(VectorI32 a, VectorI32 b) { return _mm256_add_epi32(a, b); }

inline int32_t sum_i32(VectorI32 a) {
  __m128i half = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1));
  return _mm_cvtsi128_si32(half);
}

inline size_t equal_prefix(const uint8_t* a, const uint8_t* b) {
  const __m256i va = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a));
  const __m256i vb = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b));
  const uint32_t differ = ~static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(va, vb)));
  return _tzcnt_u32(differ);  // 32 when nothing differs
}

}  // namespace
}  // namespace fastnz::kernels

// The lane type over AVX-512's 512-bit registers (F, BW, VL, DQ, VNNI). Same functions and same results as
// vector_scalar.h; loads and stores take any alignment.
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

namespace fastnz::kernels {
namespace {

constexpr size_t kLanesI32 = 16;
constexpr size_t kLanesI16 = 32;
constexpr size_t kVectorBytes = 64;
using VectorI32 = __m512i;

using VectorI16 = __m512i;

inline VectorI16 load_i16(const int16_t* p) { return _mm512_loadu_si512(p); }
inline void store_i16(int16_t* p, VectorI16 a) { _mm512_storeu_si512(p, a); }
inline VectorI16 broadcast_i16(int16_t value) { return _mm512_set1_epi16(value); }
inline VectorI16 add_saturate_i16(VectorI16 a, VectorI16 b) { return _mm512_adds_epi16(a, b); }
inline VectorI32 load_i32(const int32_t* p) { return _mm512_loadu_si512(p); }
inline void store_i32(int32_t* p, VectorI32 a) { _mm512_storeu_si512(p, a); }
inline VectorI32 broadcast_i32(int32_t value) { return _mm512_set1_epi32(value); }
template <int Shift>
inline VectorI32 shift_right_i32(VectorI32 a) { return _mm512_srai_epi32(a, Shift); }
inline VectorI32 subtract_i32(VectorI32 a, VectorI32 b) { return _mm512_sub_epi32(a, b); }
inline VectorI32 multiply_i32(VectorI32 a, VectorI32 b) { return _mm512_mullo_epi32(a, b); }
inline VectorI32 and_i32(VectorI32 a, VectorI32 b) { return _mm512_and_si512(a, b); }
template <int Shift>
inline VectorI32 shift_left_i32(VectorI32 a) {
  return _mm512_slli_epi32(a, Shift);
}
template <int Shift>
inline VectorI32 shift_right_logical_i32(VectorI32 a) {
  return _mm512_srli_epi32(a, Shift);
}
inline VectorI32 zero_i32() { return _mm512_setzero_si512(); }
inline VectorI32 add_i32(VectorI32 a, VectorI32 b) { return _mm512_add_epi32(a, b); }

inline int32_t sum_i32(VectorI32 a) {
  const __m256i quarter = _mm256_add_epi32(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));
  __m128i half = _mm_add_epi32(_mm256_castsi256_si128(quarter), _mm256_extracti128_si256(quarter, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1));
  return _mm_cvtsi128_si32(half);
}

inline size_t equal_prefix(const uint8_t* a, const uint8_t* b) {
  const uint64_t differ = _mm512_cmpneq_epi8_mask(_mm512_loadu_si512(a), _mm512_loadu_si512(b));
  return _tzcnt_u64(differ);  // 64 when nothing differs
}

}  // namespace
}  // namespace fastnz::kernels

// The lane type over Advanced SIMD's 128-bit registers (part of every AArch64). Same functions and same results as
// vector_scalar.h; loads and stores take any alignment.
#pragma once

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>

namespace fastnz::kernels {
namespace {

constexpr size_t kLanesI32 = 4;
constexpr size_t kLanesI16 = 8;
constexpr size_t kVectorBytes = 16;
using VectorI32 = int32x4_t;

using VectorI16 = int16x8_t;

inline VectorI16 load_i16(const int16_t* p) { return vld1q_s16(p); }
inline void store_i16(int16_t* p, VectorI16 a) { vst1q_s16(p, a); }
inline VectorI16 broadcast_i16(int16_t value) { return vdupq_n_s16(value); }
inline VectorI16 add_saturate_i16(VectorI16 a, VectorI16 b) { return vqaddq_s16(a, b); }
inline VectorI32 load_i32(const int32_t* p) { return vld1q_s32(p); }
inline void store_i32(int32_t* p, VectorI32 a) { vst1q_s32(p, a); }
inline VectorI32 broadcast_i32(int32_t value) { return vdupq_n_s32(value); }
template <int Shift>
inline VectorI32 shift_right_i32(VectorI32 a) { return vshrq_n_s32(a, Shift); }
inline VectorI32 subtract_i32(VectorI32 a, VectorI32 b) { return vsubq_s32(a, b); }
inline VectorI32 multiply_i32(VectorI32 a, VectorI32 b) { return vmulq_s32(a, b); }
inline VectorI32 and_i32(VectorI32 a, VectorI32 b) { return vandq_s32(a, b); }
template <int Shift>
inline VectorI32 shift_left_i32(VectorI32 a) {
  return vshlq_n_s32(a, Shift);
}
template <int Shift>
inline VectorI32 shift_right_logical_i32(VectorI32 a) {
  return vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_s32(a), Shift));
}
inline VectorI32 zero_i32() { return vdupq_n_s32(0); }
inline VectorI32 add_i32(VectorI32 a, VectorI32 b) { return vaddq_s32(a, b); }
inline int32_t sum_i32(VectorI32 a) { return vaddvq_s32(a); }

inline size_t equal_prefix(const uint8_t* a, const uint8_t* b) {
  const uint8x16_t same = vceqq_u8(vld1q_u8(a), vld1q_u8(b));
  // Four bits per byte: the narrowing shift keeps the middle of each pair.
  const uint64_t nibbles = vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(same), 4)), 0);
  return nibbles == ~uint64_t{0} ? 16 : static_cast<size_t>(__builtin_ctzll(~nibbles)) / 4;
}

}  // namespace
}  // namespace fastnz::kernels

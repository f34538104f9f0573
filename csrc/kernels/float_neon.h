// Sixteen virtual lanes of fp32 in four of Advanced SIMD's registers. Same results as float_scalar.h.
#pragma once

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>

namespace fastnz::kernels {
namespace {

constexpr int kFloatRows = 4, kFloatVectors = 1, kFloatVectorsAlone = 4, kFloatDotRows = 2, kFloatDots = 2;

using VectorF32 = float32x4x4_t;

inline VectorF32 load_f32(const float* p) { return {{vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8), vld1q_f32(p + 12)}}; }
inline void store_f32(float* p, VectorF32 a) {
  for (int i = 0; i < 4; ++i) vst1q_f32(p + 4 * i, a.val[i]);
}
inline VectorF32 broadcast_f32(float value) {
  const float32x4_t four = vdupq_n_f32(value);
  return {{four, four, four, four}};
}
inline VectorF32 add_f32(VectorF32 a, VectorF32 b) {
  for (int i = 0; i < 4; ++i) a.val[i] = vaddq_f32(a.val[i], b.val[i]);
  return a;
}
inline VectorF32 subtract_f32(VectorF32 a, VectorF32 b) {
  for (int i = 0; i < 4; ++i) a.val[i] = vsubq_f32(a.val[i], b.val[i]);
  return a;
}
inline VectorF32 multiply_f32(VectorF32 a, VectorF32 b) {
  for (int i = 0; i < 4; ++i) a.val[i] = vmulq_f32(a.val[i], b.val[i]);
  return a;
}
inline VectorF32 divide_f32(VectorF32 a, VectorF32 b) {
  for (int i = 0; i < 4; ++i) a.val[i] = vdivq_f32(a.val[i], b.val[i]);
  return a;
}
inline VectorF32 inverse_root_seed_f32(VectorF32 a) {
  for (int i = 0; i < 4; ++i)
    a.val[i] = vreinterpretq_f32_u32(
        vsubq_u32(vdupq_n_u32(0x5F375A86u), vshrq_n_u32(vreinterpretq_u32_f32(a.val[i]), 1)));
  return a;
}
inline VectorF32 multiply_add_f32(VectorF32 a, VectorF32 b, VectorF32 c) {
  for (int i = 0; i < 4; ++i) c.val[i] = vfmaq_f32(c.val[i], a.val[i], b.val[i]);
  return c;
}
inline VectorF32 max_f32(VectorF32 a, VectorF32 b) {
  for (int i = 0; i < 4; ++i) a.val[i] = vmaxq_f32(a.val[i], b.val[i]);
  return a;
}
inline VectorF32 min_f32(VectorF32 a, VectorF32 b) {
  for (int i = 0; i < 4; ++i) a.val[i] = vminq_f32(a.val[i], b.val[i]);
  return a;
}
inline VectorF32 scale_by_low_bits_f32(VectorF32 a, VectorF32 shifted) {
  for (int i = 0; i < 4; ++i)
    a.val[i] = vreinterpretq_f32_u32(
        vaddq_u32(vreinterpretq_u32_f32(a.val[i]), vshlq_n_u32(vreinterpretq_u32_f32(shifted.val[i]), 23)));
  return a;
}
inline void store_truncated_f32(uint32_t* p, VectorF32 a) {
  for (int i = 0; i < 4; ++i) vst1q_u32(p + 4 * i, vcvtq_u32_f32(a.val[i]));
}
inline float sum_lanes_f32(VectorF32 a) {
  const float32x4_t low = vaddq_f32(a.val[0], a.val[2]), high = vaddq_f32(a.val[1], a.val[3]);
  const float32x4_t four = vaddq_f32(low, high);
  const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}
inline float max_lane_f32(VectorF32 a) {
  return vmaxvq_f32(vmaxq_f32(vmaxq_f32(a.val[0], a.val[2]), vmaxq_f32(a.val[1], a.val[3])));
}

}  // namespace
}  // namespace fastnz::kernels

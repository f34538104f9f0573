// Sixteen virtual lanes of fp32 without vector instructions: the reference that the other float_<isa>.h must equal for
// every input that is not NaN. A fused multiply-add is the C library's fmaf, which is correctly rounded everywhere but, on
// a CPU without the instruction, dozens of times slower.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace fastnz::kernels {
namespace {

constexpr int kFloatRows = 4, kFloatVectors = 1, kFloatVectorsAlone = 2, kFloatDotRows = 2, kFloatDots = 2;

struct VectorF32 {
  float lane[16];
};

inline VectorF32 load_f32(const float* p) {
  VectorF32 a;
  for (int i = 0; i < 16; ++i) a.lane[i] = p[i];
  return a;
}
inline void store_f32(float* p, VectorF32 a) {
  for (int i = 0; i < 16; ++i) p[i] = a.lane[i];
}
inline VectorF32 broadcast_f32(float value) {
  VectorF32 a;
  for (float& lane : a.lane) lane = value;
  return a;
}
inline VectorF32 add_f32(VectorF32 a, VectorF32 b) {
  for (int i = 0; i < 16; ++i) a.lane[i] += b.lane[i];
  return a;
}
inline VectorF32 subtract_f32(VectorF32 a, VectorF32 b) {
  for (int i = 0; i < 16; ++i) a.lane[i] -= b.lane[i];
  return a;
}
inline VectorF32 multiply_f32(VectorF32 a, VectorF32 b) {
  for (int i = 0; i < 16; ++i) a.lane[i] *= b.lane[i];
  return a;
}
inline VectorF32 divide_f32(VectorF32 a, VectorF32 b) {
  for (int i = 0; i < 16; ++i) a.lane[i] /= b.lane[i];
  return a;
}
// From the representation of a: 5F375A86h less its half is that of 1 / root(a), to 3.5 %. Precondition: a is normal, > 0.
inline VectorF32 inverse_root_seed_f32(VectorF32 a) {
  for (int i = 0; i < 16; ++i) {
    uint32_t bits;
    __builtin_memcpy(&bits, &a.lane[i], 4);
    bits = 0x5F375A86u - (bits >> 1);
    __builtin_memcpy(&a.lane[i], &bits, 4);
  }
  return a;
}
// a * b + c, rounded once.
inline VectorF32 multiply_add_f32(VectorF32 a, VectorF32 b, VectorF32 c) {
  for (int i = 0; i < 16; ++i) c.lane[i] = __builtin_fmaf(a.lane[i], b.lane[i], c.lane[i]);
  return c;
}
// Where both are zeros, either: no caller may care for a zero's sign.
inline VectorF32 max_f32(VectorF32 a, VectorF32 b) {
  for (int i = 0; i < 16; ++i) a.lane[i] = a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i];
  return a;
}
inline VectorF32 min_f32(VectorF32 a, VectorF32 b) {
  for (int i = 0; i < 16; ++i) a.lane[i] = a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i];
  return a;
}
// a * 2^n, n being the low bits of the representation of `shifted`. Precondition: the result is normal.
inline VectorF32 scale_by_low_bits_f32(VectorF32 a, VectorF32 shifted) {
  for (int i = 0; i < 16; ++i) {
    uint32_t bits, n;
    __builtin_memcpy(&bits, &a.lane[i], 4);
    __builtin_memcpy(&n, &shifted.lane[i], 4);
    bits += n << 23;
    __builtin_memcpy(&a.lane[i], &bits, 4);
  }
  return a;
}
// Towards zero. Precondition: 0 <= a < 2^31.
inline void store_truncated_f32(uint32_t* p, VectorF32 a) {
  for (int i = 0; i < 16; ++i) p[i] = static_cast<uint32_t>(static_cast<int32_t>(a.lane[i]));
}
// The fixed tree: lanes l and l + 8, then l and l + 4, l + 2, l + 1.
inline float sum_lanes_f32(VectorF32 a) {
  for (int half = 8; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) a.lane[i] += a.lane[i + half];
  return a.lane[0];
}
inline float max_lane_f32(VectorF32 a) {
  for (int half = 8; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) a.lane[i] = a.lane[i] > a.lane[i + half] ? a.lane[i] : a.lane[i + half];
  return a.lane[0];
}

}  // namespace
}  // namespace fastnz::kernels

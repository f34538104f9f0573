// The lane operations that integer networks need beyond vector_neon.h. Same results as network_scalar.h. Products of
// bytes are summed in pairs in 16 bits first: 2 * 128 * 127 = 32512 fits. With the dot product instructions
// (neon_dot.cc) they go into 32 bits at once.
#pragma once

#include "kernels/vector_neon.h"

namespace fastnz::kernels {
namespace {

constexpr int kDotTilesAlone = 4, kDotTiles = 2, kDotLanes = 2;
constexpr int kChangesPercent = 50;

using DotInput = int8x16_t;
using DotWeights = int8x16_t;
inline DotInput broadcast_input(const int8_t* x) {
  int32_t four;
  __builtin_memcpy(&four, x, 4);
  return vreinterpretq_s8_s32(vdupq_n_s32(four));
}
inline DotWeights load_weights(const int8_t* w) { return vld1q_s8(w); }
inline VectorI32 dot_start(const int32_t*) { return vdupq_n_s32(0); }
#if defined(__ARM_FEATURE_DOTPROD)
inline VectorI32 dot_add(VectorI32 sum, DotWeights w, DotInput x) { return vdotq_s32(sum, w, x); }
#else
inline VectorI32 dot_add(VectorI32 sum, DotWeights w, DotInput x) {
  const int16x8_t low = vmull_s8(vget_low_s8(w), vget_low_s8(x)), high = vmull_high_s8(w, x);
  return vpadalq_s16(sum, vpaddq_s16(low, high));
}
#endif

using PositiveInput = DotInput;
inline PositiveInput broadcast_positive(const int8_t* x) { return broadcast_input(x); }
inline VectorI32 dot_add_positive(VectorI32 sum, DotWeights w, PositiveInput x) { return dot_add(sum, w, x); }

using ChangeSum = VectorI32;
inline ChangeSum change_start(const int32_t* sum) { return load_i32(sum); }
inline ChangeSum dot_change(ChangeSum sum, DotWeights w, DotInput now, DotInput before) {
  return vsubq_s32(dot_add(sum, w, now), dot_add(vdupq_n_s32(0), w, before));
}
inline VectorI32 change_sum(ChangeSum sum) { return sum; }

inline VectorI32 float_bits_i32(VectorI32 a) { return vreinterpretq_s32_f32(vcvtq_f32_s32(a)); }

using ShiftCount = int32x4_t;  // negative: NEON shifts left
inline ShiftCount shift_count(int count) { return vdupq_n_s32(-count); }
inline VectorI32 shift_right_by_i32(VectorI32 a, ShiftCount count) { return vshlq_s32(a, count); }
inline VectorI32 shift_right_each_i32(VectorI32 a, VectorI32 b) {
  return vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(a), vnegq_s32(b)));
}
inline VectorI32 widen_i16(const int16_t* p) { return vmovl_s16(vld1_s16(p)); }
inline VectorI32 max_i32(VectorI32 a, VectorI32 b) { return vmaxq_s32(a, b); }
inline VectorI32 min_i32(VectorI32 a, VectorI32 b) { return vminq_s32(a, b); }
inline int32_t greatest_i32(VectorI32 a) { return vmaxvq_s32(a); }
inline VectorI32 multiply_high_u32(VectorI32 a, VectorI32 b) {
  const uint32x4_t x = vreinterpretq_u32_s32(a), y = vreinterpretq_u32_s32(b);
  const uint32x2_t low = vshrn_n_u64(vmull_u32(vget_low_u32(x), vget_low_u32(y)), 32);
  return vreinterpretq_s32_u32(vcombine_u32(low, vshrn_n_u64(vmull_high_u32(x, y), 32)));
}

inline VectorI16 pack_i32(VectorI32 low, VectorI32 high) { return vqmovn_high_s32(vqmovn_s32(low), high); }
inline void store_i8(int8_t* p, VectorI16 a) { vst1_s8(p, vqmovn_s16(a)); }

inline VectorI16 add_i16(VectorI16 a, VectorI16 b) { return vaddq_s16(a, b); }
inline VectorI16 subtract_i16(VectorI16 a, VectorI16 b) { return vsubq_s16(a, b); }
inline VectorI16 and_i16(VectorI16 a, VectorI16 b) { return vandq_s16(a, b); }
template <int Shift>
inline VectorI16 shift_right_i16(VectorI16 a) { return vshrq_n_s16(a, Shift); }
template <int Shift>
inline VectorI16 shift_left_i16(VectorI16 a) { return vshlq_n_s16(a, Shift); }
inline VectorI16 multiply_round_q15(VectorI16 a, VectorI16 b) { return vqrdmulhq_s16(a, b); }
inline VectorI16 max_i16(VectorI16 a, VectorI16 b) { return vmaxq_s16(a, b); }
inline VectorI32 multiply_pairs_i16(VectorI16 a, VectorI16 b) {
  return vpaddq_s32(vmull_s16(vget_low_s16(a), vget_low_s16(b)), vmull_high_s16(a, b));
}
inline VectorI16 magnitude_below(VectorI16 a, int16_t limit) { return vminq_s16(vqabsq_s16(a), vdupq_n_s16(limit)); }
inline VectorI16 with_sign_of(VectorI16 a, VectorI16 s) {
  const int16x8_t negative = vshrq_n_s16(s, 15);
  return vsubq_s16(veorq_s16(a, negative), negative);
}

struct Table16 {
  uint8x16_t low, high;  // the entries' bytes
};
inline Table16 load_table16(const int16_t* entries) {
  const uint8x16x2_t bytes = vld2q_u8(reinterpret_cast<const uint8_t*>(entries));
  return {bytes.val[0], bytes.val[1]};
}
inline VectorI16 lookup(const Table16& table, VectorI16 index) {
  const uint8x8_t at = vmovn_u16(vreinterpretq_u16_s16(index));
  const uint8x8_t low = vqtbl1_u8(table.low, at), high = vqtbl1_u8(table.high, at);
  return vreinterpretq_s16_u8(vcombine_u8(vzip1_u8(low, high), vzip2_u8(low, high)));
}

}  // namespace
}  // namespace fastnz::kernels

// What symbol mixing asks of sixteen lanes over Advanced SIMD. Same functions and results as symbol_scalar.h.
#pragma once

#include <arm_neon.h>
#include <stdint.h>

#include "kernels/nibble_neon.h"
#include "kernels/symbol_mix.h"

namespace fastnz::kernels {
namespace {
namespace tree {

inline Tree lane_numbers() {
  static constexpr int16_t kNumbers[kSymbolLanes] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return load_tree(kNumbers);
}
inline Tree first_lane(int16_t v) { return {vsetq_lane_s16(v, vdupq_n_s16(0), 0), vdupq_n_s16(0)}; }
inline Tree all_but_first_lane() { return {vsetq_lane_s16(0, vdupq_n_s16(-1), 0), vdupq_n_s16(-1)}; }

inline Tree gaps(Tree a, int16_t end) {
  return {vsubq_s16(vextq_s16(a.low, a.high, 1), a.low), vsubq_s16(vextq_s16(a.high, vdupq_n_s16(end), 1), a.high)};
}

inline int16x8_t log2_q11_half(int16x8_t p) {
  p = vorrq_s16(p, vdupq_n_s16(4));
  const int16x8_t zeros = vsubq_s16(vclzq_s16(p), vdupq_n_s16(1));
  const int16x8_t fraction = vandq_s16(shift_right_logical_half<3>(vshlq_s16(p, zeros)), vdupq_n_s16(2047));
  return vsubq_s16(fraction, vshlq_n_s16(vaddq_s16(zeros, vdupq_n_s16(1)), 11));
}
inline Tree log2_q11(Tree p) { return {log2_q11_half(p.low), log2_q11_half(p.high)}; }

inline Tree negated_greatest(Tree a) { return broadcast_tree(static_cast<int16_t>(-vmaxvq_s16(vmaxq_s16(a.low, a.high)))); }
inline int32_t sum_of_lanes(Tree a) { return vaddlvq_s16(a.low) + vaddlvq_s16(a.high); }
// a * b / 2^13 of unsigned lanes, modulo 2^16.
inline Tree multiply_q13(Tree a, Tree b) {
  const Tree low = {vmulq_s16(a.low, b.low), vmulq_s16(a.high, b.high)};
  return or_bits(shift_left<3>(multiply_high_unsigned(a, b)), shift_right_logical<13>(low));
}
inline int16x8_t running_sums_half(int16x8_t a) {
  const int16x8_t zero = vdupq_n_s16(0);
  a = vaddq_s16(a, vextq_s16(zero, a, 7));
  a = vaddq_s16(a, vextq_s16(zero, a, 6));
  return vaddq_s16(a, vextq_s16(zero, a, 4));
}
inline Tree running_sums(Tree a) {
  const int16x8_t low = running_sums_half(a.low);
  return {low, vaddq_s16(running_sums_half(a.high), vdupq_laneq_s16(low, 7))};
}

inline uint32_t last_lane(Tree a) { return static_cast<uint16_t>(vgetq_lane_s16(a.high, 7)); }

inline void add_weights(int32_t* const* rows, int16_t* weights_q13) {
  for (int k = 0; k < kSymbolInputs; k += 4) {
    const int32x4_t sum = vaddq_s32(vaddq_s32(vld1q_s32(rows[0] + k), vld1q_s32(rows[1] + k)), vld1q_s32(rows[2] + k));
    vst1_s16(weights_q13 + k, vqmovn_s32(vshrq_n_s32(sum, 7)));
  }
}

inline void learn_weights(int32_t* const* rows, Tree error, const int16_t (*x)[kSymbolLanes], int inputs, int shift) {
  int32_t sums[kSymbolInputs] = {};
  for (int k = 0; k < inputs; ++k) sums[k] = total_of(add_products(zero_sums(), error, load_tree(x[k])));
  const int32x4_t most = vdupq_n_s32(kSymbolWeightLimit_q20), least = vdupq_n_s32(-kSymbolWeightLimit_q20);
  for (int k = 0; k < kSymbolInputs; k += 4) {
    const int32x4_t step = vshlq_s32(vld1q_s32(sums + k), vdupq_n_s32(-shift)), half = vshrq_n_s32(step, 1);
    for (int set = 0; set < kSymbolSets; ++set) {
      const int32x4_t w = vaddq_s32(vld1q_s32(rows[set] + k), set == 0 ? step : half);
      vst1q_s32(rows[set] + k, vmaxq_s32(vminq_s32(w, most), least));
    }
  }
}

}  // namespace tree
}  // namespace
}  // namespace fastnz::kernels

// The lanes of nibble trees over Advanced SIMD: one input fills two registers. Same functions and results as
// nibble_scalar.h.
#pragma once

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/nibble_mix.h"

namespace fastnz::kernels {
namespace {
namespace tree {

constexpr int kTrees = 1;  // inputs in one Trees

struct Tree {
  int16x8_t low, high;
};
using Trees = Tree;
using TreeTable = uint8x16_t;

inline Tree load_tree(const int16_t* p) { return {vld1q_s16(p), vld1q_s16(p + 8)}; }
inline void store_tree(int16_t* p, Tree a) {
  vst1q_s16(p, a.low);
  vst1q_s16(p + 8, a.high);
}
inline Tree broadcast_tree(int16_t v) { return {vdupq_n_s16(v), vdupq_n_s16(v)}; }
inline Trees load_trees(const int16_t* p) { return load_tree(p); }
inline void store_trees(int16_t* p, Trees a) { store_tree(p, a); }
inline Trees broadcast_trees(int16_t v) { return broadcast_tree(v); }
inline Trees load_slots(int16_t* const* slot) { return load_tree(slot[0]); }
inline void store_slots(int16_t* const* slot, Trees a) { store_tree(slot[0], a); }
inline Trees repeat(Tree a) { return a; }

inline Tree add(Tree a, Tree b) { return {vaddq_s16(a.low, b.low), vaddq_s16(a.high, b.high)}; }
inline Tree subtract(Tree a, Tree b) { return {vsubq_s16(a.low, b.low), vsubq_s16(a.high, b.high)}; }
inline Tree add_saturate(Tree a, Tree b) { return {vqaddq_s16(a.low, b.low), vqaddq_s16(a.high, b.high)}; }
inline Tree and_bits(Tree a, Tree b) { return {vandq_s16(a.low, b.low), vandq_s16(a.high, b.high)}; }
inline Tree or_bits(Tree a, Tree b) { return {vorrq_s16(a.low, b.low), vorrq_s16(a.high, b.high)}; }
inline Tree exclusive_or(Tree a, Tree b) { return {veorq_s16(a.low, b.low), veorq_s16(a.high, b.high)}; }
inline Tree minimum(Tree a, Tree b) { return {vminq_s16(a.low, b.low), vminq_s16(a.high, b.high)}; }
inline Tree maximum(Tree a, Tree b) { return {vmaxq_s16(a.low, b.low), vmaxq_s16(a.high, b.high)}; }
// Sums of int16 products, exact in 32 bits.
struct Sums {
  int32x4_t low, high;
};
inline Sums zero_sums() { return {vdupq_n_s32(0), vdupq_n_s32(0)}; }
inline Sums add_products(Sums sums, Trees a, Trees b) {
  sums.low = vmlal_s16(vmlal_s16(sums.low, vget_low_s16(a.low), vget_low_s16(b.low)), vget_high_s16(a.low), vget_high_s16(b.low));
  sums.high = vmlal_s16(vmlal_s16(sums.high, vget_low_s16(a.high), vget_low_s16(b.high)), vget_high_s16(a.high), vget_high_s16(b.high));
  return sums;
}
inline int32_t total_of(Sums a) { return vaddvq_s32(vaddq_s32(a.low, a.high)); }
inline Tree magnitude(Tree a) { return {vabsq_s16(a.low), vabsq_s16(a.high)}; }
template <int Shift>
inline Tree shift_left(Tree a) { return {vshlq_n_s16(a.low, Shift), vshlq_n_s16(a.high, Shift)}; }
template <int Shift>
inline int16x8_t shift_right_logical_half(int16x8_t a) {
  return vreinterpretq_s16_u16(vshrq_n_u16(vreinterpretq_u16_s16(a), Shift));
}
template <int Shift>
inline Tree shift_right_logical(Tree a) { return {shift_right_logical_half<Shift>(a.low), shift_right_logical_half<Shift>(a.high)}; }
inline Tree multiply_round_q15(Tree a, Tree b) { return {vqrdmulhq_s16(a.low, b.low), vqrdmulhq_s16(a.high, b.high)}; }
inline int16x8_t multiply_high_unsigned_half(int16x8_t a, int16x8_t b) {
  const uint16x8_t x = vreinterpretq_u16_s16(a), y = vreinterpretq_u16_s16(b);
  const uint16x4_t low = vshrn_n_u32(vmull_u16(vget_low_u16(x), vget_low_u16(y)), 16);
  return vreinterpretq_s16_u16(vcombine_u16(low, vshrn_n_u32(vmull_high_u16(x, y), 16)));
}
inline Tree multiply_high_unsigned(Tree a, Tree b) {
  return {multiply_high_unsigned_half(a.low, b.low), multiply_high_unsigned_half(a.high, b.high)};
}
inline int16x8_t power_of_two_down_half(int16x8_t a) {
  return vreinterpretq_s16_u16(vshlq_u16(vdupq_n_u16(0x8000), vnegq_s16(a)));
}
inline Tree power_of_two_down(Tree a) { return {power_of_two_down_half(a.low), power_of_two_down_half(a.high)}; }
inline Tree negative(Tree a) { return {vshrq_n_s16(a.low, 15), vshrq_n_s16(a.high, 15)}; }
inline Tree select(Tree mask, Tree a, Tree b) {
  return {vbslq_s16(vreinterpretq_u16_s16(mask.low), a.low, b.low), vbslq_s16(vreinterpretq_u16_s16(mask.high), a.high, b.high)};
}
inline Tree with_sign_of(Tree a, Tree s) {
  const Tree mask = negative(s);
  return subtract(exclusive_or(a, mask), mask);
}

inline TreeTable load_table(const uint8_t* p) { return vld1q_u8(p); }
inline TreeTable load_own_tables(const uint8_t* p) { return vld1q_u8(p); }
inline int16x8_t look_up_half(TreeTable table, int16x8_t index) {  // upper bytes beyond the table give zero
  return vreinterpretq_s16_u8(vqtbl1q_u8(table, vreinterpretq_u8_s16(vorrq_s16(index, vdupq_n_s16(static_cast<int16_t>(0xFF00))))));
}
inline Tree look_up(TreeTable table, Tree index) { return {look_up_half(table, index.low), look_up_half(table, index.high)}; }

// floor(log2 v) and the ten bits after the leading one, for v in [1, 32767]: v moved up to bit 14.
inline int16x8_t log2_q10(int16x8_t v) {
  const int16x8_t zeros = vsubq_s16(vclzq_s16(v), vdupq_n_s16(1));
  const int16x8_t fraction = vandq_s16(shift_right_logical_half<4>(vshlq_s16(v, zeros)), vdupq_n_s16(1023));
  return vaddq_s16(vshlq_n_s16(vsubq_s16(vdupq_n_s16(14), zeros), 10), fraction);
}
inline int16x8_t stretch_half(int16x8_t p) {
  p = vorrq_s16(p, vdupq_n_s16(4));
  return vsubq_s16(log2_q10(p), log2_q10(vsubq_s16(vdupq_n_s16(static_cast<int16_t>(0x8000)), p)));  // 32768 - p wraps to itself
}
inline Tree stretch(Tree p) { return {stretch_half(p.low), stretch_half(p.high)}; }

// (a + b + 1) / 2 of unsigned lanes.
inline int16x8_t halfway_half(int16x8_t a, int16x8_t b) {
  return vreinterpretq_s16_u16(vrhaddq_u16(vreinterpretq_u16_s16(a), vreinterpretq_u16_s16(b)));
}
inline Tree halfway(Tree a, Tree b) { return {halfway_half(a.low, b.low), halfway_half(a.high, b.high)}; }
// Between the columns of each lane's own row: position in 1/1024 of a column.
inline Tree refine(const uint16_t* rows, Tree position) {
  int16_t lane[kNibbleLanes];
  store_tree(lane, position);
  for (int k = 0; k < kNibbleLanes; ++k) {
    const uint16_t* const at = rows + k * kNibbleApmColumns + (lane[k] >> 10);
    lane[k] = static_cast<int16_t>(at[0] + (((at[1] - at[0]) * (lane[k] & 1023)) >> 10));
  }
  return load_tree(lane);
}

// Sums of the even and of the odd inputs.
struct Answer {
  Tree even, odd;
};
inline Answer zero_answer() { return {broadcast_tree(0), broadcast_tree(0)}; }
inline Answer accumulate(Answer a, Trees x, int input) {
  if (input & 1)
    a.odd = add_saturate(a.odd, x);
  else
    a.even = add_saturate(a.even, x);
  return a;
}
inline Tree total(Answer a) { return add_saturate(a.even, a.odd); }

}  // namespace tree
}  // namespace
}  // namespace fastnz::kernels

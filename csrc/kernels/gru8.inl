// Gates of the network `gru8`, written once over the lane types. All 16-bit values that could leave their type
// saturate, so every instruction set has one answer. Arithmetic: docs/gru8.md, section 3.
#include "kernels/gru8.h"

namespace fastnz::kernels {
namespace {

alignas(64) constexpr int16_t kHalfA[16] = {0,     4011,  7571,  10407, 12479, 13899, 14831, 15424,
                                            15795, 16024, 16164, 16251, 16303, 16335, 16354, 16366};
alignas(64) constexpr int16_t kHalfB[16] = {4134, 3881, 3227, 2431, 1702, 1134, 726, 459,
                                            283,  174,  108,  64,   38,   23,   14,  9};
alignas(64) constexpr int16_t kHalfC[16] = {-119, -320, -392, -360, -283, -204, -134, -89,
                                            -54,  -33,  -21,  -12,  -6,   -4,   -2,   -2};

struct HalfTables {
  Table16 a, b, c;
};

// The logistic function less one half, q15 of q11.
inline VectorI16 logistic_half(const HalfTables& tables, VectorI16 u) {
  const VectorI16 size = magnitude_below(u, 16383);
  const VectorI16 piece = shift_right_i16<10>(size);
  const VectorI16 p = shift_left_i16<5>(and_i16(size, broadcast_i16(1023)));
  VectorI16 y = add_saturate_i16(lookup(tables.b, piece), multiply_round_q15(p, lookup(tables.c, piece)));
  y = add_saturate_i16(lookup(tables.a, piece), multiply_round_q15(p, y));
  return with_sign_of(y, u);
}

void gru8_gates(const Gru8Gates* g, const int32_t* ah, const int32_t* af, const int16_t* x_row, int16_t* h,
                int8_t* h8) {
  constexpr int kStep = static_cast<int>(kLanesI16), kHalf = static_cast<int>(kLanesI32);
  const HalfTables tables = {load_table16(kHalfA), load_table16(kHalfB), load_table16(kHalfC)};
  const int hidden = g->hidden;
  const int16_t* const mh = g->from_state->multiplier;
  const int16_t* const mf = g->from_features->multiplier;
  const VectorI32 round_h = broadcast_i32(1 << (g->from_state->shift - 1));
  const VectorI32 round_f = broadcast_i32(1 << (g->from_features->shift - 1));
  const ShiftCount shift_h = shift_count(g->from_state->shift), shift_f = shift_count(g->from_features->shift);
  const VectorI16 one_half = broadcast_i16(16384), upper = broadcast_i16(128);

  const auto from_state = [&](int i) { return rescale(ah + i, mh + i, round_h, shift_h); };
  const auto from_features = [&](int i) {
    return add_i32(rescale(af + i, mf + i, round_f, shift_f), widen_i16(x_row + i));
  };
  const auto gate = [&](int i) {
    const VectorI32 low = add_i32(from_state(i), from_features(i));
    const VectorI32 high = add_i32(from_state(i + kHalf), from_features(i + kHalf));
    return add_i16(one_half, logistic_half(tables, pack_i32(low, high)));
  };

  for (int j = 0; j < hidden; j += kStep) {
    const int n = 2 * hidden + j;
    const VectorI16 reset = gate(j);
    const VectorI16 keep = gate(hidden + j);
    const VectorI16 v_h = pack_i32(add_i32(from_state(n), widen_i16(g->bias + j)),
                                   add_i32(from_state(n + kHalf), widen_i16(g->bias + j + kHalf)));
    const VectorI16 v_i = pack_i32(from_features(n), from_features(n + kHalf));
    const VectorI16 u = add_saturate_i16(v_i, multiply_round_q15(reset, v_h));
    const VectorI16 half_new = logistic_half(tables, add_saturate_i16(u, u));
    const VectorI16 rest = subtract_i16(broadcast_i16(-32768), keep);  // 32768 - keep, modulo 2^16
    const VectorI16 next = add_saturate_i16(multiply_round_q15(keep, load_i16(h + j)),
                                            multiply_round_q15(rest, add_i16(half_new, half_new)));
    store_i16(h + j, next);
    store_i8(h8 + j, multiply_round_q15(next, upper));
  }
}

}  // namespace
}  // namespace fastnz::kernels

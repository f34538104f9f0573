// What symbol mixing asks of sixteen lanes beyond nibble_scalar.h: the reference that the other symbol_<isa>.h must equal.
#pragma once

#include <stdint.h>

#include "kernels/nibble_scalar.h"
#include "kernels/symbol_mix.h"

namespace fastnz::kernels {
namespace {
namespace tree {

inline Tree lane_numbers() { return for_each_lane([](int k) { return k; }); }
inline Tree all_but_first_lane() { return for_each_lane([](int k) { return k == 0 ? 0 : -1; }); }
inline Tree first_lane(int16_t v) { return for_each_lane([=](int k) { return k == 0 ? v : 0; }); }

// Of each lane to the next one, of the last one to `end`.
inline Tree gaps(Tree a, int16_t end) { return for_each_lane([&](int k) { return (k < 15 ? a.lane[k + 1] : end) - a.lane[k]; }); }

// log2 of p / 2^15, linear between powers of two; p in [0, 32767], of which no less than 4 are told apart.
inline Tree log2_q11(Tree p) {
  return for_each_lane([&](int k) {
    const int32_t v = p.lane[k] | 4, whole = 31 - __builtin_clz(static_cast<uint32_t>(v));
    return whole * 2048 + (((v << (15 - whole)) >> 4) & 2047) - 15 * 2048;
  });
}

inline Tree negated_greatest(Tree a) {
  int16_t greatest = a.lane[0];
  for (const int16_t v : a.lane) greatest = v > greatest ? v : greatest;
  return broadcast_tree(static_cast<int16_t>(-greatest));
}
inline int32_t sum_of_lanes(Tree a) {
  int32_t sum = 0;
  for (const int16_t v : a.lane) sum += v;
  return sum;
}
// a * b / 2^13 of unsigned lanes, modulo 2^16.
inline Tree multiply_q13(Tree a, Tree b) {
  return for_each_lane([&](int k) { return (uint32_t{static_cast<uint16_t>(a.lane[k])} * static_cast<uint16_t>(b.lane[k])) >> 13; });
}
inline Tree running_sums(Tree a) {
  for (int k = 1; k < kSymbolLanes; ++k) a.lane[k] = static_cast<int16_t>(a.lane[k] + a.lane[k - 1]);
  return a;
}
inline uint32_t last_lane(Tree a) { return static_cast<uint16_t>(a.lane[15]); }

// The rows added up, q20 to q13.
inline void add_weights(int32_t* const* rows, int16_t* weights_q13) {
  for (int k = 0; k < kSymbolInputs; ++k)
    weights_q13[k] = static_cast<int16_t>(saturate((rows[0][k] + rows[1][k] + rows[2][k]) >> 7));
}

// Weights follow their inputs' share of the error; the second and third row half as fast as the first.
inline void learn_weights(int32_t* const* rows, Tree error, const int16_t (*x)[kSymbolLanes], int inputs, int shift) {
  for (int k = 0; k < inputs; ++k) {
    int32_t sum = 0;
    for (int lane = 0; lane < kSymbolLanes; ++lane) sum += error.lane[lane] * x[k][lane];
    const int32_t step = sum >> shift;
    for (int set = 0; set < kSymbolSets; ++set) {
      const int32_t w = rows[set][k] + (set == 0 ? step : step >> 1);
      rows[set][k] = w > kSymbolWeightLimit_q20 ? kSymbolWeightLimit_q20 : w < -kSymbolWeightLimit_q20 ? -kSymbolWeightLimit_q20 : w;
    }
  }
}

}  // namespace tree
}  // namespace
}  // namespace fastnz::kernels

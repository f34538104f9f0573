// The lanes of nibble trees without vector instructions: the reference that the other nibble_<isa>.h must equal.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernels/nibble_mix.h"

namespace fastnz::kernels {
namespace {
namespace tree {

constexpr int kTrees = 1;  // inputs in one Trees

struct Tree {
  int16_t lane[kNibbleLanes];
};
using Trees = Tree;
using TreeTable = const uint8_t*;

template <typename F>
inline Tree for_each_lane(F f) {
  Tree r;
  for (int k = 0; k < kNibbleLanes; ++k) r.lane[k] = static_cast<int16_t>(f(k));
  return r;
}
inline int32_t saturate(int32_t v) { return v > 32767 ? 32767 : v < -32768 ? -32768 : v; }

inline Tree load_tree(const int16_t* p) { return for_each_lane([&](int k) { return p[k]; }); }
inline void store_tree(int16_t* p, Tree a) {
  for (int k = 0; k < kNibbleLanes; ++k) p[k] = a.lane[k];
}
inline Tree broadcast_tree(int16_t v) { return for_each_lane([&](int) { return v; }); }
inline Trees load_trees(const int16_t* p) { return load_tree(p); }
inline void store_trees(int16_t* p, Trees a) { store_tree(p, a); }
inline Trees broadcast_trees(int16_t v) { return broadcast_tree(v); }
inline Trees load_slots(int16_t* const* slot) { return load_tree(slot[0]); }
inline void store_slots(int16_t* const* slot, Trees a) { store_tree(slot[0], a); }
inline Trees repeat(Tree a) { return a; }

inline Tree add(Tree a, Tree b) { return for_each_lane([&](int k) { return a.lane[k] + b.lane[k]; }); }  // no lane leaves 16 bits
inline Tree subtract(Tree a, Tree b) { return for_each_lane([&](int k) { return a.lane[k] - b.lane[k]; }); }
inline Tree add_saturate(Tree a, Tree b) { return for_each_lane([&](int k) { return saturate(a.lane[k] + b.lane[k]); }); }
inline Tree and_bits(Tree a, Tree b) { return for_each_lane([&](int k) { return a.lane[k] & b.lane[k]; }); }
inline Tree or_bits(Tree a, Tree b) { return for_each_lane([&](int k) { return a.lane[k] | b.lane[k]; }); }
inline Tree exclusive_or(Tree a, Tree b) { return for_each_lane([&](int k) { return a.lane[k] ^ b.lane[k]; }); }
inline Tree minimum(Tree a, Tree b) { return for_each_lane([&](int k) { return a.lane[k] < b.lane[k] ? a.lane[k] : b.lane[k]; }); }
inline Tree maximum(Tree a, Tree b) { return for_each_lane([&](int k) { return a.lane[k] > b.lane[k] ? a.lane[k] : b.lane[k]; }); }
// Sums of int16 products, exact in 32 bits.
using Sums = int32_t;
inline Sums zero_sums() { return 0; }
inline Sums add_products(Sums sums, Trees a, Trees b) {
  for (int k = 0; k < kNibbleLanes; ++k) sums += a.lane[k] * b.lane[k];
  return sums;
}
inline int32_t total_of(Sums a) { return a; }
inline Tree magnitude(Tree a) { return for_each_lane([&](int k) { return a.lane[k] < 0 ? -a.lane[k] : a.lane[k]; }); }  // no lane is -32768
template <int Shift>
inline Tree shift_left(Tree a) { return for_each_lane([&](int k) { return static_cast<uint16_t>(a.lane[k]) << Shift; }); }
template <int Shift>
inline Tree shift_right_logical(Tree a) { return for_each_lane([&](int k) { return static_cast<uint16_t>(a.lane[k]) >> Shift; }); }
// (a * b + 2^14) >> 15; not both -32768
inline Tree multiply_round_q15(Tree a, Tree b) { return for_each_lane([&](int k) { return (a.lane[k] * b.lane[k] + (1 << 14)) >> 15; }); }
inline Tree multiply_high_unsigned(Tree a, Tree b) {
  return for_each_lane([&](int k) { return (uint32_t{static_cast<uint16_t>(a.lane[k])} * static_cast<uint16_t>(b.lane[k])) >> 16; });
}
inline Tree power_of_two_down(Tree a) { return for_each_lane([&](int k) { return 32768 >> a.lane[k]; }); }  // a in [0, 15]
inline Tree negative(Tree a) { return for_each_lane([&](int k) { return a.lane[k] < 0 ? -1 : 0; }); }
inline Tree select(Tree mask, Tree a, Tree b) { return for_each_lane([&](int k) { return mask.lane[k] ? a.lane[k] : b.lane[k]; }); }
inline Tree with_sign_of(Tree a, Tree s) { return for_each_lane([&](int k) { return s.lane[k] < 0 ? -a.lane[k] : a.lane[k]; }); }

inline TreeTable load_table(const uint8_t* p) { return p; }
inline TreeTable load_own_tables(const uint8_t* p) { return p; }
inline Tree look_up(TreeTable table, Tree index) { return for_each_lane([&](int k) { return table[index.lane[k]]; }); }  // index in [0, 15]

// floor(log2 v) and the ten bits after the leading one, q10, for v in [1, 32767].
inline int32_t log2_q10(int32_t v) {
  const int32_t whole = 31 - __builtin_clz(static_cast<uint32_t>(v));
  return whole * 1024 + (((v << (14 - whole)) >> 4) & 1023);
}
inline Tree stretch(Tree p) {
  return for_each_lane([&](int k) {
    const int32_t one = p.lane[k] | 4;
    return log2_q10(one) - log2_q10(32768 - one);
  });
}

// (a + b + 1) / 2 of unsigned lanes.
inline Tree halfway(Tree a, Tree b) {
  return for_each_lane([&](int k) { return (static_cast<uint16_t>(a.lane[k]) + static_cast<uint16_t>(b.lane[k]) + 1) >> 1; });
}
// Between the columns of each lane's own row: position in 1/1024 of a column.
inline Tree refine(const uint16_t* rows, Tree position) {
  return for_each_lane([&](int k) {
    const uint16_t* const at = rows + k * kNibbleApmColumns + (position.lane[k] >> 10);
    const int32_t weight = position.lane[k] & 1023;
    return at[0] + (((at[1] - at[0]) * weight) >> 10);
  });
}

// Sums of the even and of the odd inputs.
struct Answer {
  Tree sum[2];
};
inline Answer zero_answer() { return {{broadcast_tree(0), broadcast_tree(0)}}; }
inline Answer accumulate(Answer a, Trees x, int input) {
  a.sum[input & 1] = add_saturate(a.sum[input & 1], x);
  return a;
}
inline Tree total(Answer a) { return add_saturate(a.sum[0], a.sum[1]); }

}  // namespace tree
}  // namespace
}  // namespace fastnz::kernels

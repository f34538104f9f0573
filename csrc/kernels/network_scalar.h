// The lane operations that integer networks need beyond vector_scalar.h, which this header follows. It is the reference
// that the other network_<isa>.h must equal for every input within the stated preconditions.
#pragma once

#include "kernels/vector_scalar.h"

namespace fastnz::kernels {
namespace {

constexpr int kDotTilesAlone = 2, kDotTiles = 2, kDotLanes = 1;  // what fits into registers
constexpr int kChangesPercent = 50;  // of the columns, beyond which all are multiplied

// Four bytes of input, given to every row of a tile.
struct DotInput {
  int32_t x[4];
};
struct DotWeights {
  int32_t w[4];
};
inline DotInput broadcast_input(const int8_t* x) { return {{x[0], x[1], x[2], x[3]}}; }
inline DotWeights load_weights(const int8_t* w) { return {{w[0], w[1], w[2], w[3]}}; }
// What a row's sum begins with: zero, or the offset that the shifted input of an instruction set needs.
inline VectorI32 dot_start(const int32_t*) { return {0}; }
inline VectorI32 dot_add(VectorI32 sum, const DotWeights& w, const DotInput& x) {
  return {sum.lane + static_cast<uint32_t>(w.w[0] * x.x[0] + w.w[1] * x.x[1] + w.w[2] * x.x[2] + w.w[3] * x.x[3])};
}

// The same for inputs in 0..127, which no instruction set needs to shift.
using PositiveInput = DotInput;
inline PositiveInput broadcast_positive(const int8_t* x) { return broadcast_input(x); }
inline VectorI32 dot_add_positive(VectorI32 sum, const DotWeights& w, const PositiveInput& x) {
  return dot_add(sum, w, x);
}

// A sum that follows its inputs: plus the weights times what they are now, minus the weights times what they were.
using ChangeSum = VectorI32;
inline ChangeSum change_start(const int32_t* sum) { return load_i32(sum); }
inline ChangeSum dot_change(ChangeSum sum, const DotWeights& w, const DotInput& now, const DotInput& before) {
  return subtract_i32(dot_add(sum, w, now), dot_add(zero_i32(), w, before));
}
inline VectorI32 change_sum(ChangeSum sum) { return sum; }

// The bits of the binary32 of each lane's number, which must be in 1..2^24: then it is exact.
inline VectorI32 float_bits_i32(VectorI32 a) {
  const int exponent = 31 - __builtin_clz(a.lane);
  const uint32_t fraction = exponent <= 23 ? a.lane << (23 - exponent) : a.lane >> (exponent - 23);
  return {(static_cast<uint32_t>(exponent + 127) << 23) + (fraction & 0x7FFFFFu)};
}

using ShiftCount = int;
inline ShiftCount shift_count(int count) { return count; }
inline VectorI32 shift_right_by_i32(VectorI32 a, ShiftCount count) {
  return {static_cast<uint32_t>(static_cast<int32_t>(a.lane) >> count)};
}
// Logical, by the count in each lane of b, below 32.
inline VectorI32 shift_right_each_i32(VectorI32 a, VectorI32 b) { return {a.lane >> b.lane}; }
inline VectorI32 widen_i16(const int16_t* p) { return {static_cast<uint32_t>(static_cast<int32_t>(*p))}; }
inline VectorI32 max_i32(VectorI32 a, VectorI32 b) {
  return static_cast<int32_t>(a.lane) > static_cast<int32_t>(b.lane) ? a : b;
}
inline VectorI32 min_i32(VectorI32 a, VectorI32 b) {
  return static_cast<int32_t>(a.lane) < static_cast<int32_t>(b.lane) ? a : b;
}
inline int32_t greatest_i32(VectorI32 a) { return static_cast<int32_t>(a.lane); }
// The upper half of each unsigned product.
inline VectorI32 multiply_high_u32(VectorI32 a, VectorI32 b) {
  return {static_cast<uint32_t>((static_cast<uint64_t>(a.lane) * b.lane) >> 32)};
}

// Both in order, saturated.
inline VectorI16 pack_i32(VectorI32 low, VectorI32 high) {
  const auto saturate = [](uint32_t lane) {
    const int32_t v = static_cast<int32_t>(lane);
    return static_cast<int16_t>(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
  };
  return {{saturate(low.lane), saturate(high.lane)}};
}
inline void store_i8(int8_t* p, VectorI16 a) {
  for (int i = 0; i < 2; ++i) p[i] = static_cast<int8_t>(a.lane[i] > 127 ? 127 : a.lane[i] < -128 ? -128 : a.lane[i]);
}

template <typename Op>
inline VectorI16 each_i16(VectorI16 a, VectorI16 b, Op op) {
  return {{static_cast<int16_t>(op(a.lane[0], b.lane[0])), static_cast<int16_t>(op(a.lane[1], b.lane[1]))}};
}
inline VectorI16 add_i16(VectorI16 a, VectorI16 b) { return each_i16(a, b, [](int x, int y) { return x + y; }); }
inline VectorI16 subtract_i16(VectorI16 a, VectorI16 b) { return each_i16(a, b, [](int x, int y) { return x - y; }); }
inline VectorI16 and_i16(VectorI16 a, VectorI16 b) { return each_i16(a, b, [](int x, int y) { return x & y; }); }
template <int Shift>
inline VectorI16 shift_right_i16(VectorI16 a) { return each_i16(a, a, [](int x, int) { return x >> Shift; }); }
template <int Shift>
inline VectorI16 shift_left_i16(VectorI16 a) { return each_i16(a, a, [](int x, int) { return x << Shift; }); }
// (a * b + 2^14) >> 15. Precondition: not both -32768.
inline VectorI16 multiply_round_q15(VectorI16 a, VectorI16 b) {
  return each_i16(a, b, [](int x, int y) { return (x * y + 0x4000) >> 15; });
}
inline VectorI16 max_i16(VectorI16 a, VectorI16 b) {
  return each_i16(a, b, [](int x, int y) { return x > y ? x : y; });
}
// Of each pair of lanes, the sum of its two products, modulo 2^32.
inline VectorI32 multiply_pairs_i16(VectorI16 a, VectorI16 b) {
  return {static_cast<uint32_t>(a.lane[0] * b.lane[0]) + static_cast<uint32_t>(a.lane[1] * b.lane[1])};
}
// min(|a|, limit), limit >= 0; |-32768| is 32768.
inline VectorI16 magnitude_below(VectorI16 a, int16_t limit) {
  return each_i16(a, a, [limit](int x, int) {
    const int size = x < 0 ? -x : x;
    return size < limit ? size : limit;
  });
}
// a where s >= 0, else -a; either where a is 0.
inline VectorI16 with_sign_of(VectorI16 a, VectorI16 s) {
  return each_i16(a, s, [](int x, int y) { return y < 0 ? -x : x; });
}

// Sixteen 16-bit entries, looked up by lanes in 0..15.
struct Table16 {
  const int16_t* entry;
};
inline Table16 load_table16(const int16_t* entries) { return {entries}; }
inline VectorI16 lookup(const Table16& table, VectorI16 index) {
  return {{table.entry[index.lane[0]], table.entry[index.lane[1]]}};
}

}  // namespace
}  // namespace fastnz::kernels

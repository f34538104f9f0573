// The lane type without vector instructions: one 32-bit lane, eight bytes. It is the reference that the other
// vector_<isa>.h must equal for every input; sums wrap modulo 2^32 as the vector instructions' do.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace fastnz::kernels {
namespace {

constexpr size_t kLanesI32 = 1;
constexpr size_t kLanesI16 = 2;
constexpr size_t kVectorBytes = 8;

struct VectorI32 {
  uint32_t lane;  // two's complement; unsigned so that wrapping is defined
};

struct VectorI16 {
  int16_t lane[2];
};

inline VectorI16 load_i16(const int16_t* p) { return {{p[0], p[1]}}; }
inline void store_i16(int16_t* p, VectorI16 a) {
  p[0] = a.lane[0];
  p[1] = a.lane[1];
}
inline VectorI16 broadcast_i16(int16_t value) { return {{value, value}}; }
inline VectorI16 add_saturate_i16(VectorI16 a, VectorI16 b) {
  VectorI16 sum;
  for (int i = 0; i < 2; ++i) {
    const int32_t wide = a.lane[i] + b.lane[i];
    sum.lane[i] = static_cast<int16_t>(wide > 32767 ? 32767 : wide < -32768 ? -32768 : wide);
  }
  return sum;
}
inline VectorI32 load_i32(const int32_t* p) { return {static_cast<uint32_t>(*p)}; }
inline void store_i32(int32_t* p, VectorI32 a) { *p = static_cast<int32_t>(a.lane); }
inline VectorI32 broadcast_i32(int32_t value) { return {static_cast<uint32_t>(value)}; }
template <int Shift>
inline VectorI32 shift_right_i32(VectorI32 a) {
  return {static_cast<uint32_t>(static_cast<int32_t>(a.lane) >> Shift)};
}

inline VectorI32 subtract_i32(VectorI32 a, VectorI32 b) { return {a.lane - b.lane}; }
inline VectorI32 multiply_i32(VectorI32 a, VectorI32 b) { return {a.lane * b.lane}; }  // modulo 2^32
inline VectorI32 and_i32(VectorI32 a, VectorI32 b) { return {a.lane & b.lane}; }
template <int Shift>
inline VectorI32 shift_left_i32(VectorI32 a) {
  return {a.lane << Shift};
}
template <int Shift>
inline VectorI32 shift_right_logical_i32(VectorI32 a) {
  return {a.lane >> Shift};
}
inline VectorI32 zero_i32() { return {0}; }
inline VectorI32 add_i32(VectorI32 a, VectorI32 b) { return {a.lane + b.lane}; }
inline int32_t sum_i32(VectorI32 a) { return static_cast<int32_t>(a.lane); }

// How many of the kVectorBytes bytes at a and b agree before the first difference.
inline size_t equal_prefix(const uint8_t* a, const uint8_t* b) {
  uint64_t word_a, word_b;
  __builtin_memcpy(&word_a, a, 8);
  __builtin_memcpy(&word_b, b, 8);
  return word_a == word_b ? 8 : static_cast<size_t>(__builtin_ctzll(word_a ^ word_b)) / 8;  // little-endian machines only
}

}  // namespace
}  // namespace fastnz::kernels

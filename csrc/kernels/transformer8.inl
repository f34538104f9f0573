// The network `transformer8` between its matrix products, written once over the lane types. Whatever could leave its
// type saturates or is bounded by the document, so every instruction set has one answer. Arithmetic:
// docs/transformer8.md, section 3.
#include "kernels/transformer8.h"

namespace fastnz::kernels {
namespace {

// T of the document: what 2^-i of 127 rounds to.
alignas(64) constexpr int16_t kPowersBelow127[16] = {127, 64, 32, 16, 8, 4, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0};

// floor(sqrt(n)), n <= 2^30.
inline uint32_t root_of(uint32_t n) {
  uint32_t root = 0;
  for (uint32_t bit = n >> 16 ? 1u << 15 : 1u << 7; bit > 0; bit >>= 1) {
    const uint32_t next = root | bit;
    root = next * next <= n ? next : root;
  }
  return root;
}

inline void store_within_127(int8_t* p, VectorI16 a) { store_i8(p, max_i16(a, broadcast_i16(-127))); }

void transformer8_norm(const int16_t* x, int width, int8_t* y) {
  constexpr int kStep = static_cast<int>(kLanesI16), kHalf = static_cast<int>(kLanesI32);
  VectorI32 sum = zero_i32();
  for (int j = 0; j < width; j += kStep) {
    const VectorI16 v = load_i16(x + j);
    sum = add_i32(sum, shift_right_logical_i32<8>(multiply_pairs_i16(v, v)));
  }
  const uint64_t squares = static_cast<uint64_t>(static_cast<uint32_t>(sum_i32(sum))) << 8;
  const uint32_t root = root_of(static_cast<uint32_t>(squares / static_cast<uint32_t>(width)));
  const int32_t reciprocal = static_cast<int32_t>((1u << 24) / (root < 512 ? 512 : root));
  const VectorI32 r = broadcast_i32(reciprocal), half = broadcast_i32(1 << 18);
  const auto scaled = [&](int j) { return shift_right_i32<19>(add_i32(multiply_i32(widen_i16(x + j), r), half)); };
  for (int j = 0; j < width; j += kStep) store_within_127(y + j, pack_i32(scaled(j), scaled(j + kHalf)));
}

void transformer8_units(const NetworkMatrix* m, const int32_t* sums, const int16_t* bias, int linear, int8_t* straight,
                        int8_t* units) {
  constexpr int kStep = static_cast<int>(kLanesI16), kHalf = static_cast<int>(kLanesI32);
  const VectorI32 half = broadcast_i32(1 << (m->shift - 1));
  const ShiftCount shift = shift_count(m->shift);
  const auto row = [&](int r) {
    return add_i32(rescale(sums + r, m->multiplier + r, half, shift), widen_i16(bias + r));
  };
  for (int r = 0; r < linear; r += kStep)
    store_within_127(straight + r, multiply_round_q15(pack_i32(row(r), row(r + kHalf)), broadcast_i16(2048)));
  for (int r = linear; r < m->rows; r += kStep) {
    const VectorI16 v = max_i16(pack_i32(row(r), row(r + kHalf)), broadcast_i16(0));
    store_i8(units + r - linear, multiply_round_q15(v, v));
  }
}

void transformer8_add(const NetworkMatrix* m, const int32_t* sums, int16_t* x) {
  constexpr int kStep = static_cast<int>(kLanesI16), kHalf = static_cast<int>(kLanesI32);
  const VectorI32 half = broadcast_i32(1 << (m->shift - 1));
  const ShiftCount shift = shift_count(m->shift);
  const auto row = [&](int r) { return add_i32(rescale(sums + r, m->multiplier + r, half, shift), widen_i16(x + r)); };
  for (int r = 0; r < m->rows; r += kStep) store_i16(x + r, pack_i32(row(r), row(r + kHalf)));
}

// Scores of one head to weights in 0..127; returns their sum.
inline int32_t weigh_scores(int32_t* score, const int16_t* bias, int window, int8_t* weight) {
  constexpr int kStep = static_cast<int>(kLanesI16), kHalf = static_cast<int>(kLanesI32);
  VectorI32 greatest = broadcast_i32(-2147483647 - 1);
  for (int j = 0; j < window; j += kHalf) {
    const VectorI32 s = add_i32(load_i32(score + j), widen_i16(bias + j));
    store_i32(score + j, s);
    greatest = max_i32(greatest, s);
  }
  const VectorI32 top = broadcast_i32(greatest_i32(greatest));
  const Table16 powers = load_table16(kPowersBelow127);
  const auto below = [&](int j) { return shift_right_i32<1>(subtract_i32(top, load_i32(score + j))); };
  VectorI32 sum = zero_i32();
  for (int j = 0; j < window; j += kStep) {
    const VectorI16 z = pack_i32(below(j), below(j + kHalf));
    const VectorI16 p = shift_left_i16<4>(and_i16(z, broadcast_i16(2047)));
    const VectorI16 slope = subtract_i16(broadcast_i16(22006), multiply_round_q15(p, broadcast_i16(5623)));
    const VectorI16 power = subtract_i16(broadcast_i16(32767), multiply_round_q15(p, slope));
    const VectorI16 e = multiply_round_q15(power, lookup(powers, shift_right_i16<11>(z)));
    store_i8(weight + j, e);
    sum = add_i32(sum, multiply_pairs_i16(e, broadcast_i16(1)));
  }
  return sum_i32(sum);
}

void transformer8_attend(const Transformer8Window* w, const int8_t* queries, int8_t* result) {
  constexpr int kStep = static_cast<int>(kLanesI16), kHalf = static_cast<int>(kLanesI32);
  alignas(64) int32_t scores[kMaxHeads * kMaxWindow];
  alignas(64) int8_t weights[kMaxHeads * kMaxWindow];
  alignas(64) int32_t sums[kMaxHeads * kHeadSize];
  int32_t totals[kMaxHeads];
  const size_t window = static_cast<size_t>(w->window);
  multiply_i8(&w->keys, queries, kHeadSize, w->heads, scores, window);
  for (int n = 0; n < w->heads; ++n) {
    const size_t head = static_cast<size_t>(n);
    totals[n] = weigh_scores(scores + head * window, w->bias + 2 * head * window + (w->window - 1 - w->newest),
                             w->window, weights + head * window);
  }
  multiply_i8(&w->values, weights, window, w->heads, sums, kHeadSize);
  for (int n = 0; n < w->heads; ++n) {
    const VectorI32 r = broadcast_i32((1 << 23) / totals[n]), half = broadcast_i32(1 << 22);
    const auto mean = [&](int i) {
      return shift_right_i32<23>(add_i32(multiply_i32(load_i32(sums + n * kHeadSize + i), r), half));
    };
    for (int i = 0; i < kHeadSize; i += kStep) store_i8(result + n * kHeadSize + i, pack_i32(mean(i), mean(i + kHalf)));
  }
}

}  // namespace
}  // namespace fastnz::kernels

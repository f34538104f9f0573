// Functions of networks that train while they code: exponential and what is made of it, softmax and its frequencies,
// Adam. Only + - * / root and fused multiply-add of IEEE 754, element by element. docs/online.md, sections 2 and 3.
#include "kernels/float.h"

namespace fastnz::kernels {
namespace {

inline VectorF32 clamp_f32(VectorF32 x, float size) { return min_f32(max_f32(x, broadcast_f32(-size)), broadcast_f32(size)); }

// e^x. Precondition: |x| <= 80. x = n ln 2 + r; n is rounded by a number whose last place is 1.
inline VectorF32 exponential(VectorF32 x) {
  const VectorF32 shift = broadcast_f32(0x1.8p23f);
  const VectorF32 shifted = multiply_add_f32(x, broadcast_f32(0x1.715476p0f), shift);
  const VectorF32 n = subtract_f32(shifted, shift);
  VectorF32 r = multiply_add_f32(n, broadcast_f32(-0x1.62e4p-1f), x);  // exact: n has 7 bits, the constant 15
  r = multiply_add_f32(n, broadcast_f32(-0x1.7f7d1cp-20f), r);
  VectorF32 q = broadcast_f32(0x1.630652p-10f);
  q = multiply_add_f32(q, r, broadcast_f32(0x1.120b6ep-7f));
  q = multiply_add_f32(q, r, broadcast_f32(0x1.55612ap-5f));
  q = multiply_add_f32(q, r, broadcast_f32(0x1.5554dcp-3f));
  q = multiply_add_f32(q, r, broadcast_f32(0x1.fffff4p-2f));
  q = multiply_add_f32(q, r, broadcast_f32(1.0f));
  q = multiply_add_f32(q, r, broadcast_f32(1.0f));
  return scale_by_low_bits_f32(q, shifted);
}

inline VectorF32 logistic(VectorF32 x) {
  const VectorF32 one = broadcast_f32(1.0f);
  const VectorF32 e = exponential(multiply_f32(clamp_f32(x, 30.0f), broadcast_f32(-1.0f)));
  return divide_f32(one, add_f32(one, e));
}

// 1 - 2 / (1 + e^2x)
inline VectorF32 hyperbolic_tangent(VectorF32 x) {
  const VectorF32 one = broadcast_f32(1.0f);
  const VectorF32 bounded = clamp_f32(x, 15.0f);
  const VectorF32 e = exponential(add_f32(bounded, bounded));
  return subtract_f32(one, divide_f32(broadcast_f32(2.0f), add_f32(one, e)));
}

// 1 / root(x), to 5e-6: two of Newton's steps from a guess. Precondition: x is normal and positive.
inline VectorF32 inverse_root(VectorF32 x) {
  const VectorF32 half = multiply_f32(x, broadcast_f32(-0.5f));
  VectorF32 y = inverse_root_seed_f32(x);
  for (int i = 0; i < 2; ++i) y = multiply_f32(y, multiply_add_f32(multiply_f32(half, y), y, broadcast_f32(1.5f)));
  return y;
}

void functions_f32(int which, const float* x, float* y, int n) {
  for (int i = 0; i < n; i += kFloatLanes) {
    const VectorF32 a = load_f32(x + i);
    store_f32(y + i, which == 0 ? exponential(a) : which == 1 ? logistic(a) : which == 2 ? hyperbolic_tangent(a) : inverse_root(a));
  }
}

void softmax_f32(const float* logits, float* p, uint32_t* freq) {
  constexpr int kVectors = kFloatSymbols / kFloatLanes;
  VectorF32 most = load_f32(logits);
  for (int i = 1; i < kVectors; ++i) most = max_f32(most, load_f32(logits + i * kFloatLanes));
  const float top = max_lane_f32(most);
  VectorF32 sums = broadcast_f32(0.0f);
  for (int i = 0; i < kVectors; ++i) {
    const VectorF32 below = subtract_f32(load_f32(logits + i * kFloatLanes), broadcast_f32(top));
    const VectorF32 e = exponential(max_f32(below, broadcast_f32(-80.0f)));
    store_f32(p + i * kFloatLanes, e);
    sums = add_f32(sums, e);
  }
  const float sum = sum_lanes_f32(sums);
  const VectorF32 inverse = broadcast_f32(1.0f / sum);
  const VectorF32 room = broadcast_f32(static_cast<float>((1 << kFloatTotalBits) - kFloatSymbols));
  uint32_t total = 0;
  int best = -1;
  for (int i = 0; i < kVectors; ++i) {
    const VectorF32 share = multiply_f32(load_f32(p + i * kFloatLanes), inverse);
    store_f32(p + i * kFloatLanes, share);
    store_truncated_f32(freq + i * kFloatLanes, multiply_f32(share, room));
  }
  for (int i = 0; i < kFloatSymbols; ++i) {
    freq[i] += 1;
    total += freq[i];
    if (best < 0 && logits[i] == top) best = i;
  }
  freq[best] += (1u << kFloatTotalBits) - total;  // may be less than nothing: modulo 2^32
}

// The mean of squares follows g^2 by a share; it never falls below `least`, which stands for the epsilon that others add.
void adam_f32(const FloatAdam* o, const float* g, float* w, float* v, float* m, size_t n) {
  const VectorF32 rate = broadcast_f32(-o->rate), share = broadcast_f32(o->share);
  const VectorF32 least = broadcast_f32(o->least), keep = broadcast_f32(o->keep);
  for (size_t i = 0; i < n; i += kFloatLanes) {
    VectorF32 slope = load_f32(g + i);
    const VectorF32 mean = load_f32(v + i);
    VectorF32 next = subtract_f32(multiply_f32(slope, slope), mean);
    next = max_f32(multiply_add_f32(share, next, mean), least);
    store_f32(v + i, next);
    if (m) {
      slope = multiply_add_f32(keep, subtract_f32(load_f32(m + i), slope), slope);
      store_f32(m + i, slope);
    }
    const VectorF32 ratio = clamp_f32(multiply_f32(slope, inverse_root(next)), o->clip);
    store_f32(w + i, clamp_f32(multiply_add_f32(rate, ratio, load_f32(w + i)), 64.0f));
  }
}

}  // namespace
}  // namespace fastnz::kernels

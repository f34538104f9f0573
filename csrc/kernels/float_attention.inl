// Attention and feed-forward units of networks that train while they code, forth and back, one row at a time. What enters a
// product is bounded, and so is every gradient, so that no number can leave fp32. Formulas: docs/online.md, sections 9 and 10.
#include "kernels/float.h"

namespace fastnz::kernels {
namespace {

constexpr float kFeatureBound = 256.0f;       // of queries and keys that are squared
constexpr float kFeatureGradientBound = 4096.0f;
constexpr float kLeastSum = 0x1p-20f;         // of the numerators of weights that are products of squares
constexpr float kUnitBound = 4096.0f;
constexpr float kGeluSlope = 1.702f;          // gelu(x) = x * logistic(1.702 x)

inline VectorF32 attended_key(const FloatAttention* a, int at, int place) {
  const size_t back = static_cast<size_t>(place) * a->stride;
  const size_t row = static_cast<size_t>(place) * static_cast<size_t>(a->heads * a->width);
  return add_f32(load_f32(a->key + at - back), load_f32(a->relative + row + at));
}

// Numerators of the places' weights, zero behind the last place; their sum is returned.
inline float exponential_weights(const FloatAttention* a, int head, float* weights) {
  const float* const offsets = a->offsets + static_cast<size_t>(head) * a->weights_stride;
  const int from = head * a->width, padded = (a->places + kFloatLanes - 1) / kFloatLanes * kFloatLanes;
  float top = 0.0f;
  for (int j = 0; j < a->places; ++j) {
    VectorF32 sum = broadcast_f32(0.0f);
    for (int i = 0; i < a->width; i += kFloatLanes)
      sum = multiply_add_f32(load_f32(a->query + from + i), attended_key(a, from + i, j), sum);
    weights[j] = sum_lanes_f32(sum) * a->scale + offsets[j];
    if (j == 0 || weights[j] > top) top = weights[j];
  }
  for (int j = a->places; j < padded; ++j) weights[j] = top;
  VectorF32 sums = broadcast_f32(0.0f);
  for (int j = 0; j < padded; j += kFloatLanes) {
    const VectorF32 below = subtract_f32(load_f32(weights + j), broadcast_f32(top));
    store_f32(weights + j, exponential(max_f32(below, broadcast_f32(-80.0f))));
    for (int k = a->places > j ? a->places - j : 0; k < kFloatLanes; ++k) weights[j + k] = 0.0f;
    sums = add_f32(sums, load_f32(weights + j));
  }
  return sum_lanes_f32(sums);
}

inline float squared_weights(const FloatAttention* a, int head, float* weights) {
  const int from = head * a->width, padded = (a->places + kFloatLanes - 1) / kFloatLanes * kFloatLanes;
  for (int j = 0; j < padded; ++j) weights[j] = 0.0f;
  for (int j = 0; j < a->places; ++j) {
    VectorF32 sum = broadcast_f32(0.0f);
    for (int i = 0; i < a->width; i += kFloatLanes) {
      const VectorF32 q = clamp_f32(load_f32(a->query + from + i), kFeatureBound);
      const VectorF32 k = clamp_f32(attended_key(a, from + i, j), kFeatureBound);
      sum = multiply_add_f32(multiply_f32(q, q), multiply_f32(k, k), sum);
    }
    weights[j] = sum_lanes_f32(sum);
  }
  VectorF32 sums = broadcast_f32(0.0f);
  for (int j = 0; j < padded; j += kFloatLanes) sums = add_f32(sums, load_f32(weights + j));
  return sum_lanes_f32(sums) + kLeastSum;
}

void attention_forward_f32(const FloatAttention* a) {
  for (int head = 0; head < a->heads; ++head) {
    float* const weights = a->weights + static_cast<size_t>(head) * a->weights_stride;
    const float sum = a->squares ? squared_weights(a, head, weights) : exponential_weights(a, head, weights);
    const float inverse = 1.0f / sum;
    a->inverses[head] = inverse;
    for (int j = 0; j < a->places; j += kFloatLanes)
      store_f32(weights + j, multiply_f32(load_f32(weights + j), broadcast_f32(inverse)));
    for (int i = head * a->width; i < (head + 1) * a->width; i += kFloatLanes) {
      VectorF32 out = broadcast_f32(0.0f);
      for (int j = 0; j < a->places; ++j)
        out = multiply_add_f32(broadcast_f32(weights[j]), load_f32(a->value + i - static_cast<size_t>(j) * a->stride), out);
      store_f32(a->out + i, out);
    }
  }
}

// Lanes of the gradient of the key at a place, as it is added to that of `relative`, and the query's so far.
inline void attention_back_through_key(const FloatAttention* a, int at, int place, float slope, VectorF32* query,
                                       VectorF32* to_query) {
  const size_t row = static_cast<size_t>(place) * static_cast<size_t>(a->heads * a->width);
  const VectorF32 d = broadcast_f32(slope);
  VectorF32 k = attended_key(a, at, place), factor = *query;
  if (a->squares) {
    k = clamp_f32(k, kFeatureBound);
    factor = multiply_f32(multiply_f32(*query, *query), add_f32(k, k));
    k = multiply_f32(k, k);
  }
  *to_query = multiply_add_f32(d, k, *to_query);
  store_f32(a->to_relative + row + at, multiply_add_f32(d, factor, load_f32(a->to_relative + row + at)));
  if (place >= a->learning) return;
  float* const to = a->to_key + at - static_cast<size_t>(place) * a->to_stride;
  store_f32(to, multiply_add_f32(d, factor, load_f32(to)));
}

void attention_backward_f32(const FloatAttention* a) {
  float slopes[kFloatPlaces];
  const int padded = (a->places + kFloatLanes - 1) / kFloatLanes * kFloatLanes;
  for (int head = 0; head < a->heads; ++head) {
    const int from = head * a->width;
    const float* const weights = a->weights + static_cast<size_t>(head) * a->weights_stride;
    for (int j = a->places; j < padded; ++j) slopes[j] = 0.0f;
    for (int j = 0; j < a->places; ++j) {
      VectorF32 sum = broadcast_f32(0.0f);
      for (int i = from; i < from + a->width; i += kFloatLanes) {
        const VectorF32 d = load_f32(a->from_above + i);
        sum = multiply_add_f32(d, load_f32(a->value + i - static_cast<size_t>(j) * a->stride), sum);
        if (j >= a->learning) continue;
        float* const to = a->to_value + i - static_cast<size_t>(j) * a->to_stride;
        store_f32(to, multiply_add_f32(broadcast_f32(weights[j]), d, load_f32(to)));
      }
      slopes[j] = sum_lanes_f32(sum);
    }
    VectorF32 means = broadcast_f32(0.0f);
    for (int j = 0; j < padded; j += kFloatLanes)
      means = multiply_add_f32(load_f32(weights + j), load_f32(slopes + j), means);
    const VectorF32 mean = broadcast_f32(sum_lanes_f32(means));
    for (int j = 0; j < padded; j += kFloatLanes) {
      VectorF32 slope = subtract_f32(load_f32(slopes + j), mean);
      if (a->squares) {
        slope = clamp_f32(multiply_f32(slope, broadcast_f32(a->inverses[head])), kFeatureGradientBound);
      } else {
        float* const to = a->to_offsets + static_cast<size_t>(head) * a->weights_stride + j;
        slope = clamp_f32(multiply_f32(load_f32(weights + j), slope), kGradientBound);
        store_f32(to, add_f32(load_f32(to), slope));
        slope = multiply_f32(slope, broadcast_f32(a->scale));
      }
      store_f32(slopes + j, slope);
    }
    for (int i = from; i < from + a->width; i += kFloatLanes) {
      VectorF32 query = load_f32(a->query + i), to_query = broadcast_f32(0.0f);
      if (a->squares) query = clamp_f32(query, kFeatureBound);
      for (int j = 0; j < a->places; ++j) attention_back_through_key(a, i, j, slopes[j], &query, &to_query);
      if (a->squares) to_query = multiply_f32(to_query, add_f32(query, query));
      store_f32(a->to_query + i, to_query);
    }
  }
}

// u has `inner` numbers, or if gated twice as many, the second half being what the first half's units let through.
void feed_forward_f32(const float* u, int inner, bool gated, float* out) {
  for (int i = 0; i < inner; i += kFloatLanes) {
    const VectorF32 x = load_f32(u + i);
    VectorF32 y = multiply_f32(x, logistic(multiply_f32(x, broadcast_f32(kGeluSlope))));
    if (gated) y = multiply_f32(y, load_f32(u + inner + i));
    store_f32(out + i, clamp_f32(y, kUnitBound));
  }
}

void feed_backward_f32(const float* u, int inner, bool gated, const float* d, float* to_u) {
  for (int i = 0; i < inner; i += kFloatLanes) {
    const VectorF32 x = load_f32(u + i), steep = multiply_f32(x, broadcast_f32(kGeluSlope));
    const VectorF32 s = logistic(steep);
    const VectorF32 rest = multiply_f32(s, subtract_f32(broadcast_f32(1.0f), s));
    const VectorF32 slope = multiply_add_f32(steep, rest, s);
    VectorF32 inward = load_f32(d + i);
    if (gated) {
      store_f32(to_u + inner + i, clamp_f32(multiply_f32(inward, multiply_f32(x, s)), kGradientBound));
      inward = multiply_f32(inward, load_f32(u + inner + i));
    }
    store_f32(to_u + i, clamp_f32(multiply_f32(inward, slope), kGradientBound));
  }
}

// x[i] = x[i] + y[i], or if y is null x[i], no farther from zero than the bound.
void add_bounded_f32(const float* y, float* x, float bound, size_t n) {
  for (size_t i = 0; i < n; i += kFloatLanes) {
    const VectorF32 a = load_f32(x + i);
    store_f32(x + i, clamp_f32(y ? add_f32(a, load_f32(y + i)) : a, bound));
  }
}

}  // namespace
}  // namespace fastnz::kernels

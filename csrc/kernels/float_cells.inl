// Units of recurrent networks that train while they code, forth and back, one stream at a time. Gradients are bounded where
// they enter a cell, so that no number can leave fp32. Formulas: docs/online.md, section 4.
#include "kernels/float.h"

namespace fastnz::kernels {
namespace {

constexpr float kGradientBound = 64.0f;

inline VectorF32 bounded_gradient(const float* p) { return clamp_f32(load_f32(p), kGradientBound); }
// d * y * (1 - y) and d * (1 - y^2): through the logistic function and the hyperbolic tangent.
inline VectorF32 through_logistic(VectorF32 d, VectorF32 y) {
  return multiply_f32(d, multiply_f32(y, subtract_f32(broadcast_f32(1.0f), y)));
}
inline VectorF32 through_tangent(VectorF32 d, VectorF32 y) {
  return multiply_f32(d, subtract_f32(broadcast_f32(1.0f), multiply_f32(y, y)));
}

void rnn_forward_f32(const FloatCell* c) {
  for (int i = 0; i < c->units; i += kFloatLanes) store_f32(c->after + i, hyperbolic_tangent(load_f32(c->from_input + i)));
}

void rnn_backward_f32(const FloatCell* c) {
  for (int i = 0; i < c->units; i += kFloatLanes)
    store_f32(c->to_input + i, through_tangent(bounded_gradient(c->from_above + i), load_f32(c->after + i)));
}

// gates: r, z, n and the state's product of n.
void gru_forward_f32(const FloatCell* c) {
  const int h = c->units;
  for (int i = 0; i < h; i += kFloatLanes) {
    const VectorF32 r = logistic(add_f32(load_f32(c->from_input + i), load_f32(c->from_state + i)));
    const VectorF32 z = logistic(add_f32(load_f32(c->from_input + h + i), load_f32(c->from_state + h + i)));
    const VectorF32 u = load_f32(c->from_state + 2 * h + i);
    const VectorF32 n = hyperbolic_tangent(multiply_add_f32(r, u, load_f32(c->from_input + 2 * h + i)));
    store_f32(c->gates + i, r);
    store_f32(c->gates + h + i, z);
    store_f32(c->gates + 2 * h + i, n);
    store_f32(c->gates + 3 * h + i, u);
    store_f32(c->after + i, multiply_add_f32(z, subtract_f32(load_f32(c->before + i), n), n));
  }
}

void gru_backward_f32(const FloatCell* c) {
  const int h = c->units;
  for (int i = 0; i < h; i += kFloatLanes) {
    const VectorF32 d = bounded_gradient(c->from_above + i), one = broadcast_f32(1.0f);
    const VectorF32 r = load_f32(c->gates + i), z = load_f32(c->gates + h + i);
    const VectorF32 n = load_f32(c->gates + 2 * h + i), u = load_f32(c->gates + 3 * h + i);
    const VectorF32 dn = through_tangent(multiply_f32(d, subtract_f32(one, z)), n);
    const VectorF32 dz = through_logistic(multiply_f32(d, subtract_f32(load_f32(c->before + i), n)), z);
    const VectorF32 dr = through_logistic(multiply_f32(dn, u), r);
    store_f32(c->to_input + i, dr);
    store_f32(c->to_input + h + i, dz);
    store_f32(c->to_input + 2 * h + i, dn);
    store_f32(c->to_state + i, dr);
    store_f32(c->to_state + h + i, dz);
    store_f32(c->to_state + 2 * h + i, multiply_f32(dn, r));
    store_f32(c->carried + i, multiply_f32(d, z));
  }
}

// gates: f, o, g and tanh(c). The input gate is 1 - f.
void lstm_forward_f32(const FloatCell* c) {
  const int h = c->units;
  for (int i = 0; i < h; i += kFloatLanes) {
    const VectorF32 f = logistic(load_f32(c->from_input + i)), o = logistic(load_f32(c->from_input + h + i));
    const VectorF32 g = hyperbolic_tangent(load_f32(c->from_input + 2 * h + i));
    const VectorF32 cell = multiply_add_f32(f, subtract_f32(load_f32(c->before + i), g), g);
    const VectorF32 t = hyperbolic_tangent(cell);
    store_f32(c->gates + i, f);
    store_f32(c->gates + h + i, o);
    store_f32(c->gates + 2 * h + i, g);
    store_f32(c->gates + 3 * h + i, t);
    store_f32(c->cell_after + i, cell);
    store_f32(c->after + i, multiply_f32(o, t));
  }
}

void lstm_backward_f32(const FloatCell* c) {
  const int h = c->units;
  for (int i = 0; i < h; i += kFloatLanes) {
    const VectorF32 d = bounded_gradient(c->from_above + i), one = broadcast_f32(1.0f);
    const VectorF32 f = load_f32(c->gates + i), o = load_f32(c->gates + h + i);
    const VectorF32 g = load_f32(c->gates + 2 * h + i), t = load_f32(c->gates + 3 * h + i);
    const VectorF32 cell = clamp_f32(add_f32(bounded_gradient(c->carried + i), through_tangent(multiply_f32(d, o), t)),
                                     kGradientBound);
    const VectorF32 df = multiply_f32(cell, subtract_f32(load_f32(c->before + i), g));
    store_f32(c->to_input + i, through_logistic(df, f));
    store_f32(c->to_input + h + i, through_logistic(multiply_f32(d, t), o));
    store_f32(c->to_input + 2 * h + i, through_tangent(multiply_f32(cell, subtract_f32(one, f)), g));
    store_f32(c->carried + i, multiply_f32(cell, f));
  }
}

// y = x / root(mean of x^2 + 1e-5), in place; returned: what x was multiplied by. out = gain * y + offset.
float norm_forward_f32(float* x, const float* gain, const float* offset, float* out, int n) {
  VectorF32 squares = broadcast_f32(0.0f);
  for (int i = 0; i < n; i += kFloatLanes) {
    const VectorF32 a = load_f32(x + i);
    squares = multiply_add_f32(a, a, squares);
  }
  const VectorF32 mean = broadcast_f32(sum_lanes_f32(squares) / static_cast<float>(n) + 1e-5f);
  const VectorF32 scale = inverse_root(mean);
  for (int i = 0; i < n; i += kFloatLanes) {
    const VectorF32 y = multiply_f32(load_f32(x + i), scale);
    store_f32(x + i, y);
    store_f32(out + i, multiply_add_f32(load_f32(gain + i), y, load_f32(offset + i)));
  }
  float one[kFloatLanes];
  store_f32(one, scale);
  return one[0];
}

// From the gradient d of out: of gain and offset (added to), and in d's place of what x was.
void norm_backward_f32(const float* y, float scale, const float* gain, float* d, float* d_gain, float* d_offset, int n) {
  VectorF32 products = broadcast_f32(0.0f);
  for (int i = 0; i < n; i += kFloatLanes) {
    const VectorF32 slope = load_f32(d + i), unit = load_f32(y + i);
    store_f32(d_gain + i, multiply_add_f32(slope, unit, load_f32(d_gain + i)));
    store_f32(d_offset + i, add_f32(slope, load_f32(d_offset + i)));
    const VectorF32 inner = multiply_f32(slope, load_f32(gain + i));
    store_f32(d + i, inner);
    products = multiply_add_f32(inner, unit, products);
  }
  const VectorF32 mean = broadcast_f32(-(sum_lanes_f32(products) / static_cast<float>(n)));
  for (int i = 0; i < n; i += kFloatLanes)
    store_f32(d + i, multiply_f32(broadcast_f32(scale), multiply_add_f32(mean, load_f32(y + i), load_f32(d + i))));
}

}  // namespace
}  // namespace fastnz::kernels

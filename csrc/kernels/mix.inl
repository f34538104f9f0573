// Dot product and gradient step of a mixer with 16-bit weights, written once over the lane type. Exact by construction:
// integer sums modulo 2^32 do not depend on their order, and the step of one weight depends on that weight only.
namespace fastnz::kernels {
namespace {

int32_t mix_dot_i16_i32(const int16_t* x, const int16_t* w, size_t n) {
  VectorI32 even = zero_i32(), odd = zero_i32();  // two chains hide the latency of multiply-add
  size_t i = 0;
  for (; i + 2 * kLanesI16 <= n; i += 2 * kLanesI16) {
    even = add_i32(even, multiply_add_pairs(load_i16(x + i), load_i16(w + i)));
    odd = add_i32(odd, multiply_add_pairs(load_i16(x + i + kLanesI16), load_i16(w + i + kLanesI16)));
  }
  for (; i < n; i += kLanesI16) even = add_i32(even, multiply_add_pairs(load_i16(x + i), load_i16(w + i)));
  return sum_i32(add_i32(even, odd));
}

void mix_train_i16_i32(const int16_t* x, int16_t* w, size_t n, int16_t err) {
  const VectorI16 scale = broadcast_i16(err);
  for (size_t i = 0; i < n; i += kLanesI16) {
    const VectorI16 step = multiply_round_high(load_i16(x + i), scale);
    store_i16(w + i, add_saturate_i16(load_i16(w + i), step));
  }
}

}  // namespace
}  // namespace fastnz::kernels

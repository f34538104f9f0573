// Kernels over bytes, written once over the lane type of the including object. The invariant: no byte at or beyond
// `max` is read, so the loop over full vectors is followed by one over single bytes.
namespace fastnz::kernels {
namespace {

size_t match_length(const uint8_t* a, const uint8_t* b, size_t max) {
  size_t i = 0;
  for (; i + kVectorBytes <= max; i += kVectorBytes) {
    const size_t same = equal_prefix(a + i, b + i);
    if (same != kVectorBytes) return i + same;
  }
  while (i < max && a[i] == b[i]) ++i;
  return i;
}

}  // namespace
}  // namespace fastnz::kernels

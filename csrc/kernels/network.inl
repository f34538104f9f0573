// Matrix times vectors in int8, and logits to frequencies, written once over the lane types (vector_<isa>.h and
// network_<isa>.h). A row's dot product is one sum of exact integers, so neither the order of summation nor the number
// of lanes that share a pass over the weights can be seen in the result. Arithmetic: docs/gru8.md, sections 3 and 4.
#include "kernels/network.h"

namespace fastnz::kernels {
namespace {

constexpr int kVectorsPerTile = kTileRows / static_cast<int>(kLanesI32);

// Tiles x Lanes accumulators stay in registers while one pass over the columns feeds them.
template <int Tiles, int Lanes>
inline void multiply_block(const NetworkMatrix* m, int tile, const int8_t* x, size_t x_stride, int32_t* out,
                           size_t out_stride) {
  constexpr int kVectors = Tiles * kVectorsPerTile;
  const size_t groups = static_cast<size_t>(m->columns) / kTileColumns;
  const int8_t* __restrict w = m->tiles + static_cast<size_t>(tile) * groups * kTileBytes;
  VectorI32 sum[kVectors * Lanes];
#pragma GCC unroll 64
  for (int i = 0; i < kVectors * Lanes; ++i)
    sum[i] = dot_start(m->offset + tile * kTileRows + i / Lanes * static_cast<int>(kLanesI32));
  for (size_t g = 0; g < groups; ++g) {
    DotInput input[Lanes];
#pragma GCC unroll 64
    for (int s = 0; s < Lanes; ++s)
      input[s] = broadcast_input(x + static_cast<size_t>(s) * x_stride + g * kTileColumns);
    DotWeights weights{};
#pragma GCC unroll 64
    for (int i = 0; i < kVectors * Lanes; ++i) {
      const int v = i / Lanes;
      if (i % Lanes == 0)
        weights = load_weights(w + (static_cast<size_t>(v / kVectorsPerTile) * groups + g) * kTileBytes +
                               static_cast<size_t>(v % kVectorsPerTile) * kLanesI32 * kTileColumns);
      sum[i] = dot_add(sum[i], weights, input[i % Lanes]);
    }
  }
#pragma GCC unroll 64
  for (int i = 0; i < kVectors * Lanes; ++i)
    store_i32(out + static_cast<size_t>(i % Lanes) * out_stride + static_cast<size_t>(tile) * kTileRows +
                  static_cast<size_t>(i / Lanes) * kLanesI32, sum[i]);
}

// All lanes meet the same few tiles before the next ones are read: the weights come from memory once.
template <int Tiles>
inline void multiply_lanes(const NetworkMatrix* m, int tile, const int8_t* x, size_t x_stride, int lanes, int32_t* out,
                           size_t out_stride) {
  int s = 0;
  for (; s + kDotLanes <= lanes; s += kDotLanes)
    multiply_block<Tiles, kDotLanes>(m, tile, x + static_cast<size_t>(s) * x_stride, x_stride,
                                     out + static_cast<size_t>(s) * out_stride, out_stride);
  for (; s < lanes; ++s)
    multiply_block<Tiles, 1>(m, tile, x + static_cast<size_t>(s) * x_stride, x_stride,
                             out + static_cast<size_t>(s) * out_stride, out_stride);
}

void multiply_i8(const NetworkMatrix* m, const int8_t* x, size_t x_stride, int lanes, int32_t* out, size_t out_stride) {
  const int tiles = m->rows / kTileRows;
  int tile = 0;
  if (lanes == 1)
    for (; tile + kDotTilesAlone <= tiles; tile += kDotTilesAlone)
      multiply_block<kDotTilesAlone, 1>(m, tile, x, x_stride, out, out_stride);
  for (; tile + kDotTiles <= tiles; tile += kDotTiles)
    multiply_lanes<kDotTiles>(m, tile, x, x_stride, lanes, out, out_stride);
  for (; tile < tiles; tile += 2) multiply_lanes<2>(m, tile, x, x_stride, lanes, out, out_stride);
}

template <int Tiles>
inline void multiply_changes_block(const NetworkMatrix* m, int tile, const int8_t* before, const int8_t* now,
                                   const uint16_t* groups, int count, int32_t* sums) {
  constexpr int kVectors = Tiles * kVectorsPerTile;
  const size_t stride = static_cast<size_t>(m->columns) / kTileColumns * kTileBytes;
  const int8_t* __restrict w = m->tiles + static_cast<size_t>(tile) * stride;
  int32_t* const out = sums + tile * kTileRows;
  ChangeSum sum[kVectors];
#pragma GCC unroll 64
  for (int v = 0; v < kVectors; ++v) sum[v] = change_start(out + v * static_cast<int>(kLanesI32));
  for (int i = 0; i < count; ++i) {
    const size_t g = groups[i];
    const DotInput old_input = broadcast_input(before + g * kTileColumns),
                   input = broadcast_input(now + g * kTileColumns);
#pragma GCC unroll 64
    for (int v = 0; v < kVectors; ++v) {
      const size_t at = static_cast<size_t>(v / kVectorsPerTile) * stride + g * kTileBytes +
                        static_cast<size_t>(v % kVectorsPerTile) * kLanesI32 * kTileColumns;
      sum[v] = dot_change(sum[v], load_weights(w + at), input, old_input);
    }
  }
#pragma GCC unroll 64
  for (int v = 0; v < kVectors; ++v) store_i32(out + v * static_cast<int>(kLanesI32), change_sum(sum[v]));
}

// Two products for each column that changed, none for the others: beyond some share of changes one product of all is
// faster.
void multiply_changes_i8(const NetworkMatrix* m, const int8_t* before, const int8_t* now, const uint16_t* groups,
                         int count, int32_t* sums) {
  if (count * 100 >= m->columns / kTileColumns * kChangesPercent) {
    multiply_i8(m, now, 0, 1, sums, 0);
    return;
  }
  const int tiles = m->rows / kTileRows;
  int tile = 0;
  for (; tile + kDotTilesAlone <= tiles; tile += kDotTilesAlone)
    multiply_changes_block<kDotTilesAlone>(m, tile, before, now, groups, count, sums);
  for (; tile < tiles; tile += 2) multiply_changes_block<2>(m, tile, before, now, groups, count, sums);
}

template <int Tiles>
inline void multiply_sparse_block(const NetworkMatrix* m, int tile, const int8_t* x, int signed_groups,
                                  const uint16_t* groups, int count, int32_t* out) {
  constexpr int kVectors = Tiles * kVectorsPerTile;
  const size_t stride = static_cast<size_t>(m->columns) / kTileColumns * kTileBytes;
  const int8_t* __restrict w = m->tiles + static_cast<size_t>(tile) * stride;
  const auto weights = [&](int v, size_t g) {
    return load_weights(w + static_cast<size_t>(v / kVectorsPerTile) * stride + g * kTileBytes +
                        static_cast<size_t>(v % kVectorsPerTile) * kLanesI32 * kTileColumns);
  };
  VectorI32 sum[kVectors];
#pragma GCC unroll 64
  for (int v = 0; v < kVectors; ++v)
    sum[v] = dot_start(m->offset + tile * kTileRows + v * static_cast<int>(kLanesI32));
  for (int i = 0; i < signed_groups; ++i) {
    const size_t g = static_cast<size_t>(i);
    const DotInput input = broadcast_input(x + g * kTileColumns);
#pragma GCC unroll 64
    for (int v = 0; v < kVectors; ++v) sum[v] = dot_add(sum[v], weights(v, g), input);
  }
  for (int i = 0; i < count; ++i) {
    const size_t g = groups[i];
    const PositiveInput input = broadcast_positive(x + g * kTileColumns);
#pragma GCC unroll 64
    for (int v = 0; v < kVectors; ++v) sum[v] = dot_add_positive(sum[v], weights(v, g), input);
  }
#pragma GCC unroll 64
  for (int v = 0; v < kVectors; ++v)
    store_i32(out + tile * kTileRows + v * static_cast<int>(kLanesI32), sum[v]);
}

void multiply_sparse_i8(const NetworkMatrix* m, const int8_t* x, int signed_columns, const uint16_t* groups, int count,
                        int32_t* out) {
  const int tiles = m->rows / kTileRows, signed_groups = signed_columns / kTileColumns;
  int tile = 0;
  for (; tile + kDotTilesAlone <= tiles; tile += kDotTilesAlone)
    multiply_sparse_block<kDotTilesAlone>(m, tile, x, signed_groups, groups, count, out);
  for (; tile < tiles; tile += 2) multiply_sparse_block<2>(m, tile, x, signed_groups, groups, count, out);
}

// scale(): (a * m + 2^(shift-1)) >> shift of 32-bit sums a with a row's multiplier.
inline VectorI32 rescale(const int32_t* a, const int16_t* multiplier, VectorI32 half, ShiftCount shift) {
  return shift_right_by_i32(add_i32(multiply_i32(load_i32(a), widen_i16(multiplier)), half), shift);
}

void nibble_sums(const uint32_t* freq, uint32_t* sums) {
  for (int nibble = 0; nibble < 16; ++nibble) {
    VectorI32 sum = zero_i32();
    for (int i = 0; i < 16; i += static_cast<int>(kLanesI32))
      sum = add_i32(sum, load_i32(reinterpret_cast<const int32_t*>(freq) + 16 * nibble + i));
    sums[nibble] = static_cast<uint32_t>(sum_i32(sum));
  }
}

void nibble_odds_q10(const uint32_t* freq, int16_t* odds) {
  alignas(64) int32_t tree[32];  // sums of the leaves below each node; a node's children are 2n and 2n + 1
  tree[0] = tree[1] = 1;
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) tree[16 + i] = static_cast<int32_t>(freq[i]);
#pragma GCC unroll 16
  for (int n = 15; n > 1; --n) tree[n] = tree[2 * n] + tree[2 * n + 1];
  for (int i = 0; i < 32; i += static_cast<int>(kLanesI32)) {
    const VectorI32 exponent_and_m = shift_right_i32<13>(float_bits_i32(load_i32(tree + i)));
    const VectorI32 m = and_i32(exponent_and_m, broadcast_i32(1023));
    const VectorI32 slope = subtract_i32(broadcast_i32(436), shift_right_i32<10>(multiply_i32(m, broadcast_i32(164))));
    const VectorI32 bow = multiply_i32(multiply_i32(m, subtract_i32(broadcast_i32(1024), m)), slope);
    store_i32(tree + i, add_i32(exponent_and_m, shift_right_i32<20>(bow)));
  }
  odds[0] = 0;
#pragma GCC unroll 16
  for (int n = 1; n < 16; ++n) odds[n] = static_cast<int16_t>(tree[2 * n + 1] - tree[2 * n]);
}

int32_t logits_q12(const NetworkMatrix* m, const int32_t* a, const int32_t* bias, int32_t* logits) {
  const VectorI32 half = broadcast_i32(1 << (m->shift - 1));
  const ShiftCount shift = shift_count(m->shift);
  VectorI32 greatest = broadcast_i32(-2147483647 - 1);
  for (int i = 0; i < kNetworkSymbols; i += static_cast<int>(kLanesI32)) {
    const VectorI32 l = add_i32(rescale(a + i, m->multiplier + i, half, shift), load_i32(bias + i));
    store_i32(logits + i, l);
    greatest = max_i32(greatest, l);
  }
  return greatest_i32(greatest);
}

// `top` is the greatest logit.
inline void softmax_below(int32_t top, const int32_t* logits, uint32_t* freq) {
  constexpr int kStep = static_cast<int>(kLanesI32);
  alignas(64) int32_t e[kNetworkSymbols];
  const VectorI32 from = broadcast_i32(top), most = broadcast_i32(98303), below_one = broadcast_i32(4095);
  const VectorI32 c0 = broadcast_i32(262144), c1 = broadcast_i32(181294), c2 = broadcast_i32(60592),
                  c3 = broadcast_i32(10383);
  VectorI32 sum = zero_i32();
  for (int i = 0; i < kNetworkSymbols; i += kStep) {
    const VectorI32 d = min_i32(subtract_i32(from, load_i32(logits + i)), most);
    const VectorI32 p = and_i32(d, below_one);
    VectorI32 y = subtract_i32(c2, shift_right_i32<12>(multiply_i32(p, c3)));
    y = subtract_i32(c1, shift_right_i32<12>(multiply_i32(p, y)));
    y = subtract_i32(c0, shift_right_i32<12>(multiply_i32(p, y)));
    y = shift_right_each_i32(shift_left_i32<4>(y), shift_right_i32<12>(d));
    store_i32(e + i, y);
    sum = add_i32(sum, y);
  }
  constexpr uint32_t kTotal = uint32_t{1} << kNetworkTotalBits;
  const uint64_t free = static_cast<uint64_t>(kTotal - kNetworkSymbols) << 32;
  const uint32_t reciprocal = static_cast<uint32_t>(free / static_cast<uint32_t>(sum_i32(sum)));
  const VectorI32 r = broadcast_i32(static_cast<int32_t>(reciprocal)), one = broadcast_i32(1);
  sum = zero_i32();
  for (int i = 0; i < kNetworkSymbols; i += kStep) {
    const VectorI32 n = add_i32(multiply_high_u32(load_i32(e + i), r), one);
    store_i32(reinterpret_cast<int32_t*>(freq) + i, n);
    sum = add_i32(sum, n);
  }
  int first = 0;
  while (logits[first] != top) ++first;
  freq[first] += kTotal - static_cast<uint32_t>(sum_i32(sum));
}

void softmax_q22(const int32_t* logits, uint32_t* freq) {
  VectorI32 greatest = broadcast_i32(-2147483647 - 1);
  for (int i = 0; i < kNetworkSymbols; i += static_cast<int>(kLanesI32)) greatest = max_i32(greatest, load_i32(logits + i));
  softmax_below(greatest_i32(greatest), logits, freq);
}

void frequencies_q22(const NetworkMatrix* m, const int32_t* a, const int32_t* bias, uint32_t* freq) {
  alignas(64) int32_t logits[kNetworkSymbols];
  const int32_t top = logits_q12(m, a, bias, logits);
  softmax_below(top, logits, freq);
}

}  // namespace
}  // namespace fastnz::kernels

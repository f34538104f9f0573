// Products of weights with the inputs of many lanes, and with them a step of the network's units: from features, last byte and
// state to the new state (docs/gru8.md, sections 2 and 3). Invariant: a thread's sums are what its own gates need.
#pragma once

#include "cuda/gru8_layout.h"
#include "cuda/simt.h"

namespace fastnz::cuda {

// Tiles x 4 N-tiles of 8 lanes: sums of `columns` / 32 tiles of weights with rows of inputs.
template <int Tiles, int LaneTiles>
FASTNZ_KERNEL void multiply(int32_t (&sum)[Tiles][LaneTiles][4], const uint8_t* weights, const uint8_t* inputs, int stride,
                            int columns) {
  const int thread = thread_in_block() % kWarpThreads;
  const uint8_t* w = weights + 16 * thread;
  const uint8_t* x = inputs + (thread >> 2) * stride + 8 * (thread & 3);
  Words4 next[Tiles];
  FASTNZ_UNROLL
  for (int t = 0; t < Tiles; ++t) next[t] = *reinterpret_cast<const Words4*>(w + t * kTileBytes);
  FASTNZ_ROLLED
  for (int column = 0; column < columns; column += kTileColumns) {
    Words4 now[Tiles];
    FASTNZ_UNROLL
    for (int t = 0; t < Tiles; ++t) now[t] = next[t];
    if (column + kTileColumns < columns) {
      w += Tiles * kTileBytes;
      FASTNZ_UNROLL
      for (int t = 0; t < Tiles; ++t) next[t] = *reinterpret_cast<const Words4*>(w + t * kTileBytes);
    }
    Words2 input[LaneTiles];
    FASTNZ_UNROLL
    for (int n = 0; n < LaneTiles; ++n)
      input[n] = *reinterpret_cast<const Words2*>(x + 8 * n * stride + column);
    FASTNZ_UNROLL
    for (int t = 0; t < Tiles; ++t) {
      FASTNZ_UNROLL
      for (int n = 0; n < LaneTiles; ++n) multiply_add(sum[t][n], now[t], input[n]);
    }
  }
  sums_are_wanted();
}

FASTNZ_KERNEL int32_t low_half(uint32_t word) { return static_cast<int16_t>(word & 0xFFFFu); }
FASTNZ_KERNEL int32_t high_half(uint32_t word) { return static_cast<int16_t>(word >> 16); }
FASTNZ_KERNEL int32_t half_of(uint32_t word, int which) { return which ? high_half(word) : low_half(word); }
FASTNZ_KERNEL uint32_t pack_halves(int32_t low, int32_t high) {
  return (static_cast<uint32_t>(low) & 0xFFFFu) | static_cast<uint32_t>(high) << 16;
}

// The new state of 16 units in 32 lanes. `scales` and `x` are this thread's; so is `state`, 2 x 8 int16 apart by a warp.
FASTNZ_KERNEL void step_units(const Gru8Network& net, const HalfPiece* pieces, const uint8_t* weights, int tile,
                              const uint32_t* last_byte, const uint8_t* features, const uint8_t* h8, uint8_t* new_h8,
                              int16_t* state) {
  constexpr int kLaneTiles = kGroupLanes / 8;
  const int thread = thread_in_block() % kWarpThreads, g = thread >> 2, q = thread & 3;
  const int columns = net.features(), feature_stride = row_stride(columns), stride = row_stride(net.hidden);
  const Words4* const scales =
      reinterpret_cast<const Words4*>(net.gate_scales + (static_cast<size_t>(tile) * 8 + static_cast<size_t>(g)) * 16);
  const Words4 scale_a = scales[0], scale_b = scales[1];
  const uint32_t mh[3] = {scale_a.w[0], scale_a.w[1], scale_a.w[2]}, mf[3] = {scale_a.w[3], scale_b.w[0], scale_b.w[1]};
  const uint32_t bias = scale_b.w[2];

  // What the features and the last byte give, with X: r and z keep 32 bits, n is v_i.
  int32_t part[kGateTiles][kLaneTiles][4] = {};
  multiply<kGateTiles, kLaneTiles>(part, weights, features, feature_stride, columns);
  const int32_t half_f = 1 << (net.feature_shift - 1), half_h = 1 << (net.state_shift - 1);
  FASTNZ_UNROLL
  for (int n = 0; n < kLaneTiles; ++n) {
    FASTNZ_UNROLL
    for (int c = 0; c < 2; ++c) {
      const uint32_t byte = last_byte[8 * n + 2 * q + c];
      const Words4 x = *reinterpret_cast<const Words4*>(
          net.bytes + ((static_cast<size_t>(byte) * static_cast<size_t>(net.unit_tiles()) + static_cast<size_t>(tile)) * 8 +
                       static_cast<size_t>(g)) * 8);
      FASTNZ_UNROLL
      for (int t = 0; t < kGateTiles; ++t) {
        FASTNZ_UNROLL
        for (int unit = 0; unit < 2; ++unit) {
          int32_t& v = part[t][n][2 * unit + c];
          v = scale(v, half_of(mf[t], unit), half_f, net.feature_shift) + half_of(x.w[t], unit);
        }
      }
    }
  }
  int32_t sum[kGateTiles][kLaneTiles][4] = {};
  multiply<kGateTiles, kLaneTiles>(sum, weights + columns / kTileColumns * kGateTiles * kTileBytes, h8, stride,
                                   net.hidden);
  FASTNZ_UNROLL
  for (int pair = 0; pair < 2; ++pair) {
    Words4* const kept = reinterpret_cast<Words4*>(state + (pair * kWarpThreads + thread) * 8);
    const Words4 before = *kept;
    Words4 after;
    FASTNZ_UNROLL
    for (int i = 0; i < 4; ++i) {
      const int n = 2 * pair + (i >> 1), c = i & 1;
      int32_t h[2];
      FASTNZ_UNROLL
      for (int unit = 0; unit < 2; ++unit) {
        const int at = 2 * unit + c;
        const auto from_state = [&](int t) {
          return scale(sum[t][n][at], half_of(mh[t], unit), half_h, net.state_shift);
        };
        h[unit] = gru_unit(pieces, sat16(part[0][n][at] + from_state(0)), sat16(part[1][n][at] + from_state(1)),
                           sat16(from_state(2) + half_of(bias, unit)), sat16(part[2][n][at]),
                           half_of(before.w[i], unit));
      }
      after.w[i] = pack_halves(h[0], h[1]);
      const uint32_t bytes = (static_cast<uint32_t>(upper_byte(h[0])) & 0xFFu) |
                             (static_cast<uint32_t>(upper_byte(h[1])) & 0xFFu) << 8;
      *reinterpret_cast<uint16_t*>(new_h8 + (8 * n + 2 * q + c) * stride + kUnitsPerTile * tile + 2 * g) =
          static_cast<uint16_t>(bytes);
    }
    *kept = after;
  }
}

}  // namespace fastnz::cuda

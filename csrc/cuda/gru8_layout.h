// Where the numbers of a network `gru8` lie on a device, and what of them a block keeps in its shared memory. Invariant:
// the order of rows and columns here is the order in which the matrix instruction hands its results to threads, so no
// thread ever exchanges a sum with another. Plain data and index arithmetic; docs/cuda.md draws it.
//
// Tile: 16 rows by 32 columns in the order of the instruction's operand a, 16 bytes for each of 32 threads. Thread
// 4 g + q meets columns 8 q to 8 q + 7 of the 32, not 4 q.. and 16 + 4 q..: any order serves, as long as the inputs have
// the same, and this one makes a thread's share of the inputs one load.
//   gates:  for each 16 units u, for each 32 columns of [f ; h8], the tiles of r, z and n
//   logits: for each half of the symbols, for each 32 columns of [h8 ; f], 8 tiles
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cuda/numerics.h"

namespace fastnz::cuda {

inline constexpr int kTileBytes = 512;
inline constexpr int kTileColumns = 32;
inline constexpr int kUnitsPerTile = 16;
inline constexpr int kGateTiles = 3;           // r, z, n
inline constexpr int kLogitTiles = 8;          // of one half of the symbols
inline constexpr int kGroupLanes = 32;         // lanes that four warps step together
inline constexpr int kGroupWarps = 4;
inline constexpr int kGroupThreads = 32 * kGroupWarps;
inline constexpr int kMostGroups = 2;          // of a block: with more, a thread would have too few registers

// Rows of a tile: thread 4 g + q gets the sums of rows g and g + 8, so these are neighbours: a thread's two units lie in
// one 32-bit word of int16, and its symbols follow one another.
FASTNZ_BOTH int unit_of_row(int row) { return 2 * (row & 7) + (row >> 3); }
FASTNZ_BOTH int symbol_of_row(int half, int tile, int row) { return 128 * half + 16 * (row & 7) + 2 * tile + (row >> 3); }

struct Gru8Network {
  const uint8_t* gates;
  const int16_t* gate_scales;   // [H / 16][8][16]: of a thread's two units mh r, z, n, mf r, z, n, bn; 4 bytes unused
  const int16_t* bytes;         // X: [256][H / 16][8][8]: r, z, n of a thread's two units; 4 bytes unused
  const int8_t* tables;         // [4][2^b][D]
  const uint8_t* logits;
  const int16_t* logit_scales;  // [256]
  const int32_t* logit_biases;  // [256]
  int32_t hidden, depth, bits;
  int32_t state_shift, feature_shift, logit_shift;

  FASTNZ_BOTH int features() const { return kFeatureTables * depth; }
  FASTNZ_BOTH int inputs() const { return hidden + features(); }
  FASTNZ_BOTH int unit_tiles() const { return hidden / kUnitsPerTile; }
  FASTNZ_BOTH int gate_block() const { return inputs() / kTileColumns * kGateTiles * kTileBytes; }  // of 16 units
  FASTNZ_BOTH int logit_block() const { return inputs() / kTileColumns * kLogitTiles * kTileBytes; }  // of 128 symbols
};

// Inputs of a lane lie in a row of bytes; eight rows by 8 bytes must meet all banks of shared memory once.
FASTNZ_BOTH int row_stride(int columns) { return columns % 64 == 0 ? columns + 32 : columns; }

// Shared memory of a block: first what its groups need, then as much of the weights as fits.
struct Gru8Plan {
  int32_t groups;             // of 32 lanes
  int32_t group_bytes;
  int32_t mix_bytes;          // of what mixing needs; 0 without
  int32_t logit_halves;       // 0 to 2 of the two blocks of logits' weights
  int32_t gate_blocks;        // 0 to H / 16 of the gates' weights
  int32_t shared_bytes;
};

// Threads of a block; with mixing a warp more for each group.
FASTNZ_BOTH int block_threads(const Gru8Plan& plan) {
  return plan.groups * (kGroupThreads + (plan.mix_bytes > 0 ? kWarpThreads : 0));
}

inline constexpr int kBlockBytes = kHalfPieces * static_cast<int>(sizeof(HalfPiece));  // tables of the whole block

// The group's own: numbers of each lane, then its inputs.
struct Gru8Group {
  uint32_t byte[kGroupLanes];       // the last byte
  uint32_t symbol[kGroupLanes];     // what this step codes
  uint32_t target[kGroupLanes];     // decoding: where it lies in [0, 2^22)
  uint32_t cum[kGroupLanes], freq[kGroupLanes];
  // What the two warps that share a lane tell each other, by half of the symbols.
  int32_t top[2][kGroupLanes];
  uint32_t sum[2][kGroupLanes], first[2][kGroupLanes], total[2][kGroupLanes], below[2][kGroupLanes];
};

FASTNZ_BOTH int group_bytes(const Gru8Network& net) {
  return static_cast<int>(sizeof(Gru8Group)) +
         kGroupLanes * (2 * row_stride(net.hidden) + row_stride(net.features()));
}

// As the groups' inputs leave room: the logits' weights are read once for 16 lanes, so they come first, then the gates',
// which are read once for 32.
FASTNZ_BOTH Gru8Plan plan_gru8(const Gru8Network& net, int groups, int mix_bytes, int most_shared) {
  Gru8Plan plan = {groups, group_bytes(net), mix_bytes, 0, 0, 0};
  int used = kBlockBytes + groups * plan.group_bytes + mix_bytes;
  for (; plan.logit_halves < 2 && used + net.logit_block() <= most_shared; ++plan.logit_halves) used += net.logit_block();
  for (; plan.gate_blocks < net.unit_tiles() && used + net.gate_block() <= most_shared; ++plan.gate_blocks)
    used += net.gate_block();
  plan.shared_bytes = used;
  return plan;
}

}  // namespace fastnz::cuda

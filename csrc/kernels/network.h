// What the loops of integer networks work on: int8 matrices in tiles, plain data owned by models. A tile is 16 rows by
// 4 columns, one row's four bytes after the other; the tiles of 16 rows follow each other by rising column, then come
// the next 16 rows. So every instruction set reads weights in order, and four bytes of input meet 16 rows at a time.
// Invariant: accumulators are exact (docs/gru8.md, section 6, gives the bound); weights are in -127..127.
#pragma once

#include <stdint.h>

namespace fastnz::kernels {

inline constexpr int kTileRows = 16;
inline constexpr int kTileColumns = 4;
inline constexpr int kTileBytes = kTileRows * kTileColumns;
inline constexpr int kNetworkSymbols = 256;
inline constexpr int kNetworkTotalBits = 22;  // sum of the frequencies of a step

struct NetworkMatrix {
  const int8_t* tiles;        // [rows / 16][columns / 4][16][4]
  const int32_t* offset;      // [rows]: -128 * (sum of the row), for inputs that an instruction set shifts by 128
  const int16_t* multiplier;  // [rows]: a row's scale is multiplier * 2^-shift
  int32_t rows;               // a multiple of 32
  int32_t columns;            // a multiple of 32
  int32_t shift;              // 4 to 24
};

}  // namespace fastnz::kernels

// How the cases of integer networks draw their numbers: over the whole type, extremes only, or small; matrices in
// tiles; and row scales with sums that come as near to 2^31 as they may.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "digest.h"
#include "kernels/network.h"

namespace fastnz::selftest {

enum class Draw { kAll, kExtreme, kSmall };
constexpr Draw kDraws[] = {Draw::kAll, Draw::kExtreme, Draw::kSmall};

inline int32_t draw(Random* random, Draw how, int32_t low, int32_t high) {
  if (how == Draw::kExtreme) {
    const int32_t values[] = {low, low + 1, -1, 0, 1, high - 1, high};
    return values[random->below(7)];
  }
  if (how == Draw::kSmall) return static_cast<int32_t>(random->below(17)) - 8;
  const uint32_t span = static_cast<uint32_t>(high) - static_cast<uint32_t>(low);  // may be more than an int32_t holds
  return static_cast<int32_t>(static_cast<uint32_t>(low) + random->below(span + 1));
}

template <typename T>
std::vector<T> draw_all(Random* random, Draw how, size_t size, int32_t low, int32_t high) {
  std::vector<T> values(size);
  for (T& value : values) value = static_cast<T>(draw(random, how, low, high));
  return values;
}

struct Matrix {
  Matrix(Random* random, Draw how, int rows, int columns)
      : tiles(draw_all<int8_t>(random, how, static_cast<size_t>(rows * columns), -127, 127)),
        offset(static_cast<size_t>(rows), 0) {
    const int groups = columns / kernels::kTileColumns;
    for (size_t i = 0; i < tiles.size(); ++i) {
      const size_t tile = i / kernels::kTileBytes, row = i % kernels::kTileBytes / kernels::kTileColumns;
      offset[tile / static_cast<size_t>(groups) * kernels::kTileRows + row] -= 128 * tiles[i];
    }
    matrix = {tiles.data(), offset.data(), nullptr, rows, columns, 0};
  }
  int32_t at(int row, int column) const {
    const int tile = row / kernels::kTileRows * (matrix.columns / kernels::kTileColumns) +
                     column / kernels::kTileColumns;
    return tiles[static_cast<size_t>(tile * kernels::kTileBytes + row % kernels::kTileRows * kernels::kTileColumns +
                                     column % kernels::kTileColumns)];
  }
  std::vector<int8_t> tiles;
  std::vector<int32_t> offset;
  kernels::NetworkMatrix matrix;
};

// Row scales and the greatest |a| for which scale() does not wrap.
struct Scales {
  Scales(Random* random, int rows, int shift_in)
      : multiplier(draw_all<int16_t>(random, Draw::kAll, static_cast<size_t>(rows), 0, 300)), shift(shift_in) {
    multiplier[random->below(static_cast<uint32_t>(rows))] = 32767;
    matrix = {nullptr, nullptr, multiplier.data(), rows, 32, shift};
  }
  std::vector<int32_t> draw_sums(Random* random, Draw how) const {
    std::vector<int32_t> sums(multiplier.size());
    for (size_t i = 0; i < sums.size(); ++i) {
      const int64_t room = (int64_t{1} << 31) - 1 - (int64_t{1} << (shift - 1));
      const int64_t most = multiplier[i] == 0 ? 1 << 28 : room / multiplier[i];
      // Around the size at which a q11 or q12 result is of some units, unless extremes are wanted.
      const int64_t usual = multiplier[i] == 0 ? most : (int64_t{60000} << shift) / multiplier[i];
      const int64_t bound = how == Draw::kAll ? std::min(most, usual) : std::min<int64_t>(most, 1 << 28);
      sums[i] = draw(random, how == Draw::kExtreme ? how : Draw::kAll, static_cast<int32_t>(-bound),
                     static_cast<int32_t>(bound));
    }
    return sums;
  }
  std::vector<int16_t> multiplier;
  int shift;
  kernels::NetworkMatrix matrix;
};

}  // namespace fastnz::selftest

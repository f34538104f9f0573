// A matrix of a network, laid out for the kernels with all that they want beside it. Invariant: no row's products and
// their scaling can leave 32 bits for any input in -128..127 (docs/gru8.md, section 6); immutable.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/span.h"
#include "kernels/network.h"

namespace fastnz::models {

class TiledMatrix {
 public:
  // Throws kCorrupt, naming the matrix, on a weight of -128, a negative multiplier or a row that could wrap.
  // Precondition: sizes of `rows` and `multipliers` are those of the counts.
  TiledMatrix(base::ByteSpan rows, base::ByteSpan multipliers, int row_count, int column_count, int shift,
              const std::string& name);
  TiledMatrix(TiledMatrix&&) = default;  // what it owns stays where it is
  const kernels::NetworkMatrix& get() const noexcept { return matrix_; }
  TiledMatrix(const TiledMatrix&) = delete;
  TiledMatrix& operator=(const TiledMatrix&) = delete;

 private:
  struct alignas(64) Tile {
    int8_t bytes[kernels::kTileBytes];
  };
  std::vector<Tile> tiles_;
  std::vector<int32_t> offset_;
  std::vector<int16_t> multiplier_;
  kernels::NetworkMatrix matrix_{};
};

}  // namespace fastnz::models

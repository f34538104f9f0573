// Every row is summed once, before anything of it is used.
#include "models/network/tiled_matrix.h"

#include <cstring>

#include "base/error.h"
#include "models/network/sections.h"

namespace fastnz::models {
namespace {

[[noreturn]] void corrupt(const std::string& what) {
  throw base::Error(base::ErrorKind::kCorrupt, "weights of " + what);
}

}  // namespace

TiledMatrix::TiledMatrix(base::ByteSpan rows, base::ByteSpan multipliers, int row_count, int column_count, int shift,
                         const std::string& name)
    : tiles_(rows.size() / kernels::kTileBytes),
      offset_(static_cast<size_t>(row_count)),
      multiplier_(copy_elements<int16_t>(multipliers)) {
  const size_t columns = static_cast<size_t>(column_count);
  const size_t groups = columns / kernels::kTileColumns;
  for (size_t r = 0; r < offset_.size(); ++r) {
    const uint8_t* const row = rows.data() + r * columns;
    int32_t sum = 0, size = 0, lowest = 0;
    for (size_t c = 0; c < columns; ++c) {
      const int32_t w = static_cast<int8_t>(row[c]);
      sum += w;
      size += w < 0 ? -w : w;
      lowest = w < lowest ? w : lowest;
    }
    const std::string where = name + ", row " + std::to_string(r);
    if (lowest == -128) corrupt(where + ": a weight of -128");
    if (multiplier_[r] < 0) corrupt(where + ": multiplier " + std::to_string(multiplier_[r]));
    const int64_t most = int64_t{128} * size * multiplier_[r] + (int64_t{1} << (shift - 1));
    if (most >= int64_t{1} << 31) corrupt(where + ": its products could leave 32 bits");
    offset_[r] = -128 * sum;
    for (size_t g = 0; g < groups; ++g)
      std::memcpy(tiles_[r / kernels::kTileRows * groups + g].bytes + r % kernels::kTileRows * kernels::kTileColumns,
                  row + g * kernels::kTileColumns, kernels::kTileColumns);
  }
  matrix_ = {tiles_.data()->bytes, offset_.data(), multiplier_.data(), row_count, column_count, shift};
}

}  // namespace fastnz::models

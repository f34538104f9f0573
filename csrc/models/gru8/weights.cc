// Checks first, copies after: every size is proven from the shape before anything is reserved.
#include "models/gru8/weights.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace fastnz::models {
namespace {

using base::ByteSpan;
using base::Error;
using base::ErrorKind;

constexpr size_t kSections = 12;
constexpr size_t kShapeBytes = 16, kMaxNotes = 65536;
constexpr int kMinShift = 4, kMaxShift = 24;
constexpr int32_t kMaxLogitBias = 1 << 20;

[[noreturn]] void corrupt(const std::string& what) { throw Error(ErrorKind::kCorrupt, "weights of gru8: " + what); }

template <typename T>
std::vector<T> copy_elements(ByteSpan bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

void require_bounds(const char* name, int value, int low, int high, int multiple) {
  if (value >= low && value <= high && value % multiple == 0) return;
  throw Error(ErrorKind::kUnsupported, "weights of gru8: " + std::string(name) + " is " + std::to_string(value) +
                                           ", this build takes multiples of " + std::to_string(multiple) + " from " +
                                           std::to_string(low) + " to " + std::to_string(high));
}

}  // namespace

TiledMatrix::TiledMatrix(ByteSpan rows, ByteSpan multipliers, int row_count, int column_count, int shift,
                         const char* name)
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
    const std::string where = std::string(name) + ", row " + std::to_string(r);
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

// The sections by name, with sizes that fit the shape.
struct Gru8Weights::Sections {
  explicit Sections(std::span<const ByteSpan> sections) {
    if (sections.size() != kSections)
      corrupt(std::to_string(sections.size()) + " sections, expected " + std::to_string(kSections));
    const ByteSpan head = sections[0];
    if (head.size() != kShapeBytes) corrupt("a shape of " + std::to_string(head.size()) + " bytes, expected 16");
    shape.hidden = base::load_le<uint16_t>(head.data());
    shape.depth = base::load_le<uint16_t>(head.data() + 2);
    shape.bits = head[4];
    require_bounds("the number of hidden units", shape.hidden, 32, 1024, 32);
    require_bounds("the size of a table's row", shape.depth, 8, 64, 8);
    require_bounds("the logarithm of a table's rows", shape.bits, 8, 18, 1);
    require_bounds("the feature set", head[5], 1, 1, 1);
    shift_state = head[6];
    shift_features = head[7];
    shift_logits = head[8];
    for (const int shift : {shift_state, shift_features, shift_logits})
      if (shift < kMinShift || shift > kMaxShift) corrupt("a shift of " + std::to_string(shift) + ", expected 4 to 24");
    if (std::any_of(head.begin() + 9, head.end(), [](uint8_t byte) { return byte != 0; }))
      corrupt("reserved bytes of the shape are not zero");

    const size_t rows = 3 * static_cast<size_t>(shape.hidden), hidden = rows / 3;
    const size_t features = static_cast<size_t>(shape.features());
    const auto take = [&](size_t index, const char* name, size_t size) {
      if (sections[index].size() != size)
        corrupt(std::string(name) + " has " + std::to_string(sections[index].size()) + " bytes, its shape has " +
                std::to_string(size));
      return sections[index];
    };
    tables = take(1, "tables", (features << shape.bits));
    x = take(2, "X", 2 * 256 * rows);
    wh = take(3, "Wh", rows * hidden);
    mh = take(4, "mh", 2 * rows);
    wf = take(5, "Wf", rows * features);
    mf = take(6, "mf", 2 * rows);
    bn = take(7, "bn", 2 * hidden);
    wo = take(8, "Wo", 256 * (hidden + features));
    mo = take(9, "mo", 2 * 256);
    bo = take(10, "bo", 4 * 256);
    if (sections[11].size() > kMaxNotes) corrupt("notes of " + std::to_string(sections[11].size()) + " bytes");
    for (const ByteSpan section : sections) total += section.size();
  }
  Gru8Shape shape;
  int shift_state = 0, shift_features = 0, shift_logits = 0;
  ByteSpan tables, x, wh, mh, wf, mf, bn, wo, mo, bo;
  size_t total = 0;
};

Gru8Weights::Gru8Weights(uint64_t id, std::span<const ByteSpan> sections) : Gru8Weights(id, Sections(sections)) {}

Gru8Weights::Gru8Weights(uint64_t id, const Sections& s)
    : Weights(id, "gru8"),
      shape_(s.shape),
      tables_(copy_elements<int8_t>(s.tables)),
      bytes_(copy_elements<int16_t>(s.x)),
      from_state_(s.wh, s.mh, 3 * shape_.hidden, shape_.hidden, s.shift_state, "Wh"),
      from_features_(s.wf, s.mf, 3 * shape_.hidden, shape_.features(), s.shift_features, "Wf"),
      to_logits_(s.wo, s.mo, 256, shape_.inputs(), s.shift_logits, "Wo"),
      gate_bias_(copy_elements<int16_t>(s.bn)),
      logit_bias_(copy_elements<int32_t>(s.bo)),
      memory_(s.total + 4 * (6 * static_cast<size_t>(shape_.hidden) + 256)) {
  for (const int32_t bias : logit_bias_)
    if (bias < -kMaxLogitBias || bias > kMaxLogitBias) corrupt("a logit's bias of " + std::to_string(bias));
  gates_ = {&from_state_.get(), &from_features_.get(), gate_bias_.data(), shape_.hidden};
}

}  // namespace fastnz::models

// Checks first, copies after: every size is proven from the shape before anything is reserved.
#include "models/transformer8/weights.h"

#include <string>

#include "base/bytes.h"
#include "models/network/sections.h"

namespace fastnz::models {
namespace {

using base::ByteSpan;

constexpr size_t kSections = 16;

// Twice the row of each head, the greatest distance first, so that the biases of slots in any rotation are contiguous.
std::vector<int16_t> turned(ByteSpan rows, size_t heads, size_t window) {
  const auto by_distance = copy_elements<int16_t>(rows);
  std::vector<int16_t> out(2 * heads * window);
  for (size_t n = 0; n < heads; ++n)
    for (size_t i = 0; i < 2 * window; ++i)
      out[2 * n * window + i] = by_distance[n * window + (2 * window - 1 - i) % window];
  return out;
}

std::vector<int32_t> offsets_of_columns(ByteSpan rows, size_t row_count, size_t columns, size_t used) {
  std::vector<int32_t> out(row_count);
  for (size_t r = 0; r < row_count; ++r)
    for (size_t c = 0; c < used; ++c) out[r] -= 128 * static_cast<int8_t>(rows[r * columns + c]);
  return out;
}

}  // namespace

// The sections by name, with sizes that fit the shape.
struct Transformer8Weights::Sections {
  explicit Sections(std::span<const ByteSpan> sections) {
    SectionReader reader("transformer8", sections, kSections);
    const ByteSpan head = reader.shape();
    shape.width = base::load_le<uint16_t>(head.data());
    shape.units = base::load_le<uint16_t>(head.data() + 2);
    shape.window = base::load_le<uint16_t>(head.data() + 4);
    shape.layers = head[6];
    shape.heads = head[7];
    shape.depth = head[8];
    shape.bits = head[9];
    reader.require_bounds("the width", shape.width, 32, kernels::kMaxWidth, 32);
    reader.require_bounds("the number of units", shape.units, 32, 1024, 32);
    reader.require_bounds("the window", shape.window, 32, kernels::kMaxWindow, 32);
    reader.require_bounds("the number of layers", shape.layers, 1, 16, 1);
    reader.require_bounds("the number of heads", shape.heads, 1, kernels::kMaxHeads, 1);
    reader.require_bounds("the size of a table's row", shape.depth, 8, 64, 8);
    reader.require_bounds("the logarithm of a table's rows", shape.bits, 8, 18, 1);
    reader.require_bounds("the feature set", head[10], 1, 1, 1);
    shift_features = reader.shift_at(11);
    shift_logits = reader.shift_at(12);
    reader.require_zeros_from(13);

    const size_t width = size_of(shape.width), features = size_of(shape.features()), rows = size_of(shape.rows());
    const size_t layers = size_of(shape.layers);
    tables = reader.take("tables", features << shape.bits);
    bytes = reader.take("E", 2 * 256 * width);
    wf = reader.take("Wf", width * features);
    mf = reader.take("mf", 2 * width);
    shifts = reader.take("shifts", 2 * layers);
    for (const uint8_t shift : shifts) reader.require_shift(shift);
    w1 = reader.take("W1", layers * rows * width);
    m1 = reader.take("m1", 2 * layers * rows);
    b1 = reader.take("b1", 2 * layers * rows);
    w2 = reader.take("W2", layers * width * size_of(shape.joined()));
    m2 = reader.take("m2", 2 * layers * width);
    distances = reader.take("P", 2 * layers * size_of(shape.heads) * size_of(shape.window));
    wo = reader.take("Wo", 256 * (width + features));
    mo = reader.take("mo", 2 * 256);
    bo = reader.take_logit_bias();
    total = reader.finish();
  }
  static size_t size_of(int value) { return static_cast<size_t>(value); }
  ByteSpan of_layer(ByteSpan all, size_t layer) const {
    const size_t size = all.size() / size_of(shape.layers);
    return all.subspan(layer * size, size);
  }
  Transformer8Shape shape;
  int shift_features = 0, shift_logits = 0;
  ByteSpan tables, bytes, wf, mf, shifts, w1, m1, b1, w2, m2, distances, wo, mo;
  std::vector<int32_t> bo;
  size_t total = 0;
};

Transformer8Weights::Transformer8Weights(uint64_t id, std::span<const ByteSpan> sections)
    : Transformer8Weights(id, Sections(sections)) {}

Transformer8Weights::Transformer8Weights(uint64_t id, const Sections& s)
    : Weights(id, "transformer8"),
      shape_(s.shape),
      tables_(copy_elements<int8_t>(s.tables)),
      bytes_(copy_elements<int16_t>(s.bytes)),
      from_features_(s.wf, s.mf, shape_.width, shape_.features(), s.shift_features, "transformer8: Wf"),
      to_logits_(s.wo, s.mo, 256, shape_.width + shape_.features(), s.shift_logits, "transformer8: Wo"),
      logit_bias_(s.bo),
      memory_(s.total + 2 * s.distances.size() + 4 * (static_cast<size_t>(shape_.width) + 256)) {
  const size_t layers = static_cast<size_t>(shape_.layers), width = static_cast<size_t>(shape_.width);
  layers_.reserve(layers);
  for (size_t i = 0; i < layers; ++i) {
    const std::string name = "transformer8: layer " + std::to_string(i);
    const ByteSpan second = s.of_layer(s.w2, i);
    layers_.push_back({TiledMatrix(s.of_layer(s.w1, i), s.of_layer(s.m1, i), shape_.rows(), shape_.width,
                                   s.shifts[2 * i], name + ", W1"),
                       TiledMatrix(second, s.of_layer(s.m2, i), shape_.width, shape_.joined(), s.shifts[2 * i + 1],
                                   name + ", W2"),
                       copy_elements<int16_t>(s.of_layer(s.b1, i)),
                       turned(s.of_layer(s.distances, i), static_cast<size_t>(shape_.heads),
                              static_cast<size_t>(shape_.window)),
                       offsets_of_columns(second, width, static_cast<size_t>(shape_.joined()),
                                          static_cast<size_t>(shape_.attended())),
                       {}});
    Layer& layer = layers_.back();
    layer.sparse = layer.second.get();
    layer.sparse.offset = layer.attended_offset.data();
    memory_ += 4 * (static_cast<size_t>(shape_.rows()) + 2 * width);
  }
}

std::vector<const kernels::NetworkMatrix*> Transformer8Weights::matrices() const {
  std::vector<const kernels::NetworkMatrix*> all = {&from_features()};
  for (const Layer& layer : layers_) {
    all.push_back(&layer.first.get());
    all.push_back(&layer.second.get());
  }
  all.push_back(&to_logits());
  return all;
}

std::vector<std::pair<const char*, int>> Transformer8Weights::sizes() const {
  return {{"width", shape_.width},   {"layers", shape_.layers}, {"heads", shape_.heads}, {"window", shape_.window},
          {"units", shape_.units}, {"depth", shape_.depth},   {"bits", shape_.bits}};
}

}  // namespace fastnz::models

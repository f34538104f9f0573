// Checks first, copies after: every size is proven from the shape before anything is reserved.
#include "models/gru8/weights.h"

#include "base/bytes.h"
#include "models/network/sections.h"

namespace fastnz::models {
namespace {

using base::ByteSpan;

constexpr size_t kSections = 12;

}  // namespace

// The sections by name, with sizes that fit the shape.
struct Gru8Weights::Sections {
  explicit Sections(std::span<const ByteSpan> sections) {
    SectionReader reader("gru8", sections, kSections);
    const ByteSpan head = reader.shape();
    shape.hidden = base::load_le<uint16_t>(head.data());
    shape.depth = base::load_le<uint16_t>(head.data() + 2);
    shape.bits = head[4];
    reader.require_bounds("the number of hidden units", shape.hidden, 32, 1024, 32);
    reader.require_bounds("the size of a table's row", shape.depth, 8, 64, 8);
    reader.require_bounds("the logarithm of a table's rows", shape.bits, 8, 18, 1);
    reader.require_bounds("the feature set", head[5], 1, 1, 1);
    shift_state = reader.shift_at(6);
    shift_features = reader.shift_at(7);
    shift_logits = reader.shift_at(8);
    reader.require_zeros_from(9);

    const size_t rows = 3 * static_cast<size_t>(shape.hidden), hidden = rows / 3;
    const size_t features = static_cast<size_t>(shape.features());
    tables = reader.take("tables", features << shape.bits);
    x = reader.take("X", 2 * 256 * rows);
    wh = reader.take("Wh", rows * hidden);
    mh = reader.take("mh", 2 * rows);
    wf = reader.take("Wf", rows * features);
    mf = reader.take("mf", 2 * rows);
    bn = reader.take("bn", 2 * hidden);
    wo = reader.take("Wo", 256 * (hidden + features));
    mo = reader.take("mo", 2 * 256);
    bo = reader.take_logit_bias();
    total = reader.finish();
  }
  Gru8Shape shape;
  int shift_state = 0, shift_features = 0, shift_logits = 0;
  ByteSpan tables, x, wh, mh, wf, mf, bn, wo, mo;
  std::vector<int32_t> bo;
  size_t total = 0;
};

Gru8Weights::Gru8Weights(uint64_t id, std::span<const ByteSpan> sections) : Gru8Weights(id, Sections(sections)) {}

Gru8Weights::Gru8Weights(uint64_t id, const Sections& s)
    : Weights(id, "gru8"),
      shape_(s.shape),
      tables_(copy_elements<int8_t>(s.tables)),
      bytes_(copy_elements<int16_t>(s.x)),
      from_state_(s.wh, s.mh, 3 * shape_.hidden, shape_.hidden, s.shift_state, "gru8: Wh"),
      from_features_(s.wf, s.mf, 3 * shape_.hidden, shape_.features(), s.shift_features, "gru8: Wf"),
      to_logits_(s.wo, s.mo, 256, shape_.inputs(), s.shift_logits, "gru8: Wo"),
      gate_bias_(copy_elements<int16_t>(s.bn)),
      logit_bias_(s.bo),
      memory_(s.total + 4 * (6 * static_cast<size_t>(shape_.hidden) + 256)) {
  gates_ = {&from_state_.get(), &from_features_.get(), gate_bias_.data(), shape_.hidden};
}

}  // namespace fastnz::models

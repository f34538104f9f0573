// The weights of one network `transformer8`, checked and laid out for the kernels. Invariant: no value within them can
// make a kernel's arithmetic wrap (docs/transformer8.md, section 5); immutable, so instances share them. Knows no file:
// the sections come from docs/weights.md's plain form.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/span.h"
#include "kernels/transformer8.h"
#include "models/network/features.h"
#include "models/network/tiled_matrix.h"
#include "models/weights_store.h"

namespace fastnz::models {

struct Transformer8Shape {
  int width = 0;   // d
  int layers = 0;  // L
  int heads = 0;   // N
  int window = 0;  // W
  int units = 0;   // U
  int depth = 0;   // D
  int bits = 0;    // b
  int features() const noexcept { return kFeatureTables * depth; }
  int attended() const noexcept { return kernels::kHeadSize * heads; }              // A
  int linear() const noexcept { return attended() + 2 * kernels::kHeadSize; }       // queries, key, value
  int rows() const noexcept { return linear() + units; }                            // R
  int joined() const noexcept { return attended() + units; }                        // columns of W2
};

class Transformer8Weights final : public Weights {
 public:
  struct Layer {
    TiledMatrix first, second;              // W1, W2
    std::vector<int16_t> bias;              // b1
    std::vector<int16_t> distance_bias;     // P as the kernel wants it: [N][2W]
    std::vector<int32_t> attended_offset;   // of W2 with its columns of A only
    kernels::NetworkMatrix sparse;          // W2 with that offset
  };

  // Throws kUnsupported on a shape outside its bounds, kCorrupt on anything else that docs/weights.md does not allow.
  Transformer8Weights(uint64_t id, std::span<const base::ByteSpan> sections);

  const Transformer8Shape& shape() const noexcept { return shape_; }
  const std::vector<Layer>& layers() const noexcept { return layers_; }
  const kernels::NetworkMatrix& from_features() const noexcept { return from_features_.get(); }
  const kernels::NetworkMatrix& to_logits() const noexcept { return to_logits_.get(); }
  const int32_t* logit_bias() const noexcept { return logit_bias_.data(); }
  const int16_t* byte_row(uint32_t byte) const noexcept {
    return bytes_.data() + static_cast<size_t>(byte) * static_cast<size_t>(shape_.width);
  }
  const int8_t* feature_row(int table, uint32_t row) const noexcept {
    return tables_.data() + ((static_cast<size_t>(table) << shape_.bits) + row) * static_cast<size_t>(shape_.depth);
  }
  size_t memory() const noexcept override { return memory_; }
  int last_inputs() const noexcept override { return shape_.width + shape_.features(); }
  std::vector<std::pair<const char*, int>> sizes() const override;
  std::vector<const kernels::NetworkMatrix*> matrices() const override;

 private:
  struct Sections;
  Transformer8Weights(uint64_t id, const Sections& sections);

  Transformer8Shape shape_;
  std::vector<int8_t> tables_;
  std::vector<int16_t> bytes_;  // E
  TiledMatrix from_features_, to_logits_;
  std::vector<int32_t> logit_bias_;
  std::vector<Layer> layers_;
  size_t memory_ = 0;
};

}  // namespace fastnz::models

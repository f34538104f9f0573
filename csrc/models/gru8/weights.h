// The weights of one network `gru8`, checked and laid out for the kernels. Invariant: no value within them can make a
// kernel's arithmetic wrap (docs/gru8.md, section 6); immutable, so instances share them. Knows no file: the sections
// come from docs/weights.md's plain form.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/span.h"
#include "kernels/gru8.h"
#include "models/network/features.h"
#include "models/network/tiled_matrix.h"
#include "models/weights_store.h"

namespace fastnz::models {

struct Gru8Shape {
  int hidden = 0;  // H
  int depth = 0;   // D
  int bits = 0;    // b
  int features() const noexcept { return kFeatureTables * depth; }
  int inputs() const noexcept { return hidden + features(); }
};

class Gru8Weights final : public Weights {
 public:
  // Throws kUnsupported on a shape outside its bounds, kCorrupt on anything else that docs/weights.md does not allow.
  Gru8Weights(uint64_t id, std::span<const base::ByteSpan> sections);

  const Gru8Shape& shape() const noexcept { return shape_; }
  const kernels::Gru8Gates& gates() const noexcept { return gates_; }
  const kernels::NetworkMatrix& from_state() const noexcept { return from_state_.get(); }
  const kernels::NetworkMatrix& from_features() const noexcept { return from_features_.get(); }
  const kernels::NetworkMatrix& to_logits() const noexcept { return to_logits_.get(); }
  const int32_t* logit_bias() const noexcept { return logit_bias_.data(); }
  const int16_t* byte_row(uint32_t byte) const noexcept {
    return bytes_.data() + static_cast<size_t>(byte) * 3 * static_cast<size_t>(shape_.hidden);
  }
  const int8_t* feature_row(int table, uint32_t row) const noexcept {
    return tables_.data() + ((static_cast<size_t>(table) << shape_.bits) + row) * static_cast<size_t>(shape_.depth);
  }
  size_t memory() const noexcept override { return memory_; }
  std::vector<const kernels::NetworkMatrix*> matrices() const override {
    return {&from_state(), &from_features(), &to_logits()};
  }
  int last_inputs() const noexcept override { return shape_.inputs(); }
  std::vector<std::pair<const char*, int>> sizes() const override {
    return {{"hidden", shape_.hidden}, {"depth", shape_.depth}, {"bits", shape_.bits}};
  }

 private:
  struct Sections;
  Gru8Weights(uint64_t id, const Sections& sections);

  Gru8Shape shape_;
  std::vector<int8_t> tables_;
  std::vector<int16_t> bytes_;  // X
  TiledMatrix from_state_, from_features_, to_logits_;
  std::vector<int16_t> gate_bias_;
  std::vector<int32_t> logit_bias_;
  kernels::Gru8Gates gates_{};
  size_t memory_ = 0;
};

}  // namespace fastnz::models

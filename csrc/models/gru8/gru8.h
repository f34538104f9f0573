// The pretrained recurrent network over bytes, docs/gru8.md: S streams in lockstep, 256 frequencies each, integers from
// weights to frequencies. Its option bytes are the id of its weights; the weights themselves are in weights_store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/span.h"
#include "kernels/table.h"
#include "models/network/features.h"
#include "models/gru8/weights.h"
#include "models/model.h"

namespace fastnz::models {

class Gru8 final : public SymbolModel {
 public:
  // `kernels` must outlive the model; only tests pass another table than the dispatched one.
  Gru8(std::shared_ptr<const Gru8Weights> weights, int lanes, const kernels::KernelTable* kernels = nullptr);

  int lanes() const noexcept override { return lanes_; }
  int symbols() const noexcept override { return kernels::kNetworkSymbols; }
  int total_bits() const noexcept override { return kernels::kNetworkTotalBits; }
  void predict(uint32_t* freq) noexcept override;
  void logits(int32_t* logits, int32_t* greatest) noexcept override;
  std::span<const int8_t> last_inputs(int lane) const noexcept override {
    const size_t count = inputs_.size() / lane_.size();
    return {inputs_.data() + static_cast<size_t>(lane) * count, count};
  }
  void update(const uint16_t* symbols_of_lanes) noexcept override;
  void reset(int lane) noexcept override;

  static size_t state_bytes(const Gru8Shape& shape, int lanes) noexcept;

 private:
  struct Lane {
    ByteFeatures features;
    const int16_t* byte_row;                          // X of the last byte
    std::array<const int8_t*, kFeatureTables> feature_rows;
  };
  void find_rows(Lane* lane, uint32_t byte) noexcept;
  void step() noexcept;
  void multiply_state() noexcept;
  void multiply_logits() noexcept;
  void find_changes() noexcept;

  std::shared_ptr<const Gru8Weights> weights_;
  const kernels::KernelTable* kernels_;
  int lanes_;
  bool stepped_ = false;           // the state has taken the last byte in
  std::vector<Lane> lane_;
  std::vector<int16_t> h_;         // [S][H]
  std::vector<int8_t> inputs_;     // [S][H + F]: h8, then f
  std::vector<int32_t> from_state_, from_features_;  // [S][3H]
  std::vector<int32_t> to_logits_;                   // [S][256]

  // One lane alone follows what changed from step to step: units that keep their value cost nothing.
  std::vector<int8_t> before_;     // [H + F]: the inputs whose products from_state_ and to_logits_ hold
  std::vector<uint16_t> changed_;  // [(H + F) / 4]: groups of four inputs that differ from before_
  int changed_in_state_ = 0, changed_in_all_ = 0;
};

size_t gru8_memory(base::ByteSpan options, uint64_t content_size);
std::unique_ptr<SymbolModel> make_gru8(base::ByteSpan options, uint64_t content_size, int lanes);
std::unique_ptr<BitModel> make_gru8_bits(base::ByteSpan options, uint64_t content_size);

std::unique_ptr<ModelLanes> make_gru8_lanes(base::ByteSpan options, int lanes);

// The option bytes that name these weights.
std::vector<uint8_t> gru8_options(uint64_t weights_id);

}  // namespace fastnz::models

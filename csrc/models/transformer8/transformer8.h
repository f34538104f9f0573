// The pretrained transformer over bytes, docs/transformer8.md: S streams in lockstep, 256 frequencies each, integers
// from weights to frequencies, state bounded by the window. Its option bytes are the id of its weights; the weights
// themselves are in weights_store.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/span.h"
#include "kernels/table.h"
#include "models/model.h"
#include "models/network/features.h"
#include "models/transformer8/weights.h"

namespace fastnz::models {

class Transformer8 final : public SymbolModel {
 public:
  // `kernels` must outlive the model; only tests pass another table than the dispatched one.
  Transformer8(std::shared_ptr<const Transformer8Weights> weights, int lanes,
               const kernels::KernelTable* kernels = nullptr);

  int lanes() const noexcept override { return static_cast<int>(lane_.size()); }
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

  static size_t state_bytes(const Transformer8Shape& shape, int lanes) noexcept;

 private:
  struct Lane {
    ByteFeatures features;
    const int16_t* byte_row;                             // E of the last byte
    std::array<const int8_t*, kFeatureTables> feature_rows;
  };
  // Keys and values of one layer of one stream, in the kernels' tiles, as rings of slots.
  struct Window {
    int8_t* keys;          // [W / 16][8][16][4]
    int8_t* values;        // [2][W / 4][16][4]
    int32_t* key_offset;   // [W]
    int32_t* value_offset;  // [32]
  };
  struct alignas(64) Line {
    int8_t bytes[64];
  };

  void find_rows(Lane* lane, uint32_t byte) noexcept;
  void step() noexcept;
  void step_layer(size_t layer) noexcept;
  void multiply_second(const Transformer8Weights::Layer& layer) noexcept;
  Window window_of(size_t lane, size_t layer) noexcept;
  void join_window(const Window& window, const int8_t* key, const int8_t* value) noexcept;

  std::shared_ptr<const Transformer8Weights> weights_;
  const kernels::KernelTable* kernels_;
  bool stepped_ = false;           // the state has taken the last byte in
  int newest_ = 0;                 // the slot of distance 0, the same in every ring
  std::vector<Lane> lane_;
  std::vector<int16_t> x_;         // [S][d]
  std::vector<int8_t> inputs_;     // [S][d + F]: y, then f
  std::vector<int8_t> straight_;   // [S][A + 64]: queries, key, value
  std::vector<int8_t> joined_;     // [S][A + U]: a, then u
  std::vector<int32_t> sums_;      // [S][most rows of a matrix]
  std::vector<uint16_t> active_;   // [U / 4]: groups of four units that are not all silent, of one lane alone
  std::vector<Line> rings_;        // [S][L]: keys and values of a window
  std::vector<int32_t> offsets_;   // [S][L]: the offsets of a window
};

size_t transformer8_memory(base::ByteSpan options, uint64_t content_size);
std::unique_ptr<SymbolModel> make_transformer8(base::ByteSpan options, uint64_t content_size, int lanes);
std::unique_ptr<BitModel> make_transformer8_bits(base::ByteSpan options, uint64_t content_size);
std::unique_ptr<ModelLanes> make_transformer8_lanes(base::ByteSpan options, int lanes);

}  // namespace fastnz::models

// A transformer that trains while it codes: blocks of attention to the rows before and of feed-forward units, normalised
// where they begin, added to what they read. Gradients stay within a period; keys and values of older rows stay as they were
// computed. Two families: `trace` (linear attention over groups of four bytes, units shared by two turns) and `nncp` (softmax,
// gated units). docs/online.md, sections 9 and 10.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/online/body.h"

namespace fastnz::models {

// What a family and its options fix.
struct AttentionShape {
  explicit AttentionShape(const OnlineOptions& options) noexcept;
  int units, heads, places, inner, streams, period;
  int group;        // bytes of a row, and steps between the places that are attended to
  int turns;        // of the feed-forward units
  bool squares, gated, projected;
  int wide;         // inner, twice if gated
  size_t rows;      // of a period
  size_t older;     // rows before it that are kept: (places - 1) * group * S
  size_t kept_weights;  // of a head
};

// Normalised rows: y before gain and offset (and what made it of the rows it was), and after.
struct NormedRows {
  size_t gain = 0, offset = 0;  // places of the parameters
  FloatBuffer units, scales, out;
};

class AttentionBlock {
 public:
  AttentionBlock(const AttentionShape& shape, DenseParameters* parameters);
  static size_t bytes(const AttentionShape& shape) noexcept;
  void draw(OnlineCore* core) const noexcept;
  // Step `t` of the period, `seen` steps before it in all: x [S] becomes what the block adds it up to.
  void forward(OnlineCore* core, int t, uint64_t seen, FloatRows x) noexcept;
  // All rows of the period: d, the gradients of what left the block, become those of what entered; `work` are as many rows.
  void backward(OnlineCore* core, uint64_t seen, FloatRows d, FloatRows work) noexcept;

 private:
  kernels::FloatAttention attention(OnlineCore* core, size_t row, uint64_t seen) noexcept;

  AttentionShape shape_;
  NormedRows before_attention_;
  DenseLayer queries_keys_values_, projection_, up_, down_;
  size_t relative_ = 0, offsets_ = 0;         // [places][H], [heads][kept_weights]
  std::vector<NormedRows> before_units_;      // [turns], of common parameters
  FloatBuffer states_;                        // [older + P S][3H]: queries, keys, values
  FloatBuffer weights_, inverses_, attended_; // [P S][heads][kept_weights], [P S][heads], [P S][H]
  std::vector<FloatBuffer> wide_, inner_;     // [turns] of [P S][wide], [P S][inner]
  FloatBuffer to_states_, to_wide_, to_inner_, to_attended_;  // their gradients
};

class AttentionBody final : public NetworkBody {
 public:
  AttentionBody(const OnlineOptions& options, DenseParameters* parameters);
  static size_t bytes(const OnlineOptions& options) noexcept;
  static std::vector<TableShape> tables(const OnlineOptions& options);

  int row_width() const noexcept override { return shape_.units; }
  void draw(OnlineCore* core) const override;
  FloatRows forward(OnlineCore* core, const OnlineHistory* histories) noexcept override;
  Ends ends() noexcept override;
  void backward(OnlineCore* core) noexcept override;
  void restart() noexcept override;

 private:
  AttentionShape shape_;
  std::vector<AttentionBlock> blocks_;
  NormedRows last_;
  uint64_t seen_ = 0;               // steps in all
  int fresh_ = 0;                   // of them, in this period
  std::vector<uint32_t> symbols_;   // [group][P S]: the row of each table at each step
  FloatBuffer x_;                   // [S][H]
  FloatBuffer gradients_, work_;    // [P S][H]
};

}  // namespace fastnz::models

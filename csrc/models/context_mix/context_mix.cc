// The model object: owns the tables, keeps the history, and at each nibble tells the kernels where to look.
#include "models/context_mix/context_mix.h"

#include <algorithm>

#include "kernels/dispatch.h"
#include "models/context_mix/match_finder.h"
#include "models/context_mix/options.h"
#include "models/context_mix/tables.h"
#include "models/context_mix/zeroed_buffer.h"

namespace fastnz::models {
namespace {

using kernels::ContextMixState;
using kernels::kApmColumns;

constexpr int32_t kOne_q28 = 1 << 28;
constexpr uint32_t kMatchMost = 65535;

class ContextMix final : public BitModel {
 public:
  ContextMix(const ContextMixOptions& options, uint64_t content_size)
      : shape_(shape_of(options, content_size)),
        profile_(profile_row(options.profile)),
        history_(content_size, options.width, options.step, options.profile),
        kernels_(kernels::kernels()),
        table_(shape_.table_bytes),
        matches_(shape_.match_entries, kMatchMost) {
    initialise();
    start_byte();
    p1_q16_ = kernels_.context_mix_predict(&state_);
  }

  void update(int bit) noexcept override {
    kernels_.context_mix_update(&state_, bit);
    if (state_.bit_index == 8) {
      finish_byte(static_cast<uint8_t>(state_.partial));
      start_byte();
    } else if (state_.bit_index == 4) {
      start_second_nibble();
    }
    p1_q16_ = kernels_.context_mix_predict(&state_);
  }

 private:
  void initialise();
  void start_byte() noexcept;
  void start_second_nibble() noexcept;
  void finish_byte(uint8_t byte) noexcept;
  // From the slot of a byte's first nibble to that of its second: another line within the same 2 KiB, so that no second
  // address translation is needed.
  uint32_t second_nibble_flip(uint32_t nibble) const noexcept {
    return (nibble * 2 + 1) * 4 & static_cast<uint32_t>(shape_.table_bytes / kernels::kSlotBytes - 1);
  }

  ContextMixShape shape_;
  const ProfileRow& profile_;
  History history_;
  const kernels::KernelTable kernels_;
  ZeroedBuffer table_;
  MatchFinder matches_;
  ZeroedBuffer small_;  // everything else, one block
  ContextMixState state_{};
  uint32_t hash_[kernels::kMaxContexts] = {};
  uint32_t line_[kernels::kMaxContexts] = {};
  uint8_t check_[kernels::kMaxContexts] = {};
};

void ContextMix::initialise() {
  const kernels::ContextMixTables& tables = context_mix_tables();
  const int n = shape_.contexts, inputs = input_count(shape_);
  state_.tables = &tables;
  state_.contexts = n;
  state_.ordered_contexts = std::min(n, profile_.ordered);
  state_.inputs = inputs;
  state_.sets = shape_.sets;
  state_.state_limit = 255;
  state_.apm_mask[0] = state_.apm_mask[1] = shape_.apm_rows - 1;

  const uint32_t match_rows = (kernels::kMaxMatchBucket + 1) * 256 * 2;
  uint32_t rows[kernels::kMaxWeightSets];
  uint64_t weight_rows = 0;
  for (int j = 0; j < shape_.sets; ++j) {
    rows[j] = j == 0 ? kernels::kMatchClasses * 256u : j == 1 ? (kernels::kMaxOrder + 1) * 8u : kSetRows * 8u;
    weight_rows += rows[j];
  }
  uint64_t bytes = 0;
  auto reserve = [&](uint64_t size) {
    const uint64_t at = bytes;
    bytes += (size + 63) / 64 * 64;
    return at;
  };
  const uint64_t weights_at = reserve(weight_rows * static_cast<uint64_t>(inputs) * 4), final_at = reserve(8 * kernels::kMaxWeightSets * 4);
  const uint64_t map_at = reserve(static_cast<uint64_t>(n) * 1024), match_at = reserve(match_rows * 4);
  uint64_t direct_at[kernels::kDirectOrders], apm_at[2];
  const uint32_t direct_rows[kernels::kDirectOrders] = {256, 65536};
  for (int k = 0; k < kernels::kDirectOrders; ++k) direct_at[k] = reserve(static_cast<uint64_t>(direct_rows[k]) * 4);
  for (auto& at : apm_at) at = reserve(static_cast<uint64_t>(shape_.apm_rows) * kApmColumns * 2);
  small_ = ZeroedBuffer(bytes);
  uint8_t* const base = small_.data();

  // First layer: the histories share about two units of weight, the rest starts silent and is learnt.
  auto* weights = reinterpret_cast<int32_t*>(base + weights_at);
  const int32_t start_q28 = std::min(kOne_q28 / 3, kOne_q28 / n * 2);
  for (uint64_t row = 0; row < weight_rows; ++row) {
    int32_t* const w = weights + row * static_cast<uint64_t>(inputs);
    std::fill(w, w + n, start_q28);
    w[2 * n + kernels::kDirectInputs] = kOne_q28 / 4;
  }
  for (int j = 0; j < shape_.sets; ++j) {
    state_.weights[j] = weights;
    weights += static_cast<uint64_t>(rows[j]) * static_cast<uint64_t>(inputs);
  }
  state_.final_weights = reinterpret_cast<int32_t*>(base + final_at);
  for (int row = 0; row < 8; ++row)
    for (int j = 0; j < shape_.sets; ++j) state_.final_weights[row * kernels::kMaxWeightSets + j] = kOne_q28 / shape_.sets;

  state_.map = reinterpret_cast<uint32_t*>(base + map_at);
  for (int i = 0; i < n; ++i)
    for (int history = 0; history < 256; ++history)
      state_.map[i * 256 + history] = std::min(initial_probability_q16(static_cast<uint8_t>(history)), 65535u) << 16;
  state_.match_map = reinterpret_cast<uint32_t*>(base + match_at);
  for (uint32_t i = 0; i < match_rows; ++i) state_.match_map[i] = (i & 1) ? 0xC0000000u : 0x40000000u;
  for (int k = 0; k < kernels::kDirectOrders; ++k) {
    state_.direct[k] = reinterpret_cast<uint16_t*>(base + direct_at[k]);
    std::fill(state_.direct[k], state_.direct[k] + static_cast<uint64_t>(direct_rows[k]) * 2, uint16_t{1 << 15});
  }
  for (int k = 0; k < 2; ++k) {
    state_.apm[k] = reinterpret_cast<uint16_t*>(base + apm_at[k]);
    uint16_t first[kApmColumns];
    for (int column = 0; column < kApmColumns; ++column) {
      const int x = (column * 2 - 31) * kernels::kSquashLimit / 31;
      first[column] = tables.squash[x + kernels::kSquashLimit + 1];
    }
    for (uint32_t row = 0; row < shape_.apm_rows; ++row) std::copy(first, first + kApmColumns, state_.apm[k] + static_cast<uint64_t>(row) * kApmColumns);
  }
}

void ContextMix::start_byte() noexcept {
  const int n = shape_.contexts;
  compute_contexts(profile_, history_, n, hash_);
  const uint32_t mask = static_cast<uint32_t>(shape_.table_bytes / kernels::kSlotBytes - 1);
  for (int i = 0; i < n; ++i) {
    line_[i] = hash_[i] & mask;
    check_[i] = static_cast<uint8_t>((hash_[i] * 0x9E3779B1u) >> 24);
    __builtin_prefetch(table_.data() + static_cast<uint64_t>(line_[i]) * kernels::kSlotBytes);
  }
  if (shape_.sets > 2) state_.set_base[2] = third_set_base(profile_, history_);
  if (shape_.sets > 3) state_.set_base[3] = fourth_set_base(profile_, history_);
  const uint32_t c1 = history_.c4 & 0xFF;
  state_.partial = state_.node = 1;
  state_.bit_index = 0;
  state_.previous_byte = c1;
  state_.direct_base[0] = 0;
  state_.direct_base[1] = c1 << 8;
  state_.apm_base[0] = c1 << 8;
  state_.apm_base[1] = hash2(history_.c4 & 0xFFFFFF, 3);
  // Fast at first, then settling: 4 + 12 / (1 + bytes / 1024).
  state_.learning_rate_q4 = 4 + static_cast<int32_t>(12 * 1024 / (1024 + history_.size));
  state_.match_length = matches_.find(history_, state_.match_length);
  state_.expected_byte = matches_.expected_byte();
  // Fetch the second nibble's lines for the byte that seems likely: right two times in three.
  const uint32_t likely = state_.expected_byte >= 0 ? static_cast<uint32_t>(state_.expected_byte)
                                                    : history_.follow2[history_.c4 & 0xFFFF] & 0xFF;
  const uint32_t flip = second_nibble_flip(likely >> 4);
  for (int i = 0; i < n; ++i)
    __builtin_prefetch(table_.data() + static_cast<uint64_t>(line_[i] ^ flip) * kernels::kSlotBytes);
  kernels_.context_mix_find(state_.tables, table_.data(), line_, check_, state_.slot, n);
}

void ContextMix::start_second_nibble() noexcept {
  const uint32_t flip = second_nibble_flip(state_.partial & 15);
  for (int i = 0; i < shape_.contexts; ++i) {
    line_[i] ^= flip;
    __builtin_prefetch(table_.data() + static_cast<uint64_t>(line_[i]) * kernels::kSlotBytes);
  }
  state_.node = 1;
  kernels_.context_mix_find(state_.tables, table_.data(), line_, check_, state_.slot, shape_.contexts);
}

void ContextMix::finish_byte(uint8_t byte) noexcept {
  if (state_.expected_byte != byte) state_.match_length = 0;  // the last bit may have been the first to differ
  if (history_.size < history_.bytes.size()) history_.push(byte);
}

}  // namespace

size_t context_mix_memory(base::ByteSpan options, uint64_t content_size) {
  return memory_of(shape_of(read_options(options), content_size), content_size);
}

std::unique_ptr<BitModel> make_context_mix(base::ByteSpan options, uint64_t content_size) {
  return std::make_unique<ContextMix>(read_options(options), content_size);
}

}  // namespace fastnz::models

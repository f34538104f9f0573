// lane_mix (docs/lane_mix.md): lanes of one content side by side, each with a pretrained network whose logits get bonuses from
// contexts, matches and weights that the lanes of a group share. The arithmetic of a lane is in kernels/lane_mix.h, for a CPU and
// for a GPU; here is the order of a step on a CPU. Knows no coder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/span.h"
#include "kernels/lane_mix.h"
#include "kernels/table.h"
#include "models/lane_mix/options.h"
#include "models/model.h"

namespace fastnz::models {

class LaneMix final : public LaneGroup {
 public:
  // `content` is where the whole content is or will be. Only tests pass other kernels than the dispatched ones.
  LaneMix(std::unique_ptr<SymbolModel> network, const LaneLayout& layout, const uint8_t* content, uint32_t group,
          const kernels::KernelTable* kernels = nullptr);
  int active() const noexcept override { return active_; }
  int total_bits() const noexcept override { return kernels::kNetworkTotalBits; }
  void predict(uint32_t* freq) noexcept override;
  void update() noexcept override;

  // What it takes besides the network, with the frequencies and the coders of its lanes.
  static size_t state_bytes(const LaneLayout& layout, uint32_t lanes) noexcept;
  // log2 of the slots of a context and of the entries of a table of matches.
  static int slot_bits(const LaneLayout& layout) noexcept;

 private:
  // What a lane has to remember from prediction to learning, and what it will write when all have read.
  struct Step {
    kernels::LaneCandidates candidates;
    uint16_t weight[kernels::kLaneCandidates];
    kernels::LaneSlot slot[kernels::kLaneContexts];
    uint32_t short_entry, long_entry;
    bool short_enters, long_enters;  // whether there is something to write to the match tables
  };
  void count_active() noexcept;
  void predict_lane(size_t lane, uint32_t* freq) noexcept;
  void learn_lane(size_t lane) noexcept;
  void move_match(size_t lane, kernels::LaneMatch* match, const std::vector<uint32_t>& table, int least, uint32_t* entry,
                  bool* enters) noexcept;
  void write_lane(size_t lane) noexcept;
  uint64_t position(size_t lane) const noexcept { return layout_.begin(first_ + static_cast<uint32_t>(lane)) + step_; }

  std::unique_ptr<SymbolModel> network_;
  const kernels::KernelTable* kernels_;
  const LaneLayout layout_;
  const kernels::LaneContent content_;
  const uint32_t first_, lanes_;  // of this group
  const int slot_bits_;
  uint32_t step_ = 0;
  int active_ = 0;
  std::vector<kernels::LaneMixState> lane_;
  std::vector<Step> steps_;
  std::vector<kernels::LaneSlot> slots_;  // [contexts][2^slot_bits]
  std::vector<uint32_t> short_entries_, long_entries_;
  std::vector<int32_t> weights_, gradients_;
  std::vector<int32_t> logits_;           // [lanes][256]
  std::vector<int32_t> greatest_;         // of the network's logits
  std::vector<uint32_t> freq_;            // of candidates: [lanes][candidates]
  std::vector<uint16_t> symbols_;
};

LaneLayout lane_mix_layout(base::ByteSpan options, uint64_t content_size);
size_t lane_mix_memory(base::ByteSpan options, uint64_t content_size);
std::unique_ptr<LaneGroup> make_lane_mix(base::ByteSpan options, uint64_t content_size, const uint8_t* content, uint32_t group);

}  // namespace fastnz::models

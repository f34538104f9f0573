#include "models/lane_mix/lane_mix.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "kernels/dispatch.h"
#include "kernels/lane_mix_weights.h"
#include "models/network/families.h"
#include "models/registry.h"
#include "models/weights_store.h"

namespace fastnz::models {
namespace {

using kernels::LaneSlot;
constexpr size_t kSymbols = kernels::kNetworkSymbols;
constexpr size_t kContexts = kernels::kLaneContexts;

}  // namespace

int LaneMix::slot_bits(const LaneLayout& layout) noexcept {
  int bits = kernels::kMinLaneSlotBits;
  while (bits < kernels::kMaxLaneSlotBits && uint64_t{1} << (bits + 3) < uint64_t{layout.group} * layout.lane_bytes) ++bits;
  return bits;
}

// docs/lane_mix.md, section 5: a bound of the arrays below, the same for every compiler.
size_t LaneMix::state_bytes(const LaneLayout& layout, uint32_t lanes) noexcept {
  constexpr size_t kTables = kContexts * sizeof(LaneSlot) + 2 * sizeof(uint32_t), kShared = 16384, kLane = 2816;
  static_assert(kTables == 48 && sizeof(LaneMix) + kernels::kLaneWeights * 2 * sizeof(int32_t) <= kShared);
  static_assert(sizeof(kernels::LaneMixState) + sizeof(Step) + 2 * kSymbols * sizeof(int32_t) +
                    kernels::kLaneCandidates * sizeof(uint32_t) + sizeof(int32_t) + sizeof(uint16_t) <= kLane);
  return (kTables << slot_bits(layout)) + kShared + kLane * lanes;
}

LaneMix::LaneMix(std::unique_ptr<SymbolModel> network, const LaneLayout& layout, const uint8_t* content, uint32_t group,
                 const kernels::KernelTable* kernels)
    : network_(std::move(network)),
      kernels_(kernels ? kernels : &kernels::dispatch().table),
      layout_(layout),
      content_{content, layout.size, layout.lane_bytes, layout.head},
      first_(group * layout.group),
      lanes_(layout.lanes_of(group)),
      slot_bits_(slot_bits(layout)),
      lane_(lanes_),
      steps_(lanes_),
      slots_(kContexts << slot_bits_),
      short_entries_(size_t{1} << slot_bits_),
      long_entries_(size_t{1} << slot_bits_),
      weights_(kernels::kLaneWeights),
      gradients_(kernels::kLaneWeights),
      logits_(lanes_ * kSymbols),
      greatest_(lanes_),
      freq_(lanes_ * static_cast<size_t>(kernels::kLaneCandidates)),
      symbols_(lanes_) {
  std::transform(std::begin(kernels::kFirstLaneWeights), std::end(kernels::kFirstLaneWeights), weights_.begin(),
                 kernels::lane_mix_first_weight);
  kernels::lane_mix_learn_head(content, layout.head, slot_bits_, slots_.data(), short_entries_.data(), long_entries_.data());
  for (kernels::LaneMixState& lane : lane_) kernels::lane_mix_contexts(&lane, slot_bits_);
  count_active();
}

// Only the content's last lane may be shorter than the others.
void LaneMix::count_active() noexcept {
  if (step_ == layout_.lane_bytes)
    active_ = 0;
  else
    active_ = static_cast<int>(lanes_) - (step_ >= layout_.size_of(first_ + lanes_ - 1));
}

void LaneMix::predict(uint32_t* freq) noexcept {
  network_->logits(logits_.data(), greatest_.data());
  for (size_t s = 0; s < static_cast<size_t>(active_); ++s) predict_lane(s, freq + s * kSymbols);
}

void LaneMix::predict_lane(size_t s, uint32_t* freq) noexcept {
  const kernels::LaneMixState& lane = lane_[s];
  Step& step = steps_[s];
  for (size_t k = 0; k < kContexts; ++k) step.slot[k] = slots_[(k << slot_bits_) + lane.slot[k]];
  kernels::lane_mix_candidates(&lane, step.slot, &content_, step_, &step.candidates);
  int32_t* const logits = logits_.data() + s * kSymbols;
  const auto count = static_cast<size_t>(step.candidates.count);
  for (size_t i = 0; i < count; ++i)
    step.weight[i] = static_cast<uint16_t>(
        kernels::lane_mix_weight_index(step.candidates.feature[i], greatest_[s], logits[step.candidates.symbol[i]]));
  for (size_t i = 0; i < count; ++i)
    logits[step.candidates.symbol[i]] += kernels::lane_mix_bonus(weights_[step.weight[i]]);
  kernels_->softmax_q22(logits, freq);
  for (size_t i = 0; i < count; ++i) freq_[s * kernels::kLaneCandidates + i] = freq[step.candidates.symbol[i]];
}

void LaneMix::update() noexcept {
  for (size_t s = 0; s < static_cast<size_t>(active_); ++s) learn_lane(s);
  for (size_t w = 0; w < weights_.size(); ++w) weights_[w] = kernels::lane_mix_learn(weights_[w], gradients_[w]);
  std::fill(gradients_.begin(), gradients_.end(), 0);
  for (size_t s = 0; s < static_cast<size_t>(active_); ++s) write_lane(s);  // the highest lane's stays
  ++step_;
  count_active();
  if (active_ > 0) network_->update(symbols_.data());
}

void LaneMix::learn_lane(size_t s) noexcept {
  kernels::LaneMixState& lane = lane_[s];
  Step& step = steps_[s];
  const uint32_t symbol = content_.bytes[position(s)];
  symbols_[s] = static_cast<uint16_t>(symbol);
  for (size_t i = 0; i < static_cast<size_t>(step.candidates.count); ++i) {
    const uint32_t frequency = freq_[s * kernels::kLaneCandidates + i];
    gradients_[step.weight[i]] += kernels::lane_mix_gradient(frequency, step.candidates.symbol[i] == symbol);
  }
  for (size_t k = 0; k < kContexts; ++k) step.slot[k] = kernels::lane_mix_update_slot(step.slot[k], lane.check[k], symbol);
  kernels::lane_mix_advance_match(&lane.short_match, &content_, step_, symbol, true);
  kernels::lane_mix_advance_match(&lane.long_match, &content_, step_, symbol, false);
  kernels::lane_mix_push(&lane, symbol);
  move_match(s, &lane.short_match, short_entries_, kernels::kShortMatchBytes, &step.short_entry, &step.short_enters);
  move_match(s, &lane.long_match, long_entries_, kernels::kLongMatchBytes, &step.long_entry, &step.long_enters);
}

void LaneMix::move_match(size_t s, kernels::LaneMatch* match, const std::vector<uint32_t>& table, int least, uint32_t* entry,
                         bool* enters) noexcept {
  const uint64_t end = position(s) + 1;
  *enters = step_ + 1 >= static_cast<uint32_t>(least) && step_ + 1 < layout_.lane_bytes && end < layout_.size;
  if (!*enters) return;
  *entry = kernels::lane_mix_match_entry(lane_[s].history, least, slot_bits_);
  if (kernels::lane_mix_wants_match(match, least))
    kernels::lane_mix_take_match(match, &content_, table[*entry], end, step_ + 1, least);
}

void LaneMix::write_lane(size_t s) noexcept {
  kernels::LaneMixState& lane = lane_[s];
  const Step& step = steps_[s];
  for (size_t k = 0; k < kContexts; ++k) slots_[(k << slot_bits_) + lane.slot[k]] = step.slot[k];
  const auto end = static_cast<uint32_t>(position(s) + 1);
  if (step.short_enters) short_entries_[step.short_entry] = end;
  if (step.long_enters) long_entries_[step.long_entry] = end;
  kernels::lane_mix_contexts(&lane, slot_bits_);
  for (size_t k = 0; k < kContexts; ++k) __builtin_prefetch(&slots_[(k << slot_bits_) + lane.slot[k]]);
}

LaneLayout lane_mix_layout(base::ByteSpan options, uint64_t content_size) {
  const LaneMixOptions read = read_lane_mix_options(options);
  LaneLayout layout;
  layout.size = content_size;
  layout.group = uint32_t{1} << read.group_bits;
  layout.head = lane_head_bytes(read.head);
  if (layout.head != 0 && layout.head >= content_size)
    throw base::Error(base::ErrorKind::kCorrupt, "lane_mix: a head of " + std::to_string(layout.head) + " bytes, the content has " +
                                                     std::to_string(content_size));
  if (content_size == 0) return layout;
  const uint64_t rest = content_size - layout.head, wanted = (rest + (uint64_t{1} << read.lane_bits) - 1) >> read.lane_bits;
  layout.lane_bytes = static_cast<uint32_t>((rest + wanted - 1) / wanted);
  layout.lanes = static_cast<uint32_t>((rest + layout.lane_bytes - 1) / layout.lane_bytes);
  layout.group = std::min(layout.group, layout.lanes);
  return layout;
}

size_t lane_mix_memory(base::ByteSpan options, uint64_t content_size) {
  const auto weights = require_weights(network_id(read_lane_mix_options(options)));
  const LaneLayout layout = lane_mix_layout(options, content_size);
  const uint32_t lanes = std::max<uint32_t>(layout.group, 1);
  const size_t head = layout.head == 0 ? 0 : find_model(kLaneHeadModel)->memory(lane_head_options(), layout.head);
  return std::max(head, weights->memory() + family_of(*weights).state_bytes(*weights, static_cast<int>(lanes)) +
                            LaneMix::state_bytes(layout, lanes));
}

std::unique_ptr<LaneGroup> make_lane_mix(base::ByteSpan options, uint64_t content_size, const uint8_t* content, uint32_t group) {
  auto weights = require_weights(network_id(read_lane_mix_options(options)));
  const LaneLayout layout = lane_mix_layout(options, content_size);
  const NetworkFamily& family = family_of(*weights);
  return std::make_unique<LaneMix>(family.make(std::move(weights), static_cast<int>(layout.lanes_of(group)), nullptr), layout,
                                   content, group);
}

}  // namespace fastnz::models

// The model lane_mix on a device, beside the network's warps: one more warp for each group of lanes, together the mixer, follows
// their contexts and matches and learns the weights that a block's lanes share (kernels/lane_mix.h, docs/lane_mix.md). It works
// on the next step's candidates while the others are at features, products and gates. Invariant: reads of a step precede its writes, the highest
// lane's write stays, and gradients are sums of integers, so the order of lanes cannot be seen.
#pragma once

#include "cuda/gru8_layout.h"
#include "cuda/lane_job.h"
#include "cuda/simt.h"
#include "kernels/lane_mix.h"

namespace fastnz::cuda {

inline constexpr int kMixLanes = kMostGroups * kGroupLanes;  // of a block, and so of a group that learns together
inline constexpr int kBlocksOfSymbols = kSymbols / 16;       // a thread of the network's has one, in a lane

// What mixer and network tell each other, in shared memory. Candidates that share a symbol share a place: its rank among the
// lane's symbols.
struct MixShared {
  int32_t weight[kernels::kLaneWeights];
  int32_t gradient[kernels::kLaneWeights];
  uint32_t candidate[kernels::kLaneCandidates][kMixLanes];  // place << 24 | symbol << 16 | feature, then the weight's index
  // By place: the logit before any bonus; later the frequency, without what is missing to the total.
  int32_t value[kernels::kLaneCandidates][kMixLanes];
  int32_t bonus[kernels::kLaneCandidates][kMixLanes];       // by place
  uint32_t symbols[kMixLanes][kBlocksOfSymbols / 2];        // a bit for each symbol that is a candidate
  uint8_t places[kMixLanes][kBlocksOfSymbols];              // symbols before each 16
  uint32_t missing[kMixLanes];
  uint16_t first[kMixLanes];                                // the symbol that what is missing goes to
  uint8_t count[kMixLanes];                                 // of candidates
};

// A lane between two steps.
struct MixLane {
  kernels::LaneMixState state;
  kernels::LaneSlot slot[kernels::kLaneContexts];
  uint32_t entry[2];
  uint32_t enters;  // bit i: something is written to table i of matches
};

// The candidates of `step`, for the network's warps.
FASTNZ_KERNEL void offer_candidates(const MixLane& lane, const kernels::LaneContent& content, uint32_t step, bool active,
                                    int place, MixShared* shared) {
  kernels::LaneCandidates found;
  found.count = 0;
  if (active) kernels::lane_mix_candidates(&lane.state, lane.slot, &content, step, &found);
  uint32_t* const symbols = shared->symbols[place];
  for (int i = 0; i < kBlocksOfSymbols / 2; ++i) symbols[i] = 0;
  for (int i = 0; i < found.count; ++i) symbols[found.symbol[i] >> 5] |= 1u << (found.symbol[i] & 31);
  int before = 0;
  for (int i = 0; i < kBlocksOfSymbols / 2; ++i) {
    const uint32_t word = symbols[i];
    shared->places[place][2 * i] = static_cast<uint8_t>(before);
    shared->places[place][2 * i + 1] = static_cast<uint8_t>(before + bits_of(word & 0xFFFFu));
    before += bits_of(word);
  }
  for (int i = 0; i < found.count; ++i) {
    const uint32_t symbol = found.symbol[i], block = symbol >> 4, half = symbols[symbol >> 5] >> (symbol & 16);
    const uint32_t rank = shared->places[place][block] + static_cast<uint32_t>(bits_of(half & ((1u << (symbol & 15)) - 1)));
    shared->candidate[i][place] = rank << 24 | symbol << 16 | found.feature[i];
  }
  shared->count[place] = static_cast<uint8_t>(found.count);
}

FASTNZ_KERNEL void learn_gradients(int place, uint32_t symbol, MixShared* shared) {
  const int count = shared->count[place];
  for (int i = 0; i < count; ++i) {
    const uint32_t candidate = shared->candidate[i][place], c = candidate >> 16 & 255;
    const uint32_t freq = static_cast<uint32_t>(shared->value[candidate >> 24][place]) +
                          (c == shared->first[place] ? shared->missing[place] : 0);
    add_to(&shared->gradient[candidate & 0xFFFFu], kernels::lane_mix_gradient(freq, c == symbol));
  }
}

// After the symbol of `step`: what the lane knows, and what it will write. `end` is the place of the next byte.
FASTNZ_KERNEL void learn_symbol(MixLane* lane, const MixJob& mix, const kernels::LaneContent& content,
                                const uint32_t* entries, uint32_t step, uint64_t end, uint32_t symbol) {
  kernels::LaneMixState* const state = &lane->state;
  for (int k = 0; k < kernels::kLaneContexts; ++k)
    lane->slot[k] = kernels::lane_mix_update_slot(lane->slot[k], state->check[k], symbol);
  kernels::lane_mix_advance_match(&state->short_match, &content, step, symbol, true);
  kernels::lane_mix_advance_match(&state->long_match, &content, step, symbol, false);
  kernels::lane_mix_push(state, symbol);
  lane->enters = 0;
  for (int i = 0; i < 2; ++i) {
    const int least = i == 0 ? kernels::kShortMatchBytes : kernels::kLongMatchBytes;
    kernels::LaneMatch* const match = i == 0 ? &state->short_match : &state->long_match;
    if (step + 1 < static_cast<uint32_t>(least) || step + 1 >= mix.lane_bytes || end >= mix.size) continue;
    lane->enters |= 1u << i;
    lane->entry[i] = kernels::lane_mix_match_entry(state->history, least, mix.slot_bits);
    if (kernels::lane_mix_wants_match(match, least)) {
      const uint32_t found = entries[(static_cast<size_t>(i) << mix.slot_bits) + lane->entry[i]];
      kernels::lane_mix_take_match(match, &content, found, end, step + 1, least);
    }
  }
}

// Writes of the 32 lanes of a warp; of several to one place, the highest lane's.
FASTNZ_KERNEL void write_lanes(const MixLane& lane, const MixJob& mix, kernels::LaneSlot* slots, uint32_t* entries, uint64_t end,
                               bool active) {
  constexpr uint32_t kNowhere = ~uint32_t{0};
  const int thread = thread_in_block() % kWarpThreads;
  const auto highest = [&](bool writes, uint32_t where) {
    return (same_as_mine(writes ? where : kNowhere) >> thread) == 1 && writes;
  };
  for (int k = 0; k < kernels::kLaneContexts; ++k)
    if (highest(active, lane.state.slot[k])) slots[(static_cast<size_t>(k) << mix.slot_bits) + lane.state.slot[k]] = lane.slot[k];
  for (int i = 0; i < 2; ++i)
    if (highest(active && (lane.enters >> i & 1) != 0, lane.entry[i]))
      entries[(static_cast<size_t>(i) << mix.slot_bits) + lane.entry[i]] = static_cast<uint32_t>(end);
}

// Barriers: from the groups to the mixer; from the mixer, one for each group; the mixer's own.
inline constexpr int kAllSymbols = 13, kOffered = 14, kMixer = 7;

// The mixer: a warp for each group, a thread for each lane.
template <Direction D>
FASTNZ_KERNEL void run_mixer(const LaneJob& job, const Gru8Plan& plan, MixShared* shared, const uint8_t* own, int group) {
  const int thread = thread_in_block() % kWarpThreads, place = group * kGroupLanes + thread;
  const int lane0 = block_in_grid() * job.block_lanes, my_lane = lane0 + place;
  const MixJob& mix = job.mix;
  kernels::LaneSlot* const slots =
      mix.slots + (static_cast<size_t>(block_in_grid()) * kernels::kLaneContexts << mix.slot_bits);
  uint32_t* const entries = mix.entries + (static_cast<size_t>(block_in_grid()) * 2 << mix.slot_bits);
  const kernels::LaneContent content = {job.content, mix.size, mix.lane_bytes, mix.head};
  const bool exists = place < job.block_lanes && my_lane < job.lanes;
  const uint32_t length = exists ? job.length[my_lane] : 0, steps = job.length[lane0];
  const uint64_t begin = exists ? job.content_at[my_lane] : 0;
  const uint32_t* const decoded = reinterpret_cast<const Gru8Group*>(own + group * plan.group_bytes)->symbol;
  const int mixers = plan.groups * kWarpThreads;
  MixLane lane = {};
  for (uint32_t step = 0; step < steps; ++step) {
    const bool active = step < length;
    kernels::lane_mix_contexts(&lane.state, mix.slot_bits);
    for (int k = 0; k < kernels::kLaneContexts; ++k)
      lane.slot[k] = slots[(static_cast<size_t>(k) << mix.slot_bits) + lane.state.slot[k]];
    offer_candidates(lane, content, step, active, place, shared);
    arrive(kOffered + group, kGroupThreads + kWarpThreads);

    barrier(kAllSymbols, plan.groups * (kGroupThreads + kWarpThreads));
    if (active) {
      if (D == Direction::kDecode) job.content[begin + step] = static_cast<uint8_t>(decoded[thread]);
      learn_gradients(place, content.bytes[begin + step], shared);
    }
    barrier(kMixer, mixers);  // all gradients are there
    if (active) learn_symbol(&lane, mix, content, entries, step, begin + step + 1, content.bytes[begin + step]);
    for (int w = place; w < kernels::kLaneWeights; w += mixers) {
      shared->weight[w] = kernels::lane_mix_learn(shared->weight[w], shared->gradient[w]);
      shared->gradient[w] = 0;
    }
    barrier(kMixer, mixers);  // all have read
    for (int g = 0; g < plan.groups; ++g) {
      if (g == group) write_lanes(lane, mix, slots, entries, begin + step + 1, active);
      barrier(kMixer, mixers);
    }
  }
}

}  // namespace fastnz::cuda

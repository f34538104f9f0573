// Lanes of the network `gru8` from first byte to last: features, products, gates, logits, frequencies and range coder,
// without leaving the kernel. A group of four warps steps 32 lanes; groups of a block share nothing but weights and never
// wait for one another. Invariant: every number is that of docs/gru8.md, whatever company a lane keeps. Knows no host.
//
// A step of a group, a barrier after each line:
//   gather   thread 4 lane + k: row of table k; the range decoder's target
//   gates    warp w: units 16 u.. of u = w, w + 4, ... for all 32 lanes, from products to the new state
//   symbols  warp w: symbols 128 (w / 2).. of lanes 16 (w % 2)..; the two warps of a lane meet three times, five with mixing
//   coder    thread = lane, first warp only; the others are at the next step's gather
// With mixing (lane_mix_kernel.h) each group has one more warp; these wait for all groups of the block after their symbols, and
// each group waits for its candidates before its own.
#pragma once

#include "cuda/gru8_layout.h"
#include "cuda/gru8_symbols.h"
#include "cuda/gru8_units.h"
#include "cuda/lane_coder.h"
#include "cuda/lane_job.h"
#include "cuda/lane_mix_kernel.h"
#include "cuda/simt.h"

namespace fastnz::cuda {

// A block: its lanes begin at job.block_lanes * block. `shared` holds plan.shared_bytes.
template <Direction D, bool Mixed>
FASTNZ_KERNEL void run_lanes(const Gru8Network& net, const LaneJob& job, const Gru8Plan& plan, uint8_t* shared) {
  const int in_block = thread_in_block(), group_in_block = in_block / kGroupThreads;
  const int t = in_block % kGroupThreads, warp = t / kWarpThreads, thread = t % kWarpThreads;
  HalfPiece* const pieces = reinterpret_cast<HalfPiece*>(shared);
  uint8_t* const own = shared + kBlockBytes + group_in_block * plan.group_bytes;
  MixShared* const mix = Mixed ? reinterpret_cast<MixShared*>(shared + kBlockBytes + plan.groups * plan.group_bytes) : nullptr;
  uint8_t* const logit_weights = shared + kBlockBytes + plan.groups * plan.group_bytes + plan.mix_bytes;
  uint8_t* const gate_weights = logit_weights + plan.logit_halves * net.logit_block();
  if (in_block < kHalfPieces) pieces[in_block] = half_piece(in_block);
  const auto keep = [&](uint8_t* to, const uint8_t* from, int bytes) {
    for (int i = 16 * in_block; i < bytes; i += 16 * threads_of_block())
      *reinterpret_cast<Words4*>(to + i) = *reinterpret_cast<const Words4*>(from + i);
  };
  keep(logit_weights, net.logits, plan.logit_halves * net.logit_block());
  keep(gate_weights, net.gates, plan.gate_blocks * net.gate_block());

  if constexpr (Mixed) {
    for (int w = in_block; w < kernels::kLaneWeights; w += threads_of_block()) {
      mix->weight[w] = job.mix.first_weights[w];
      mix->gradient[w] = 0;
    }
    if (group_in_block >= plan.groups) {
      barrier(0, threads_of_block());
      run_mixer<D>(job, plan, mix, shared + kBlockBytes, (in_block - plan.groups * kGroupThreads) / kWarpThreads);
      return;
    }
  }
  const int group_index = block_in_grid() * plan.groups + group_in_block;
  const int block_lane0 = block_in_grid() * job.block_lanes, lane0 = block_lane0 + group_in_block * kGroupLanes;
  // Lanes of this group end here.
  const int lanes_end = smaller(job.lanes, smaller(block_lane0 + job.block_lanes, lane0 + kGroupLanes));
  const int all = 1 + 3 * group_in_block, meet = all + 1 + (warp & 1);  // barriers; 0 is the block's
  Gru8Group* const group = reinterpret_cast<Gru8Group*>(own);
  const int stride = row_stride(net.hidden), feature_stride = row_stride(net.features());
  uint8_t* const features = own + sizeof(Gru8Group);
  uint8_t* const inputs[2] = {features + kGroupLanes * feature_stride,
                              features + kGroupLanes * (feature_stride + stride)};
  for (int i = 4 * t; i < kGroupLanes * stride; i += 4 * kGroupThreads) *reinterpret_cast<uint32_t*>(inputs[0] + i) = 0;
  int16_t* const state = job.state + static_cast<size_t>(group_index) * kGroupLanes * static_cast<size_t>(net.hidden);
  for (int tile = warp; tile < net.unit_tiles(); tile += kGroupWarps) {
    for (int pair = 0; pair < 2; ++pair)
      *reinterpret_cast<Words4*>(state + ((tile * 2 + pair) * kWarpThreads + thread) * 8) = Words4{{0, 0, 0, 0}};
  }

  // This thread's lane in the gather, and its table there.
  const int lane = t >> 2, table = t & 3, my_lane = lane0 + lane;
  const bool exists = my_lane < lanes_end;
  const uint32_t length = exists ? job.length[my_lane] : 0;
  const uint8_t* const content = job.content + (exists ? job.content_at[my_lane] : 0);
  const int8_t* const my_table = net.tables + (static_cast<size_t>(table) << net.bits) * static_cast<size_t>(net.depth);
  uint8_t* const my_features = features + lane * feature_stride + table * net.depth;
  FeatureState seen;

  // This thread's lane at the coder, and the steps of the group's longest lane.
  const int coder_lane = lane0 + thread;
  const bool codes = coder_lane < lanes_end;
  const uint32_t coder_length = codes ? job.length[coder_lane] : 0;
  uint8_t* const code = job.code + (codes && D != Direction::kFrequencies ? job.code_at[coder_lane] : 0);
  uint8_t* const decoded = job.content + (codes ? job.content_at[coder_lane] : 0);
  uint32_t steps = coder_length;
  for (int mask = 1; mask < kWarpThreads; mask *= 2) {
    const uint32_t other = shuffle_xor(steps, mask);
    steps = other > steps ? other : steps;
  }
  if (Mixed) steps = job.length[block_lane0];  // with mixing no lane is longer than the first
  LaneEncoder encoder;
  LaneDecoder decoder;
  uint32_t code_size = 0;
  if (D == Direction::kDecode && warp == 0 && codes) {
    code_size = job.code_size[coder_lane];
    begin_code(&decoder, code, code_size);
  }
  barrier(0, threads_of_block());

  for (uint32_t step = 0; step < steps; ++step) {
    uint32_t last = 0;
    if (step > 0) {
      if (D == Direction::kDecode)
        last = group->symbol[lane];
      else if (step - 1 < length)
        last = content[step - 1];
      push_byte(&seen, last);
    }
    const int8_t* const row = my_table + static_cast<size_t>(feature_row(seen, table, net.bits)) * static_cast<size_t>(net.depth);
    for (int i = 0; i < net.depth; i += 8)
      *reinterpret_cast<Words2*>(my_features + i) = *reinterpret_cast<const Words2*>(row + i);
    if (table == 0) group->byte[lane] = last;
    if (D == Direction::kEncode && table == 1) group->symbol[lane] = step < length ? content[step] : 0;
    if (D == Direction::kDecode && warp == 0) group->target[thread] = code_target(decoder);
    barrier(all, kGroupThreads);

    const uint8_t* const h8 = inputs[step & 1];
    uint8_t* const new_h8 = inputs[~step & 1];
    FASTNZ_ROLLED
    for (int tile = warp; tile < net.unit_tiles(); tile += kGroupWarps) {
      const uint8_t* const weights = tile < plan.gate_blocks
                                         ? gate_weights + tile * net.gate_block()
                                         : net.gates + static_cast<size_t>(tile) * static_cast<size_t>(net.gate_block());
      step_units(net, pieces, weights, tile, group->byte, features, h8, new_h8,
                 state + static_cast<size_t>(tile) * 2 * kWarpThreads * 8);
    }
    barrier(all, kGroupThreads);

    const int half = warp >> 1, first_lane = 16 * (warp & 1);
    const uint8_t* const weights = (half < plan.logit_halves ? logit_weights : net.logits) + half * net.logit_block();
    uint32_t* freq_out[kThreadLanes] = {};
    if (D == Direction::kFrequencies) {
      for (int i = 0; i < kThreadLanes; ++i) {
        const int of = lane0 + first_lane + 8 * (i >> 1) + 2 * (thread & 3) + (i & 1);
        if (of < lanes_end && step < job.length[of])
          freq_out[i] = job.frequencies + (static_cast<size_t>(of) * static_cast<size_t>(job.steps) + step) * kSymbols;
      }
    }
    step_symbols<D, Mixed>(net, group, weights, half, first_lane, new_h8, features, meet, freq_out, mix,
                           group_in_block * kGroupLanes, kOffered + group_in_block);
    if (Mixed) arrive(kAllSymbols, plan.groups * (kGroupThreads + kWarpThreads));
    barrier(all, kGroupThreads);

    if (D == Direction::kFrequencies || warp != 0 || step >= coder_length) continue;
    if (D == Direction::kEncode) {
      encode_symbol(&encoder, code, group->cum[thread], group->freq[thread]);
    } else {
      if (!Mixed) decoded[step] = static_cast<uint8_t>(group->symbol[thread]);
      consume_symbol(&decoder, code, code_size, group->cum[thread], group->freq[thread]);
    }
  }
  if (D == Direction::kEncode && warp == 0 && codes) job.code_size[coder_lane] = finish_code(&encoder, code);
  if (D == Direction::kDecode && warp == 0 && codes) job.overran[coder_lane] = decoder.missing > kMostMissing;
}

}  // namespace fastnz::cuda

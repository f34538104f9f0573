// From the new state to frequencies, and to what the coder wants of them: logits, bonuses where there is a mixer, softmax, sums
// (docs/gru8.md, section 4; docs/lane_mix.md, section 2). Invariant: the two warps that share a lane meet between what one
// writes and the other reads.
#pragma once

#include "cuda/gru8_layout.h"
#include "cuda/gru8_units.h"
#include "cuda/lane_job.h"
#include "cuda/lane_mix_kernel.h"
#include "cuda/simt.h"

namespace fastnz::cuda {

// A thread's share of the symbols: 16 that follow one another, in each of four lanes.
inline constexpr int kThreadSymbols = 2 * kLogitTiles;
inline constexpr int kThreadLanes = 4;
struct Logits {
  int32_t sum[kLogitTiles][2][4];
  FASTNZ_KERNEL int32_t& at(int lane, int symbol) { return sum[symbol >> 1][lane >> 1][2 * (symbol & 1) + (lane & 1)]; }
};

// Over the eight threads that share four lanes.
FASTNZ_KERNEL uint32_t sum_of_lane(uint32_t value) {
  value += shuffle_xor(value, 4);
  value += shuffle_xor(value, 8);
  return value + shuffle_xor(value, 16);
}
FASTNZ_KERNEL int32_t top_of_lane(int32_t value) {
  FASTNZ_UNROLL
  for (int mask = 4; mask <= 16; mask *= 2)
    value = larger(value, static_cast<int32_t>(shuffle_xor(static_cast<uint32_t>(value), mask)));
  return value;
}
FASTNZ_KERNEL uint32_t least_of_lane(uint32_t value) {
  FASTNZ_UNROLL
  for (int mask = 4; mask <= 16; mask *= 2) {
    const uint32_t other = shuffle_xor(value, mask);
    value = other < value ? other : value;
  }
  return value;
}

// f(rank) for each of this thread's symbols of a lane that is a candidate; j is the symbol's number here.
template <typename Visit>
FASTNZ_KERNEL void for_candidates(const MixShared* mix, int place, int block, Visit visit) {
  const uint32_t bits = mix->symbols[place][block >> 1] >> (16 * (block & 1));
  int rank = mix->places[place][block];
  FASTNZ_UNROLL
  for (int j = 0; j < kThreadSymbols; ++j)
    if (bits >> j & 1) visit(j, rank++);
}

// Weights and bonuses of the candidates of 16 lanes, four threads for each.
FASTNZ_KERNEL void add_bonuses(const Gru8Group* group, MixShared* mix, int in_pair, int first_lane, int first_place) {
  const int lane = first_lane + (in_pair >> 2), place = first_place + (in_pair >> 2);
  const int count = mix->count[place];
  const int32_t top = larger(group->top[0][lane], group->top[1][lane]);
  for (int i = in_pair & 3; i < count; i += 4) {
    const uint32_t candidate = mix->candidate[i][place], rank = candidate >> 24;
    const int weight =
        kernels::lane_mix_weight_index(static_cast<int>(candidate & 0xFFFFu), top, mix->value[rank][place]);
    mix->candidate[i][place] = (candidate & 0xFFFF0000u) | static_cast<uint32_t>(weight);
    add_to(&mix->bonus[rank][place], kernels::lane_mix_bonus(mix->weight[weight]));
  }
}

// Frequencies of 128 symbols (`half`) in 16 lanes from the new state; then what `D` wants of them. `meet` is the barrier
// of the two warps that share these lanes. `mix`: null without mixing, else lane i has place first_place + i there, and
// candidates can be had after `offered`.
template <Direction D, bool Mixed>
FASTNZ_KERNEL void step_symbols(const Gru8Network& net, Gru8Group* group, const uint8_t* weights, int half, int first_lane,
                                const uint8_t* h8, const uint8_t* features, int meet, uint32_t* const (&freq_out)[kThreadLanes],
                                MixShared* mix, int first_place, int offered) {
  const int thread = thread_in_block() % kWarpThreads, g = thread >> 2, q = thread & 3;
  const int stride = row_stride(net.hidden), feature_stride = row_stride(net.features());
  const int symbol0 = 128 * half + kThreadSymbols * g;
  Logits l = {};
  multiply<kLogitTiles, 2>(l.sum, weights, h8 + first_lane * stride, stride, net.hidden);
  multiply<kLogitTiles, 2>(l.sum, weights + net.hidden / kTileColumns * kLogitTiles * kTileBytes,
                           features + first_lane * feature_stride, feature_stride, net.features());
  int lane[kThreadLanes];
  int32_t top[kThreadLanes];
  FASTNZ_UNROLL
  for (int i = 0; i < kThreadLanes; ++i) {
    lane[i] = first_lane + 8 * (i >> 1) + 2 * q + (i & 1);
    top[i] = INT32_MIN;
  }
  {
    const Words4* const biases = reinterpret_cast<const Words4*>(net.logit_biases + symbol0);
    const Words4* const scales = reinterpret_cast<const Words4*>(net.logit_scales + symbol0);
    const int32_t rounding = 1 << (net.logit_shift - 1);
    FASTNZ_UNROLL
    for (int j = 0; j < kThreadSymbols; j += 8) {
      const Words4 m = scales[j / 8], b[2] = {biases[j / 4], biases[j / 4 + 1]};
      FASTNZ_UNROLL
      for (int k = 0; k < 8; ++k) {
        FASTNZ_UNROLL
        for (int i = 0; i < kThreadLanes; ++i) {
          int32_t& v = l.at(i, j + k);
          v = scale(v, half_of(m.w[k / 2], k & 1), rounding, net.logit_shift) + static_cast<int32_t>(b[k / 4].w[k & 3]);
          top[i] = larger(top[i], v);
        }
      }
    }
  }
  const auto find_top = [&] {
    FASTNZ_UNROLL
    for (int i = 0; i < kThreadLanes; ++i) {
      top[i] = top_of_lane(top[i]);
      if (g == 0) group->top[half][lane[i]] = top[i];
    }
  };
  find_top();
  const int block = 8 * half + g;  // of 16 symbols
  if constexpr (Mixed) {
    barrier(offered, kGroupThreads + kWarpThreads);
    FASTNZ_UNROLL
    for (int i = 0; i < kThreadLanes; ++i) {
      const int place = first_place + lane[i];
      for_candidates(mix, place, block, [&](int j, int rank) {
        mix->value[rank][place] = l.at(i, j);
        mix->bonus[rank][place] = 0;
      });
    }
    barrier(meet, 2 * kWarpThreads);
    add_bonuses(group, mix, kWarpThreads * half + thread, first_lane, first_place + first_lane);
    barrier(meet, 2 * kWarpThreads);
    FASTNZ_UNROLL
    for (int i = 0; i < kThreadLanes; ++i) {
      const int place = first_place + lane[i];
      for_candidates(mix, place, block, [&](int j, int rank) { l.at(i, j) += mix->bonus[rank][place]; });
      top[i] = l.at(i, 0);
      FASTNZ_UNROLL
      for (int j = 1; j < kThreadSymbols; ++j) top[i] = larger(top[i], l.at(i, j));
    }
    find_top();
  }
  barrier(meet, 2 * kWarpThreads);

  uint32_t sum[kThreadLanes], first[kThreadLanes];
  FASTNZ_UNROLL
  for (int i = 0; i < kThreadLanes; ++i) {
    const int32_t greatest = larger(group->top[0][lane[i]], group->top[1][lane[i]]);
    sum[i] = 0;
    first[i] = kSymbols;
    FASTNZ_UNROLL
    for (int j = kThreadSymbols - 1; j >= 0; --j) {
      int32_t& v = l.at(i, j);
      if (v == greatest) first[i] = static_cast<uint32_t>(symbol0 + j);
      v = static_cast<int32_t>(exponential(greatest - v));
      sum[i] += static_cast<uint32_t>(v);
    }
    sum[i] = sum_of_lane(sum[i]);
    first[i] = least_of_lane(first[i]);
    if (g == 0) {
      group->sum[half][lane[i]] = sum[i];
      group->first[half][lane[i]] = first[i];
    }
  }
  barrier(meet, 2 * kWarpThreads);

  // One division for each thread and lane g of the four, then everyone has all.
  uint32_t divisor = 1;
  FASTNZ_UNROLL
  for (int i = 0; i < kThreadLanes; ++i) {
    sum[i] = group->sum[0][lane[i]] + group->sum[1][lane[i]];
    first[i] = group->first[0][lane[i]] < kSymbols ? group->first[0][lane[i]] : group->first[1][lane[i]];
    if ((g & 3) == i) divisor = sum[i];
  }
  const uint32_t quotient = reciprocal(divisor);
  uint32_t before[kThreadLanes], symbol[kThreadLanes];  // decoding: of the threads before; encoding: of symbols before
  FASTNZ_UNROLL
  for (int i = 0; i < kThreadLanes; ++i) {
    const uint32_t r = shuffle(quotient, 4 * i + q);
    if (D == Direction::kEncode) symbol[i] = group->symbol[lane[i]] - static_cast<uint32_t>(symbol0);
    uint32_t total = 0, below = 0, at = 0;
    FASTNZ_UNROLL
    for (int j = 0; j < kThreadSymbols; ++j) {
      int32_t& v = l.at(i, j);
      const uint32_t n = 1 + multiply_high(static_cast<uint32_t>(v), r);
      v = static_cast<int32_t>(n);
      if (D == Direction::kEncode) {  // the symbol's place here: negative before it, beyond 16 after it
        if (j < static_cast<int32_t>(symbol[i])) below += n;
        if (j == static_cast<int32_t>(symbol[i])) at = n;
      }
      total += n;
    }
    if (D == Direction::kEncode) {
      if (symbol[i] < kThreadSymbols) group->freq[lane[i]] = at;
      below = sum_of_lane(below);
      if (g == 0) group->below[half][lane[i]] = below;
      total = sum_of_lane(total);
    } else {
      uint32_t inclusive = total;
      FASTNZ_UNROLL
      for (int step = 1; step < 8; step *= 2) {
        const uint32_t other = shuffle(inclusive, g >= step ? thread - 4 * step : thread);
        if (g >= step) inclusive += other;
      }
      before[i] = inclusive - total;
      total = shuffle(inclusive, 28 + q);
    }
    if (g == 0) group->total[half][lane[i]] = total;
    if constexpr (Mixed) {
      const int place = first_place + lane[i];
      for_candidates(mix, place, block,
                     [&](int j, int rank) { mix->value[rank][place] = l.at(i, j); });
    }
  }
  barrier(meet, 2 * kWarpThreads);

  FASTNZ_UNROLL
  for (int i = 0; i < kThreadLanes; ++i) {
    const uint32_t lower = group->total[0][lane[i]], missing = kTotal - lower - group->total[1][lane[i]];
    if (Mixed && half == 0 && g == 0) {
      mix->first[first_place + lane[i]] = static_cast<uint16_t>(first[i]);
      mix->missing[first_place + lane[i]] = missing;
    }
    if (D == Direction::kEncode) {
      if (half == 0 && g == 0) {
        const uint32_t coded = symbol[i] + static_cast<uint32_t>(symbol0);
        group->cum[lane[i]] = group->below[0][lane[i]] + group->below[1][lane[i]] + (first[i] < coded ? missing : 0);
        if (first[i] == coded) group->freq[lane[i]] += missing;
      }
      continue;
    }
    uint32_t cum = before[i] + (half ? lower : 0) + (first[i] < static_cast<uint32_t>(symbol0) ? missing : 0);
    const uint32_t target = D == Direction::kDecode ? group->target[lane[i]] : 0, bumped = first[i] - static_cast<uint32_t>(symbol0);
    uint32_t found = kSymbols, found_cum = 0, found_freq = 0;
    FASTNZ_UNROLL
    for (int j = 0; j < kThreadSymbols; ++j) {
      const uint32_t n = static_cast<uint32_t>(l.at(i, j)) + (bumped == static_cast<uint32_t>(j) ? missing : 0);
      if (D == Direction::kFrequencies) {
        if (freq_out[i]) freq_out[i][symbol0 + j] = n;
      } else if (target - cum < n) {
        found = static_cast<uint32_t>(symbol0 + j);
        found_cum = cum;
        found_freq = n;
      }
      cum += n;
    }
    if (D == Direction::kDecode && found < kSymbols) {
      group->symbol[lane[i]] = found;
      group->cum[lane[i]] = found_cum;
      group->freq[lane[i]] = found_freq;
    }
  }
}

}  // namespace fastnz::cuda

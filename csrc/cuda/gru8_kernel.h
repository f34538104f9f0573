// Lanes of the network `gru8` from first byte to last: features, products, gates, logits, frequencies and range coder,
// without leaving the kernel. A group of four warps steps 32 lanes; groups of a block share nothing but weights and never
// wait for one another. Invariant: every number is that of docs/gru8.md, whatever company a lane keeps. Knows no host.
//
// A step of a group, a barrier after each line:
//   gather   thread 4 lane + k: row of table k; the range decoder's target
//   gates    warp w: units 16 u.. of u = w, w + 4, ... for all 32 lanes, from products to the new state
//   symbols  warp w: symbols 128 (w / 2).. of lanes 16 (w % 2)..; the two warps of a lane meet three times
//   coder    thread = lane, first warp only; the others are at the next step's gather
#pragma once

#include "cuda/gru8_layout.h"
#include "cuda/lane_coder.h"
#include "cuda/simt.h"

namespace fastnz::cuda {

enum class Direction { kFrequencies, kEncode, kDecode };

// One launch: lanes of any lengths. All pointers are the device's.
struct LaneJob {
  const uint64_t* content_at;  // [lanes]: where a lane begins in `content`
  const uint32_t* length;      // [lanes]
  const uint64_t* code_at;     // [lanes]: where its code lies, most_code_bytes() of room when encoding
  uint32_t* code_size;         // [lanes]: written when encoding, read when decoding
  uint32_t* overran;           // [lanes]: decoding: 1 when the code was too short
  uint8_t* content;            // written when decoding
  uint8_t* code;               // written when encoding
  uint32_t* frequencies;       // kFrequencies: [lanes][steps][256], as many steps as the longest lane has
  int16_t* state;              // [groups][H / 16][2][32][8]: h of a thread's units and lanes
  int32_t lanes;
  int32_t steps;
};

// Tiles x 4 N-tiles of 8 lanes: sums of `columns` / 32 tiles of weights with rows of inputs.
template <int Tiles, int LaneTiles>
FASTNZ_KERNEL void multiply(int32_t (&sum)[Tiles][LaneTiles][4], const uint8_t* weights, const uint8_t* inputs, int stride,
                            int columns) {
  const int thread = thread_in_block() % kWarpThreads;
  const uint8_t* w = weights + 16 * thread;
  const uint8_t* x = inputs + (thread >> 2) * stride + 8 * (thread & 3);
  Words4 next[Tiles];
  FASTNZ_UNROLL
  for (int t = 0; t < Tiles; ++t) next[t] = *reinterpret_cast<const Words4*>(w + t * kTileBytes);
  FASTNZ_ROLLED
  for (int column = 0; column < columns; column += kTileColumns) {
    Words4 now[Tiles];
    FASTNZ_UNROLL
    for (int t = 0; t < Tiles; ++t) now[t] = next[t];
    if (column + kTileColumns < columns) {
      w += Tiles * kTileBytes;
      FASTNZ_UNROLL
      for (int t = 0; t < Tiles; ++t) next[t] = *reinterpret_cast<const Words4*>(w + t * kTileBytes);
    }
    Words2 input[LaneTiles];
    FASTNZ_UNROLL
    for (int n = 0; n < LaneTiles; ++n)
      input[n] = *reinterpret_cast<const Words2*>(x + 8 * n * stride + column);
    FASTNZ_UNROLL
    for (int t = 0; t < Tiles; ++t) {
      FASTNZ_UNROLL
      for (int n = 0; n < LaneTiles; ++n) multiply_add(sum[t][n], now[t], input[n]);
    }
  }
  sums_are_wanted();
}

FASTNZ_KERNEL int32_t low_half(uint32_t word) { return static_cast<int16_t>(word & 0xFFFFu); }
FASTNZ_KERNEL int32_t high_half(uint32_t word) { return static_cast<int16_t>(word >> 16); }
FASTNZ_KERNEL int32_t half_of(uint32_t word, int which) { return which ? high_half(word) : low_half(word); }
FASTNZ_KERNEL uint32_t pack_halves(int32_t low, int32_t high) {
  return (static_cast<uint32_t>(low) & 0xFFFFu) | static_cast<uint32_t>(high) << 16;
}

// The new state of 16 units in 32 lanes. `scales` and `x` are this thread's; so is `state`, 2 x 8 int16 apart by a warp.
FASTNZ_KERNEL void step_units(const Gru8Network& net, const HalfPiece* pieces, const uint8_t* weights, int tile,
                              const uint32_t* last_byte, const uint8_t* features, const uint8_t* h8, uint8_t* new_h8,
                              int16_t* state) {
  constexpr int kLaneTiles = kGroupLanes / 8;
  const int thread = thread_in_block() % kWarpThreads, g = thread >> 2, q = thread & 3;
  const int columns = net.features(), feature_stride = row_stride(columns), stride = row_stride(net.hidden);
  const Words4* const scales =
      reinterpret_cast<const Words4*>(net.gate_scales + (static_cast<size_t>(tile) * 8 + static_cast<size_t>(g)) * 16);
  const Words4 scale_a = scales[0], scale_b = scales[1];
  const uint32_t mh[3] = {scale_a.w[0], scale_a.w[1], scale_a.w[2]}, mf[3] = {scale_a.w[3], scale_b.w[0], scale_b.w[1]};
  const uint32_t bias = scale_b.w[2];

  // What the features and the last byte give, with X: r and z keep 32 bits, n is v_i.
  int32_t part[kGateTiles][kLaneTiles][4] = {};
  multiply<kGateTiles, kLaneTiles>(part, weights, features, feature_stride, columns);
  const int32_t half_f = 1 << (net.feature_shift - 1), half_h = 1 << (net.state_shift - 1);
  FASTNZ_UNROLL
  for (int n = 0; n < kLaneTiles; ++n) {
    FASTNZ_UNROLL
    for (int c = 0; c < 2; ++c) {
      const uint32_t byte = last_byte[8 * n + 2 * q + c];
      const Words4 x = *reinterpret_cast<const Words4*>(
          net.bytes + ((static_cast<size_t>(byte) * static_cast<size_t>(net.unit_tiles()) + static_cast<size_t>(tile)) * 8 +
                       static_cast<size_t>(g)) * 8);
      FASTNZ_UNROLL
      for (int t = 0; t < kGateTiles; ++t) {
        FASTNZ_UNROLL
        for (int unit = 0; unit < 2; ++unit) {
          int32_t& v = part[t][n][2 * unit + c];
          v = scale(v, half_of(mf[t], unit), half_f, net.feature_shift) + half_of(x.w[t], unit);
        }
      }
    }
  }
  int32_t sum[kGateTiles][kLaneTiles][4] = {};
  multiply<kGateTiles, kLaneTiles>(sum, weights + columns / kTileColumns * kGateTiles * kTileBytes, h8, stride,
                                   net.hidden);
  FASTNZ_UNROLL
  for (int pair = 0; pair < 2; ++pair) {
    Words4* const kept = reinterpret_cast<Words4*>(state + (pair * kWarpThreads + thread) * 8);
    const Words4 before = *kept;
    Words4 after;
    FASTNZ_UNROLL
    for (int i = 0; i < 4; ++i) {
      const int n = 2 * pair + (i >> 1), c = i & 1;
      int32_t h[2];
      FASTNZ_UNROLL
      for (int unit = 0; unit < 2; ++unit) {
        const int at = 2 * unit + c;
        const auto from_state = [&](int t) {
          return scale(sum[t][n][at], half_of(mh[t], unit), half_h, net.state_shift);
        };
        h[unit] = gru_unit(pieces, sat16(part[0][n][at] + from_state(0)), sat16(part[1][n][at] + from_state(1)),
                           sat16(from_state(2) + half_of(bias, unit)), sat16(part[2][n][at]),
                           half_of(before.w[i], unit));
      }
      after.w[i] = pack_halves(h[0], h[1]);
      const uint32_t bytes = (static_cast<uint32_t>(upper_byte(h[0])) & 0xFFu) |
                             (static_cast<uint32_t>(upper_byte(h[1])) & 0xFFu) << 8;
      *reinterpret_cast<uint16_t*>(new_h8 + (8 * n + 2 * q + c) * stride + kUnitsPerTile * tile + 2 * g) =
          static_cast<uint16_t>(bytes);
    }
    *kept = after;
  }
}

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

// Frequencies of 128 symbols (`half`) in 16 lanes from the new state; then what `D` wants of them. `meet` is the barrier
// of the two warps that share these lanes.
template <Direction D>
FASTNZ_KERNEL void step_symbols(const Gru8Network& net, Gru8Group* group, const uint8_t* weights, int half, int first_lane,
                                const uint8_t* h8, const uint8_t* features, int meet, uint32_t* const (&freq_out)[kThreadLanes]) {
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
  FASTNZ_UNROLL
  for (int i = 0; i < kThreadLanes; ++i) {
    top[i] = top_of_lane(top[i]);
    if (g == 0) group->top[half][lane[i]] = top[i];
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
  }
  barrier(meet, 2 * kWarpThreads);

  FASTNZ_UNROLL
  for (int i = 0; i < kThreadLanes; ++i) {
    const uint32_t lower = group->total[0][lane[i]], missing = kTotal - lower - group->total[1][lane[i]];
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

// A block: its groups' lanes begin at 32 * groups * block. `shared` holds plan.shared_bytes.
template <Direction D>
FASTNZ_KERNEL void run_lanes(const Gru8Network& net, const LaneJob& job, const Gru8Plan& plan, uint8_t* shared) {
  const int in_block = thread_in_block(), group_in_block = in_block / kGroupThreads;
  const int t = in_block % kGroupThreads, warp = t / kWarpThreads, thread = t % kWarpThreads;
  HalfPiece* const pieces = reinterpret_cast<HalfPiece*>(shared);
  uint8_t* const own = shared + kBlockBytes + group_in_block * plan.group_bytes;
  uint8_t* const logit_weights = shared + kBlockBytes + plan.groups * plan.group_bytes;
  uint8_t* const gate_weights = logit_weights + plan.logit_halves * net.logit_block();
  if (in_block < kHalfPieces) pieces[in_block] = half_piece(in_block);
  const auto keep = [&](uint8_t* to, const uint8_t* from, int bytes) {
    for (int i = 16 * in_block; i < bytes; i += 16 * threads_of_block())
      *reinterpret_cast<Words4*>(to + i) = *reinterpret_cast<const Words4*>(from + i);
  };
  keep(logit_weights, net.logits, plan.logit_halves * net.logit_block());
  keep(gate_weights, net.gates, plan.gate_blocks * net.gate_block());

  const int group_index = block_in_grid() * plan.groups + group_in_block, lane0 = group_index * kGroupLanes;
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
  const bool exists = my_lane < job.lanes;
  const uint32_t length = exists ? job.length[my_lane] : 0;
  const uint8_t* const content = job.content + (exists ? job.content_at[my_lane] : 0);
  const int8_t* const my_table = net.tables + (static_cast<size_t>(table) << net.bits) * static_cast<size_t>(net.depth);
  uint8_t* const my_features = features + lane * feature_stride + table * net.depth;
  FeatureState seen;

  // This thread's lane at the coder, and the steps of the group's longest lane.
  const int coder_lane = lane0 + thread;
  const bool codes = coder_lane < job.lanes;
  const uint32_t coder_length = codes ? job.length[coder_lane] : 0;
  uint8_t* const code = job.code + (codes && D != Direction::kFrequencies ? job.code_at[coder_lane] : 0);
  uint8_t* const decoded = job.content + (codes ? job.content_at[coder_lane] : 0);
  uint32_t steps = coder_length;
  for (int mask = 1; mask < kWarpThreads; mask *= 2) {
    const uint32_t other = shuffle_xor(steps, mask);
    steps = other > steps ? other : steps;
  }
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
        if (of < job.lanes && step < job.length[of])
          freq_out[i] = job.frequencies + (static_cast<size_t>(of) * static_cast<size_t>(job.steps) + step) * kSymbols;
      }
    }
    step_symbols<D>(net, group, weights, half, first_lane, new_h8, features, meet, freq_out);
    barrier(all, kGroupThreads);

    if (D == Direction::kFrequencies || warp != 0 || step >= coder_length) continue;
    if (D == Direction::kEncode) {
      encode_symbol(&encoder, code, group->cum[thread], group->freq[thread]);
    } else {
      decoded[step] = static_cast<uint8_t>(group->symbol[thread]);
      consume_symbol(&decoder, code, code_size, group->cum[thread], group->freq[thread]);
    }
  }
  if (D == Direction::kEncode && warp == 0 && codes) job.code_size[coder_lane] = finish_code(&encoder, code);
  if (D == Direction::kDecode && warp == 0 && codes) job.overran[coder_lane] = decoder.missing > kMostMissing;
}

}  // namespace fastnz::cuda

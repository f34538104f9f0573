// The arithmetic of one lane of the model lane_mix (docs/lane_mix.md) between the network's logits and its softmax, for a CPU
// and for a GPU: plain integers, no loop over symbols, no state but what is passed in. Invariant: within a step every lane
// reads what the step began with; what lanes of a group write to the same place is settled by the highest of them, and
// gradients are summed, so neither the order of the lanes nor who computes them can be seen. Knows no network, no coder.
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(__CUDACC__)
#define FASTNZ_HOST_DEVICE __host__ __device__
#else
#define FASTNZ_HOST_DEVICE
#endif

namespace fastnz::kernels {

inline constexpr int kLaneContexts = 5;     // hashed contexts, a table of slots each
inline constexpr int kLaneCandidates = 17;  // most candidates of a step: 3 of each slot, one of each match
inline constexpr int kLaneFeatures = 384;   // of one class of the network's opinion
inline constexpr int kLaneClasses = 4;
inline constexpr int kLaneWeights = kLaneClasses * kLaneFeatures;
inline constexpr int kLaneSlotFeatures = 64;
inline constexpr int kLaneShortMatch = kLaneContexts * kLaneSlotFeatures, kLaneLongMatch = kLaneShortMatch + 32;
inline constexpr int kShortMatchBytes = 6, kLongMatchBytes = 12;  // least lengths
inline constexpr int kMostVerified = 32;    // bytes of a new match that are compared
inline constexpr int kMostMatchLength = 255;
inline constexpr int kMostMisses = 8;       // after which a short match is given up
inline constexpr int kMinLaneSlotBits = 8, kMaxLaneSlotBits = 22;
inline constexpr int kMostLanesOfGroup = 1024;  // sums of gradients stay below 2^26
inline constexpr int32_t kMostLaneWeight = 1 << 20;  // q16: 16 bits
inline constexpr int kLaneWeightShift = 4;      // from q16 to the q12 of logits
inline constexpr int kLaneRateShift = 6;        // a gradient (q16) moves a weight by 2^-6 of itself

// A slot: from the lowest byte candidate, count, candidate, count, candidate, count; the upper 16 bits tell contexts apart and
// are never 0 in a slot that is in use. Counts are 0 (no candidate) to 15.
using LaneSlot = uint64_t;

// A pointer to the byte that is expected next: where in the block's content and in its lane (0 in the head); position 0: none.
struct LaneMatch {
  uint32_t position;
  uint32_t offset;
  uint16_t length;
  uint16_t misses;
};

// What a lane carries from step to step; all zero but the contexts' slots and checks, which lane_mix_contexts() sets.
struct LaneMixState {
  uint64_t history;  // the last eight bytes, the newest lowest
  uint32_t word;
  LaneMatch short_match, long_match;
  uint32_t slot[kLaneContexts];  // indices in the tables of the group
  uint16_t check[kLaneContexts];
};

// The block as far as a lane may know it: the head, and at step t every lane's first t bytes.
struct LaneContent {
  const uint8_t* bytes;   // the whole content
  uint64_t size;
  uint32_t lane_bytes;    // L
  uint32_t head;          // bytes before the first lane
};

struct LaneCandidates {
  int count;
  uint8_t symbol[kLaneCandidates];
  uint16_t feature[kLaneCandidates];  // below kLaneFeatures
};

FASTNZ_HOST_DEVICE inline uint32_t lane_mix_hash(uint32_t low, uint32_t high, uint32_t salt) {
  uint32_t x = (low + salt) * 0x9E3779B1u ^ high * 0x85EBCA77u;
  x = (x ^ x >> 15) * 0x2C1B3C6Du;
  x = (x ^ x >> 12) * 0x297A2D39u;
  return x ^ x >> 15;
}

// Slots and checks of the next step from history and word: orders 6, 4, 3, the word and the byte before it, order 2.
FASTNZ_HOST_DEVICE inline void lane_mix_contexts(LaneMixState* lane, int slot_bits) {
  const uint32_t low = static_cast<uint32_t>(lane->history), high = static_cast<uint32_t>(lane->history >> 32);
  const uint32_t hash[kLaneContexts] = {
      lane_mix_hash(low, high & 0xFFFFu, 1), lane_mix_hash(low, 0, 2), lane_mix_hash(low & 0xFFFFFFu, 0, 3),
      lane_mix_hash(lane->word, low & 0xFFu, 4), lane_mix_hash(low & 0xFFFFu, 0, 5)};
  for (int k = 0; k < kLaneContexts; ++k) {
    lane->slot[k] = hash[k] >> (32 - slot_bits);
    lane->check[k] = static_cast<uint16_t>((hash[k] & 0x7FFFu) | 0x8000u);  // low bits; the index has the high ones
  }
}

// The entry of a match table of 2^slot_bits for the bytes that end here.
FASTNZ_HOST_DEVICE inline uint32_t lane_mix_match_entry(uint64_t history, int least, int slot_bits) {
  const uint32_t low = static_cast<uint32_t>(history), high = static_cast<uint32_t>(history >> 32);
  return lane_mix_hash(low, least < 8 ? high & 0xFFFFu : high, static_cast<uint32_t>(least) * 0x1000193u) >> (32 - slot_bits);
}

FASTNZ_HOST_DEVICE inline int lane_mix_length_class(int length) {
  if (length < 16) return length < 4 ? (length > 0) : length / 2;  // 0, 1..3, 4-5, 6-7, ... 14-15
  return length < 32 ? 8 + (length - 16) / 4 : length < 48 ? 12 : length < 64 ? 13 : length < 128 ? 14 : 15;
}

FASTNZ_HOST_DEVICE inline int lane_mix_count_class8(int count) {  // 1 .. 15
  return count < 5 ? count : count < 7 ? 5 : count < 10 ? 6 : 7;
}
FASTNZ_HOST_DEVICE inline int lane_mix_count_class4(int count) { return count < 2 ? count : count < 4 ? 2 : 3; }

FASTNZ_HOST_DEVICE inline void lane_mix_add(LaneCandidates* to, uint32_t symbol, int feature) {
  to->symbol[to->count] = static_cast<uint8_t>(symbol);
  to->feature[to->count++] = static_cast<uint16_t>(feature);
}

FASTNZ_HOST_DEVICE inline bool lane_mix_points(const LaneMatch* m, const LaneContent* content, uint32_t step) {
  return m->position != 0 && (m->position < content->head || m->offset < step);
}

// The candidates of step t from the slots that the lane's contexts lead to.
FASTNZ_HOST_DEVICE inline void lane_mix_candidates(const LaneMixState* lane, const LaneSlot slots[kLaneContexts],
                                                   const LaneContent* content, uint32_t step, LaneCandidates* out) {
  out->count = 0;
  int expected = -1;
  const LaneMatch* m = &lane->short_match;
  if (lane_mix_points(m, content, step)) {
    expected = content->bytes[m->position];
    lane_mix_add(out, static_cast<uint32_t>(expected), kLaneShortMatch + 2 * lane_mix_length_class(m->length) + (m->misses > 0));
  }
  m = &lane->long_match;
  if (lane_mix_points(m, content, step)) {
    const int other = content->bytes[m->position];
    lane_mix_add(out, static_cast<uint32_t>(other), kLaneLongMatch + 2 * lane_mix_length_class(m->length) + (other == expected));
  }
  for (int k = 0; k < kLaneContexts; ++k) {
    const LaneSlot s = slots[k];
    if (s >> 48 != lane->check[k]) continue;
    const int n0 = static_cast<int>(s >> 8 & 15), n1 = static_cast<int>(s >> 24 & 15), n2 = static_cast<int>(s >> 40 & 15);
    const int first = k * kLaneSlotFeatures, c0 = lane_mix_count_class4(n0), c1 = lane_mix_count_class4(n1);
    lane_mix_add(out, static_cast<uint32_t>(s), first + 4 * lane_mix_count_class8(n0) + c1);
    if (n1 > 0) lane_mix_add(out, static_cast<uint32_t>(s >> 16), first + 32 + 4 * c1 + c0);
    if (n2 > 0) lane_mix_add(out, static_cast<uint32_t>(s >> 32), first + 48 + 4 * lane_mix_count_class4(n2) + c0);
  }
}

// Where a candidate's weight is: by how far the network's logit for it (q12) is below the network's greatest. Both are those
// of before any bonus.
FASTNZ_HOST_DEVICE inline int lane_mix_weight_index(int feature, int32_t top, int32_t logit) {
  const int32_t below = (top - logit) >> 12;
  return feature + kLaneFeatures * (below < 1 ? 0 : below < 4 ? 1 : below < 8 ? 2 : 3);
}

// What a weight (q16) adds to the logit (q12) of its candidate's symbol. The bonuses of all candidates of a symbol add up.
FASTNZ_HOST_DEVICE inline int32_t lane_mix_bonus(int32_t weight) { return weight >> kLaneWeightShift; }

// A candidate's share of the gradient of its weight, from the frequency (q22) of its symbol after all bonuses.
FASTNZ_HOST_DEVICE inline int32_t lane_mix_gradient(uint32_t frequency, bool hit) {
  return (hit ? 65536 : 0) - static_cast<int32_t>(frequency >> 6);
}

// A weight after a step, from the sum of the gradients of all candidates of all lanes of the group that used it.
FASTNZ_HOST_DEVICE inline int32_t lane_mix_learn(int32_t weight, int32_t gradient) {
  const int32_t w = weight + ((gradient + (1 << (kLaneRateShift - 1))) >> kLaneRateShift);
  return w > kMostLaneWeight ? kMostLaneWeight : w < -kMostLaneWeight ? -kMostLaneWeight : w;
}

FASTNZ_HOST_DEVICE inline uint32_t lane_mix_forget(uint32_t count) {
  return count > 3 ? count - 1 - (count >> 2) : count > 1 ? count - 1 : count;
}

// The slot that `symbol` leaves behind where the context found `old`.
FASTNZ_HOST_DEVICE inline LaneSlot lane_mix_update_slot(LaneSlot old, uint32_t check, uint32_t symbol) {
  if (old >> 48 != check) return static_cast<LaneSlot>(check) << 48 | 1u << 8 | symbol;
  uint32_t a = old & 255, b = old >> 16 & 255, c = old >> 32 & 255;
  uint32_t n0 = old >> 8 & 15, n1 = old >> 24 & 15, n2 = old >> 40 & 15;
  if (a == symbol) {
    n0 += n0 < 15;
    n1 = lane_mix_forget(n1);
    n2 = lane_mix_forget(n2);
  } else if (n1 > 0 && b == symbol) {
    ++n1;
    n0 = lane_mix_forget(n0);
    n2 = lane_mix_forget(n2);
    if (n1 >= n0) {
      const uint32_t symbol_before = a, count_before = n0;
      a = b, n0 = n1;
      b = symbol_before, n1 = count_before;
    }
  } else if (n2 > 0 && c == symbol) {
    ++n2;
    n0 = lane_mix_forget(n0);
    n1 = lane_mix_forget(n1);
    if (n2 >= n1) {
      const uint32_t symbol_before = b, count_before = n1;
      b = c, n1 = n2;
      c = symbol_before, n2 = count_before;
    }
  } else {
    n0 = lane_mix_forget(n0);
    if (n1 == 0) {
      b = symbol, n1 = 1;
    } else {
      n1 = lane_mix_forget(n1);
      c = symbol, n2 = 1;
    }
  }
  return static_cast<LaneSlot>(check) << 48 | static_cast<LaneSlot>(n2) << 40 | static_cast<LaneSlot>(c) << 32 |
         static_cast<LaneSlot>(n1) << 24 | b << 16 | n0 << 8 | a;
}

// A match after the symbol of step t: one byte further, or given up. Only a short one outlives a miss.
FASTNZ_HOST_DEVICE inline void lane_mix_advance_match(LaneMatch* m, const LaneContent* content, uint32_t step, uint32_t symbol,
                                                      bool outlives) {
  if (m->position == 0) return;
  bool keep = lane_mix_points(m, content, step);
  if (keep) {
    if (content->bytes[m->position] == symbol) {
      if (m->length < kMostMatchLength) ++m->length;
      if (m->length >= 16) m->misses = 0;
    } else {
      m->length = 0;
      keep = outlives && ++m->misses <= kMostMisses;
    }
    if (m->position < content->head) {
      if (++m->position == content->head) keep = false;
    } else {
      ++m->position;
      if (++m->offset >= content->lane_bytes || m->position >= content->size) keep = false;
    }
  }
  if (!keep) *m = LaneMatch{0, 0, 0, 0};
}

// Whether a match looks for a new place to point to.
FASTNZ_HOST_DEVICE inline bool lane_mix_wants_match(const LaneMatch* m, int least) {
  return m->position == 0 || (m->misses > 0 && m->length < least);
}

// Points `m` to `found`, an entry of the table, if at least `least` bytes before it equal those that end at `end`, the
// position in the content of the byte after the last one that is known of this lane, whose lane offset is `end_offset`.
FASTNZ_HOST_DEVICE inline void lane_mix_take_match(LaneMatch* m, const LaneContent* content, uint32_t found, uint64_t end,
                                                   uint32_t end_offset, int least) {
  if (found == 0) return;
  const bool in_head = found < content->head;
  const uint32_t offset = in_head ? 0 : (found - content->head) % content->lane_bytes;
  const uint32_t before = in_head ? found : offset;
  uint32_t most = before < end_offset ? before : end_offset, length = 0;
  if (most > kMostVerified) most = kMostVerified;
  while (length < most && content->bytes[found - 1 - length] == content->bytes[end - 1 - length]) ++length;
  if (length >= static_cast<uint32_t>(least))
    *m = LaneMatch{found, offset, static_cast<uint16_t>(length), 0};
}

// History and word after `symbol`; lane_mix_contexts() comes next.
FASTNZ_HOST_DEVICE inline void lane_mix_push(LaneMixState* lane, uint32_t symbol) {
  lane->history = lane->history << 8 | symbol;
  const bool letter = (symbol | 32) - 'a' < 26 || symbol >= 128;
  lane->word = letter ? (lane->word + (symbol | 32) + 1) * 0x2F0B4C47u : 0;
}

// What a lane that had coded the head alone would leave in slots, [kLaneContexts][2^slot_bits], and tables of matches.
inline void lane_mix_learn_head(const uint8_t* bytes, uint32_t head, int slot_bits, LaneSlot* slots, uint32_t* short_entries,
                                uint32_t* long_entries) {
  LaneMixState lane = {};
  for (uint32_t end = 1; end <= head; ++end) {
    lane_mix_contexts(&lane, slot_bits);
    const uint32_t symbol = bytes[end - 1];
    for (int k = 0; k < kLaneContexts; ++k) {
      LaneSlot* const slot = slots + ((static_cast<size_t>(k) << slot_bits) + lane.slot[k]);
      *slot = lane_mix_update_slot(*slot, lane.check[k], symbol);
    }
    lane_mix_push(&lane, symbol);
    if (end == head) return;
    if (end >= static_cast<uint32_t>(kShortMatchBytes))
      short_entries[lane_mix_match_entry(lane.history, kShortMatchBytes, slot_bits)] = end;
    if (end >= static_cast<uint32_t>(kLongMatchBytes))
      long_entries[lane_mix_match_entry(lane.history, kLongMatchBytes, slot_bits)] = end;
  }
}

}  // namespace fastnz::kernels

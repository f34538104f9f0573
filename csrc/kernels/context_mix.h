// The state of the context-mixing bit model that its kernels work on: plain data, owned and sized by
// models/context_mix. Two kernels run once per bit, `context_mix_update` (learn from the bit) and
// `context_mix_predict` (P of the next one); a third, `context_mix_find`, runs once per nibble.
// Invariant: all integer; every product and sum is taken modulo 2^32 as two's complement, so no instruction set can
// disagree. Fixed point: probabilities q16 or q22, the logistic domain ("stretch") in 1/256 nat, weights q28.
#pragma once

#include <stdint.h>

namespace fastnz::kernels {

inline constexpr int kMaxContexts = 32;      // N, contexts with a bit history
inline constexpr int kMaxInputs = 96;        // mixer inputs, padded to kInputAlign
inline constexpr int kInputAlign = 16;       // the widest vector: 16 x int32
inline constexpr int kMaxWeightSets = 8;     // first-layer mixers
inline constexpr int kDirectOrders = 2;      // orders 0 and 1 have probabilities of their own,
inline constexpr int kDirectInputs = 2 * kDirectOrders;  // a fast and a slow one each
inline constexpr int kMatchInputs = 2;       // learnt and by length
inline constexpr int kSlotBytes = 16;        // one check byte and the 15 bit histories of a nibble
inline constexpr int kApmColumns = 32;       // one cache line of 16-bit cells
inline constexpr int kSquashLimit = 3071;    // |stretch| a mixer may answer: p down to 6e-6
inline constexpr int kMaxMatchBucket = 24;
inline constexpr int kMatchClasses = 5;      // coarse match length, selects weights
inline constexpr int kMaxOrder = 12;         // known contexts or match class, selects weights

struct ContextMixTables {
  int16_t stretch[4096];                      // of a q12 probability
  uint16_t squash[2 * (kSquashLimit + 1)];    // q16 of stretch + kSquashLimit + 1
  uint8_t next_state[2][256];                 // [bit][state]: bit history after a bit; states below deterministic_states have seen
  uint32_t deterministic_states;              //   only one kind of bit; state 0 has seen none
  uint8_t knowledge[256];                     // bits that a history stands for
  uint16_t reciprocal_q15[1024];              // 2^15 / (count + 1.5)
};

struct ContextMixState {
  const ContextMixTables* tables;

  // Shape, constant after construction.
  int32_t contexts;          // N
  int32_t ordered_contexts;  // the first of them, by rising order, whose hits are counted
  int32_t inputs;            // 2 N + direct + match + bias, padded to kInputAlign with zeros
  int32_t sets;              // first-layer mixers in use
  uint32_t state_limit;      // count at which a state's probability stops slowing down
  uint32_t apm_mask[2];      // rows - 1

  // Where the model stands.
  uint32_t partial;          // bits of this byte so far with a leading 1: 1..255
  uint32_t node;             // bits of this nibble so far with a leading 1: 1..15
  uint32_t bit_index;        // 0..7
  uint32_t previous_byte;
  int32_t expected_byte;     // what the match predicts, or -1
  uint32_t match_length;     // bytes, 0 when there is no match
  uint32_t set_base[kMaxWeightSets];  // chosen by the model at each byte
  uint32_t apm_base[2];
  int32_t learning_rate_q4;

  // Bit histories.
  uint8_t* slot[kMaxContexts];
  uint32_t* map;                        // [N][256]: q22 probability and 10 bits of count
  uint32_t* match_map;                  // [(kMaxMatchBucket + 1) * 256][2]
  uint32_t* match_entry;                // or null
  uint16_t* direct[kDirectOrders];                  // [rows][2]: q16, fast and slow
  uint32_t direct_base[kDirectOrders];

  // Mixing.
  int32_t* weights[kMaxWeightSets];     // [rows][inputs]
  int32_t* selected[kMaxWeightSets];
  int32_t output_q16[kMaxWeightSets];
  int32_t* final_weights;               // [8][kMaxWeightSets]
  int32_t final_q16;
  uint16_t* apm[2];                     // [rows][kApmColumns]
  uint16_t* apm_cell[2];
  alignas(64) uint32_t map_index[kMaxContexts];  // of the entry in use; the low 8 bits are the history
  alignas(64) int32_t map_value[kMaxContexts];   // that entry
  alignas(64) int32_t map_rate[kMaxContexts];    // and its q15 step
  alignas(64) int32_t x[kMaxInputs];            // inputs, in the upper half of each lane
  int32_t y[kMaxWeightSets];            // first-layer answers
};

}  // namespace fastnz::kernels

// The state of the nibble-tree mixing model that its kernels work on: plain data, owned and sized by models/nibble_mix.
// A nibble has 15 binary decisions, the nodes of a tree: node 1 is its first bit, node 2n + b follows node n after bit b.
// Everything the model knows of a context is one 16-lane vector with a lane per node (lane 0 is free), so that one pass
// over the contexts predicts all 15 decisions, of which four are then coded and learnt from.
// Invariant: all integer, every lane on its own, so no vector width can disagree. Fixed point: cells hold a q12
// probability and a 4-bit state, logarithms of odds are q10 in base 2, weights q14.
#pragma once

#include <stdint.h>

namespace fastnz::kernels {

inline constexpr int kNibbleLanes = 16;
inline constexpr int kMaxNibbleContexts = 24;                        // N: contexts with hashed cells; even
inline constexpr int kNibbleDirect = 2;                              // orders 1 and 0 have cells of their own
inline constexpr int kNibbleOthers = 2;                              // the match and a constant
inline constexpr int kMaxNibbleNetworks = 2;
inline constexpr int kNibbleNetwork = 2;                             // of each: its odds, as they are and as a map has refined them
inline constexpr int kMaxNibbleInputs = kMaxNibbleContexts + kNibbleDirect + kNibbleOthers + kMaxNibbleNetworks * kNibbleNetwork;
inline constexpr int kNibbleSets = 3;                                // rows of weights that are added up
inline constexpr int kMaxNibbleSets = kNibbleSets + 1;               // with networks one more
inline constexpr int kNibbleSoleStates = 7;                          // states 1..6: one kind of bit only, learnt values
inline constexpr int kNibbleLimit_q10 = 16300;                       // |log2 odds| of an answer
inline constexpr int kNibbleSecond = kNibbleLanes;                   // where a line's second tree begins
inline constexpr int kNibbleLineLanes = 2 * kNibbleLanes;            // a line is a cache line
inline constexpr int16_t kNibbleNewCell = INT16_MIN;                 // p = 1/2, state 0
inline constexpr int kReadoutShift = 15;                             // log2 of what odds are of the readout's sums
inline constexpr int kReadoutMost_q10 = 8192;                        // |log2 odds| that it adds
inline constexpr int kNibbleApmColumns = 16;                         // log2 odds from -12 to 12, 1.6 apart

struct NibbleMixTables {
  alignas(16) uint8_t rate_q8[16];            // by state: step towards the bit
  alignas(16) uint8_t confidence_q7[16];      // by state: how far the cell's own logarithm counts
  alignas(16) uint8_t next_same[4][16];       // [phase]: state after a bit of the likelier kind
  alignas(16) uint8_t next_other[16];         // after the other kind
  alignas(64) int16_t path[16][kNibbleLanes];    // [nibble]: all ones on the nodes it passes
  alignas(64) int16_t target[16][kNibbleLanes];  // 32767 where it goes on with a one
  int16_t stretch_q10[4096];                  // of a q12 probability
};

struct NibbleMixState {
  const NibbleMixTables* tables;
  int32_t contexts;            // N
  int32_t cells;               // N + kNibbleDirect; the first inputs

  // Cells. A line holds a context's check and first nibble, and the tag and cells of one second nibble; other second
  // nibbles lie in the overflow, two to a line, a check each.
  int16_t* lines;
  int16_t* overflow;
  uint32_t line_mask, overflow_mask;      // number of lines - 1
  uint32_t hash[kMaxNibbleContexts];      // of this byte's contexts
  int16_t* line[kMaxNibbleContexts];      // theirs
  int16_t* slot[kMaxNibbleInputs];        // the cells in use, [kNibbleLanes] each
  int16_t* weights[kMaxNibbleSets];       // the rows in use, [inputs][kNibbleLanes]
  int32_t learning_rate_q9;
  uint32_t dither;                        // pseudo-random, steps once per nibble
  uint32_t turn;                          // nibbles since the learnt values were last renewed

  uint16_t sole_q16[kMaxNibbleInputs][16];            // by state: how often the next bit was of the same kind
  alignas(64) uint8_t sole_low[kMaxNibbleInputs][32];   // its logarithm's low and high bytes, twice
  alignas(64) uint8_t sole_high[kMaxNibbleInputs][32];
  alignas(64) int16_t x[kMaxNibbleInputs][kNibbleLanes];  // inputs; the model writes those after `cells`
  alignas(64) int16_t answer_q10[kNibbleLanes];
  alignas(64) int16_t mixed_q15[kNibbleLanes];          // P(1) of the mixer, [1, 32766]
  alignas(64) uint16_t p1_q16[kNibbleLanes];            // P(1), [1, 65535]
  uint16_t* apm;                                        // the map's rows in use, [kNibbleLanes][kNibbleApmColumns], or null
  // With networks, whose odds the model writes to x[cells + 2], x[cells + 4]: a map's rows for each, and for the answer.
  // Without, weights and x have nothing of a network.
  int32_t networks;
  uint16_t* network_map[kMaxNibbleNetworks];
  uint16_t* network_apm;
  alignas(64) int16_t readout_q10[kNibbleLanes];        // added to the answer
};

}  // namespace fastnz::kernels

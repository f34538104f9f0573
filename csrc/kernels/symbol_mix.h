// The state of the symbol-mixing model that its kernels work on: plain data, owned and sized by models/symbol_mix. A
// nibble is one symbol of sixteen. Of each context, one 16-lane vector holds a distribution over them, as the sums of the
// probabilities before each symbol; lane 0, whose sum is 0, holds a check and a count of visits instead.
// Invariant: all integer, in one written order, so no vector width can disagree. docs/symbol_mix.md defines every number.
#pragma once

#include <stdint.h>

namespace fastnz::kernels {

inline constexpr int kSymbolLanes = 16;
inline constexpr int kMaxSymbolContexts = 6;
inline constexpr int kSymbolInputs = 8;           // room of a row of weights: order 1, the contexts, the match
inline constexpr int kSymbolSets = 3;             // rows of weights that are added up
inline constexpr int kSymbolVisitBits = 5;        // of lane 0, the lowest; the check is above
inline constexpr int kSymbolMostVisits = (1 << kSymbolVisitBits) - 1;
inline constexpr int kSymbolLineLanes = 2 * kSymbolLanes;  // a line holds two nodes
inline constexpr int32_t kSymbolWeightLimit_q20 = 4 << 20;

// The line of a hash, whose lowest 11 bits are its check.
static constexpr uint32_t symbol_line(uint32_t hash, uint32_t line_mask) { return (hash >> 11) & line_mask; }

struct SymbolMixTables {
  alignas(64) int16_t target[16][kSymbolLanes];                         // [symbol]: 32767 in the lanes after it
  alignas(64) int16_t only[16][kSymbolLanes];                           // [symbol]: 32767 in its lane
  alignas(64) int16_t others[16][kSymbolLanes];                         // [symbol]: all ones in the other lanes
  alignas(64) int16_t rate_q15[kSymbolMostVisits + 1][kSymbolLanes];    // by visits; 0 in lane 0
  alignas(64) int16_t visit[kSymbolMostVisits + 1][kSymbolLanes];       // by visits: what lane 0 grows by
  alignas(64) int16_t fresh[kSymbolLanes];                              // a node that knows nothing: 2048 times the lane
  uint8_t known[kSymbolMostVisits + 1];                                 // by visits, 0..3: what chooses a row of weights
};

// A nibble from its prediction until it is learnt.
struct SymbolNibble {
  int16_t* node[kMaxSymbolContexts + 1];  // of order 1, given; of the contexts, found
  int32_t* known_rows;                    // 4^N rows of weights, q20, by what is known of the contexts
  int32_t* row[kSymbolSets];              // the rows in use, the first of which is found
  int32_t match;                          // the nibble that the match foretells; negative: none
  int16_t match_q11;                      // log2 of how much less likely another one is; not positive
  int32_t visits[kMaxSymbolContexts + 1];
  alignas(64) int16_t x[kSymbolInputs][kSymbolLanes];  // inputs: log2 of probabilities, q11
  alignas(64) uint16_t start_q15[kSymbolLanes];        // where each symbol begins
};

// A nibble is learnt when the next one is predicted, which so need not wait: there are two.
struct SymbolMixState {
  const SymbolMixTables* tables;
  int32_t contexts;                         // N; inputs are order 1, these, the match
  int16_t* lines;
  uint32_t line_mask;                       // number of lines - 1
  uint32_t hash[kMaxSymbolContexts];        // of this byte's contexts, for its first nibble
  uint32_t second_hash[kMaxSymbolContexts];
  int32_t rate_shift;                       // of a step of the weights
  SymbolNibble nibble[2];                   // first and second of a byte
};

}  // namespace fastnz::kernels

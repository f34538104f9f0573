#include "models/nibble_mix/tables.h"

#include <algorithm>
#include <bit>

namespace fastnz::models {
namespace {

using kernels::kNibbleLanes;
using kernels::NibbleMixTables;

// States: 0 has seen nothing; 1 to 7 have seen one kind of bit only, that many times (7: or more); 8 to 15 both kinds,
// ever more of them. Rates are near 1 / (bits seen + 1.5), at least 1/20; tuned on parts of the training corpus.
constexpr uint8_t kRate_q8[16] = {230, 102, 73, 57, 47, 39, 34, 24, 73, 57, 47, 34, 24, 17, 13, 13};
constexpr uint8_t kConfidence_q7[16] = {0, 0, 0, 0, 0, 0, 0, 114, 64, 76, 83, 89, 95, 102, 102, 102};
constexpr uint8_t kNextSame[16] = {1, 2, 3, 4, 5, 6, 7, 7, 9, 10, 11, 12, 13, 14, 15, 15};
constexpr uint8_t kNextOther[16] = {1, 8, 8, 9, 9, 9, 10, 10, 9, 10, 11, 12, 12, 12, 12, 12};
constexpr uint16_t kSoleStart_q16[kernels::kNibbleSoleStates] = {0, 52429, 57672, 60293, 61604, 62259, 62915};

// Of four phases, which let a state grow: the long-lived ones take several bits for a step.
bool grows(int state, int phase) {
  if (state == 11 || state == 12) return phase % 2 == 0;
  return state < 13 || phase == 0;
}

NibbleMixTables build() {
  NibbleMixTables t{};
  std::copy(kRate_q8, kRate_q8 + 16, t.rate_q8);
  std::copy(kConfidence_q7, kConfidence_q7 + 16, t.confidence_q7);
  std::copy(kNextOther, kNextOther + 16, t.next_other);
  for (int phase = 0; phase < 4; ++phase)
    for (int state = 0; state < 16; ++state)
      t.next_same[phase][state] = grows(state, phase) ? kNextSame[state] : static_cast<uint8_t>(state);
  for (int nibble = 0; nibble < 16; ++nibble)
    for (int shift = 3, node = 1; shift >= 0; --shift) {
      const int bit = nibble >> shift & 1;
      t.path[nibble][node] = -1;
      t.target[nibble][node] = bit ? 32767 : 0;
      node = node * 2 + bit;
    }
  for (uint32_t i = 0; i < 4096; ++i) t.stretch_q10[i] = static_cast<int16_t>(log2_q10(2 * i + 1) - log2_q10(8191 - 2 * i));
  return t;
}

}  // namespace

int32_t log2_q10(uint32_t v) {
  const int whole = std::bit_width(v) - 1;
  const uint32_t fraction = whole >= 10 ? v >> (whole - 10) : v << (10 - whole);
  return whole * 1024 + static_cast<int32_t>(fraction & 1023);
}

uint16_t sole_start_q16(int state) { return kSoleStart_q16[state]; }

void start_sole_states(kernels::NibbleMixState* state) {
  for (int i = 0; i < state->cells; ++i)
    for (int k = 1; k < kernels::kNibbleSoleStates; ++k) {
      state->sole_q16[i][k] = sole_start_q16(k);
      const auto value = static_cast<uint16_t>(nibble_mix_tables().stretch_q10[sole_start_q16(k) >> 4]);
      state->sole_low[i][k] = state->sole_low[i][k + 16] = static_cast<uint8_t>(value);
      state->sole_high[i][k] = state->sole_high[i][k + 16] = static_cast<uint8_t>(value >> 8);
    }
}

const NibbleMixTables& nibble_mix_tables() {
  static const NibbleMixTables tables = build();
  return tables;
}

}  // namespace fastnz::models

// The constant tables of nibble_mix: the cells' state machine, the paths of nibbles, logarithms. Integers only.
#pragma once

#include <cstdint>

#include "kernels/nibble_mix.h"

namespace fastnz::models {

const kernels::NibbleMixTables& nibble_mix_tables();

// floor(log2 v) and the ten bits after the leading one, q10; v > 0.
int32_t log2_q10(uint32_t v);

// How often a node whose `state` has seen one kind of bit is expected to see it again, before anything is learnt.
uint16_t sole_start_q16(int state);

// Writes these to a state's learnt values, for each of its cells.
void start_sole_states(kernels::NibbleMixState* state);

}  // namespace fastnz::models

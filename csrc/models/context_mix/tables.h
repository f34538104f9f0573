// The constant tables of context_mix: logistic functions, bit-history machine, reciprocals.
// Invariant: built with integer arithmetic only, so they are the same on every machine.
#pragma once

#include <cstdint>

#include "kernels/context_mix.h"

namespace fastnz::models {

const kernels::ContextMixTables& context_mix_tables();

// P(1) that a bit history suggests before anything is learnt about it: (n1 + 1/2) / (n0 + n1 + 1), q16.
uint32_t initial_probability_q16(uint8_t state);

}  // namespace fastnz::models

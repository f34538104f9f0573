// The table of hot loops. Every row is filled by the scalar object first and then overwritten by each stronger
// instruction set that the CPU has, so a row that an instruction set does not implement keeps the next weaker one.
// Invariant: all implementations of a row return the same integers for the same arguments, whatever the alignment.
// Kernels allocate nothing, throw nothing, check nothing: preconditions are written at the row.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernels/context_mix.h"

namespace fastnz::kernels {

struct KernelTable {
  // Finds or claims, for each of n contexts, the slot of a nibble: line[i] is a slot number in `table` (slots come in
  // lines of four, and a context may sit in any but the opposite one of its line), check[i] tells contexts apart.
  void (*context_mix_find)(const ContextMixTables* tables, uint8_t* table, const uint32_t* line, const uint8_t* check,
                           uint8_t** slot, int n);

  // P(next bit = 1) in [1, 65535] from the state, and learning from the bit that came. Called in turns.
  uint32_t (*context_mix_predict)(ContextMixState* state);
  void (*context_mix_update)(ContextMixState* state, int bit);

  // Length of the common prefix of a and b, at most max. Reads nothing at or beyond a + max, b + max.
  size_t (*match_length)(const uint8_t* a, const uint8_t* b, size_t max);
};

}  // namespace fastnz::kernels

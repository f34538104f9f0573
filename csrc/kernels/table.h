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

  // Sum of x[i] * w[i] modulo 2^32 as two's complement; n is a multiple of 32. The sum is the true one whenever
  // n * max|x| * max|w| < 2^31, which is the caller's to keep (for example |x| <= 2047, |w| <= 32767, n = 32).
  int32_t (*mix_dot_i16_i32)(const int16_t* x, const int16_t* w, size_t n);

  // w[i] = saturate16(w[i] + ((x[i] * err + 2^15) >> 16)), an arithmetic shift; n is a multiple of 32. The product
  // never leaves int32. Equal to the ((x * err * 2 >> 16) + 1) >> 1 of the lpaq family.
  void (*mix_train_i16_i32)(const int16_t* x, int16_t* w, size_t n, int16_t err);
};

}  // namespace fastnz::kernels

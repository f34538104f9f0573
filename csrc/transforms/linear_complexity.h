// The shortest linear recurrence that a sequence follows, over a prime field. Invariant: what is returned holds for the
// sequence up to the place where it was accepted, and did so for `proof` symbols more than would determine it.
// Knows neither bytes nor alphabets. Source: J. Massey, "Shift-register synthesis and BCH decoding" (IEEE IT-15, 1969).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/span.h"

namespace fastnz::transforms {

struct LinearForm {
  size_t end = 0;                  // symbols that were read until it was accepted
  std::vector<uint32_t> factors;   // x[n] = sum of factors[k] * x[n - 1 - k]; empty: none was found
};

inline constexpr size_t kMaxBits = 1024;     // that find_linear_form reads
inline constexpr size_t kMaxResidues = 512;  // likewise, over larger fields

// `bits` holds bytes of which bit 0 counts. Forms shorter than `least_order` are no news: the search goes on behind them.
LinearForm find_linear_form_of_bits(base::ByteSpan bits, size_t stride, size_t least_order, size_t proof);

// A multiple of a form of bits, of an order that is at most 10 larger, if it has fewer taps; else the form itself.
LinearForm sparsest_multiple(const LinearForm& form);

// Residues below the prime `p` <= 251.
LinearForm find_linear_form(base::ByteSpan residues, uint32_t p, size_t least_order, size_t proof);

}  // namespace fastnz::transforms

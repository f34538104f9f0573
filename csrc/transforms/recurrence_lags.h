// Guesses pairs of lags, x[n] = +-x[n - i] +- x[n - j], from short samples, also where some units are noise. Invariant:
// costs a time that does not depend on what the units are; what is guessed must be tried. Knows no bytes and no words.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/span.h"

namespace fastnz::transforms {

struct LagPair {
  std::array<uint32_t, 2> lags;     // ascending
  std::array<uint64_t, 2> factors;  // 1 or modulus - 1
  bool sums;                        // else exclusive or
  uint64_t constant;
  size_t from;  // the unit where the sample begins
};

// Units below `modulus`, 3 to 256. A few guesses at most.
std::vector<LagPair> matching_lags(base::ByteSpan units, uint32_t modulus);

// Units 0 and 1, of which up to a quarter may be noise.
std::vector<LagPair> noisy_bit_lags(base::ByteSpan bits);

}  // namespace fastnz::transforms

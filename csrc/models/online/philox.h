// Philox4x32-10: random numbers from a counter and a key, no state. Salmon, Moraes, Dror, Shaw, "Parallel random numbers:
// as easy as 1, 2, 3" (2011); docs/online.md, section 3.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace fastnz::models {

inline std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) noexcept {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53u} * counter[0], b = uint64_t{0xCD9E8D57u} * counter[2];
    counter = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(b),
               static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(a)};
    key = {key[0] + 0x9E3779B9u, key[1] + 0xBB67AE85u};
  }
  return counter;
}

// Dropout of a step: factors[i] is 0 where nibble i mod 8 of number i / 8, from the lowest, is below `dropout`, else what keeps
// the mean. Number 4k + j is the j-th of the counter (k, step, 1, 0) under the key (seed, 0).
inline void draw_dropout(float* factors, size_t count, int dropout, uint8_t seed, uint32_t step) noexcept {
  const float kept = 16.0f / static_cast<float>(16 - dropout);
  for (size_t i = 0; i < count; i += 32) {
    const std::array<uint32_t, 4> drawn = philox({static_cast<uint32_t>(i / 32), step, 1, 0}, {seed, 0});
    for (size_t k = 0; k < 32 && i + k < count; ++k)
      factors[i + k] = static_cast<int>(drawn[k / 8] >> (4 * (k % 8)) & 15) < dropout ? 0.0f : kept;
  }
}

// values[i] = (2u - 1) * bound in fp32, u the upper 24 bits of a number as a fraction: numbers 4k to 4k + 3 are those of
// the counter (k, place, 0, 0) under the key (seed, 0).
inline void draw_uniform(float* values, size_t count, float bound, uint8_t seed, uint32_t place) noexcept {
  for (size_t i = 0; i < count; i += 4) {
    const std::array<uint32_t, 4> drawn = philox({static_cast<uint32_t>(i / 4), place, 0, 0}, {seed, 0});
    for (size_t k = 0; k < 4 && i + k < count; ++k)
      values[i + k] = (static_cast<float>(drawn[k] >> 8) * 0x1p-23f - 1.0f) * bound;
  }
}

}  // namespace fastnz::models

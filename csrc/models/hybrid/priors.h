// The networks that come with fastnz, by number: a block may name one of them by its number instead of its id. A number
// once released means the same network for ever; 0 is none.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fastnz::models {

inline constexpr uint64_t kPriors[] = {
    0,
    0xf7db97a2e0cf836f,  // small
    0x1ab18c57ebf78d32,  // large
};
inline constexpr uint8_t kPriorCount = sizeof kPriors / sizeof kPriors[0];
inline constexpr uint8_t kSmallPrior = 1, kLargePrior = 2;

// No prior takes more memory, weights and the state of a stream together: so much can be declared without having them.
inline constexpr uint64_t kPriorMemory = uint64_t{16} << 20;

}  // namespace fastnz::models

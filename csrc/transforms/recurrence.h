// `recurrence`: replaces stretches that follow a linear recurrence by what the recurrence fails to predict, zeros where it
// holds: outputs of shift registers, lagged-Fibonacci and congruential generators, counters. Keeps the size; exact for
// any input, noise included, since each prediction is made from the true past. Source: FORMAT.md section 6.3.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"
#include "transforms/pause.h"

namespace fastnz::transforms {

bool recurrence_forward(base::ByteSpan in, std::vector<uint8_t>* out, std::vector<uint8_t>* side);
uint64_t recurrence_max_output(uint64_t in_size, uint64_t side_size);
void recurrence_inverse(base::ByteSpan in, base::ByteSpan side, base::MutableByteSpan out, const Pause& pause);

}  // namespace fastnz::transforms

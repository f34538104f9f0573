// `x86`: rewrites relative call and jump targets (E8, E9, 0F 8x) as absolute ones inside the ranges that look like
// machine code, so that equal targets become equal bytes. Keeps the size; exact for any input. Source: FORMAT.md
// section 6.2; the scan directions that make it exact are those of M. Mahoney's paq8.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"
#include "transforms/pause.h"

namespace fastnz::transforms {

bool x86_forward(base::ByteSpan in, std::vector<uint8_t>* out, std::vector<uint8_t>* side);
uint64_t x86_max_output(uint64_t in_size, uint64_t side_size);
void x86_inverse(base::ByteSpan in, base::ByteSpan side, base::MutableByteSpan out, const Pause& pause);

}  // namespace fastnz::transforms

// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, RFC 3720 section B.4). Any burst of up to 32 bits is detected.
// Uses the CPU's instruction where there is one; the result does not depend on it.
#pragma once

#include <cstdint>

#include "base/span.h"

namespace fastnz::base {

// The checksum of `bytes` appended to what `crc` already covers; start with 0.
uint32_t crc32c(ByteSpan bytes, uint32_t crc = 0) noexcept;

// The table implementation on every CPU, for tests.
uint32_t crc32c_scalar(ByteSpan bytes, uint32_t crc = 0) noexcept;

}  // namespace fastnz::base

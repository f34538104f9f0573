// Views over bytes. The invariant: a ByteSpan never owns and never outlives what it views.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fastnz::base {

using ByteSpan = std::span<const uint8_t>;
using MutableByteSpan = std::span<uint8_t>;

}  // namespace fastnz::base

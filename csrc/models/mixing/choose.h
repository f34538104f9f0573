// Encoder-side search: which option bytes of the mixing models suit a block. Nothing here decides a decoded bit.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"

namespace fastnz::models {

// Looks at a block (after transforms) and returns option bytes of that tier.
std::vector<uint8_t> choose_mix_options(base::ByteSpan block, int tier);

}  // namespace fastnz::models

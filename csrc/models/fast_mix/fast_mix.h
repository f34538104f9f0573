// The fastest of the mixing models, docs/fast_mix.md: three contexts over the cells and kernels of nibble_mix, and bytes that
// a long match foretells surely are asked whole. Integer only: the same on every machine. Its option bytes are a profile's,
// as those of nibble_mix with tier 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/span.h"
#include "models/model.h"

namespace fastnz::models {

inline constexpr int kFastMixTiers = 1;

size_t fast_mix_memory(base::ByteSpan options, uint64_t content_size);
std::unique_ptr<BitModel> make_fast_mix(base::ByteSpan options, uint64_t content_size);

}  // namespace fastnz::models

// The fastest of the mixing models, docs/symbol_mix.md: a nibble is one symbol of sixteen, whose distributions under a few
// contexts are mixed as logarithms, and bytes that a long match foretells surely are asked whole. Integer only: the same on
// every machine. Its option bytes are a profile's, as those of nibble_mix with tier 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/span.h"
#include "models/model.h"

namespace fastnz::models {

inline constexpr int kSymbolMixTiers = 1;

size_t symbol_mix_memory(base::ByteSpan options, uint64_t content_size);
std::unique_ptr<BitModel> make_symbol_mix(base::ByteSpan options, uint64_t content_size);

}  // namespace fastnz::models

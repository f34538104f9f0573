// nibble_mix: context mixing a nibble at a time, as the registry and the codec see it. The contexts, histories and
// option bytes are those of context_mix (and so is
// the search for them), the cells, mixer and tables its own (docs/nibble_mix.md). All integer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/span.h"
#include "models/model.h"

namespace fastnz::models {

inline constexpr int kNibbleMixTiers = 5;

size_t nibble_mix_memory(base::ByteSpan options, uint64_t content_size);
std::unique_ptr<BitModel> make_nibble_mix(base::ByteSpan options, uint64_t content_size);

}  // namespace fastnz::models

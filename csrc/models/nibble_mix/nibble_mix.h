// nibble_mix: context mixing a nibble at a time, as the registry and the codec see it. Contexts, histories, option bytes and
// the search for them are those of models/mixing; cells, mixer and tables are its own (docs/nibble_mix.md). All integer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/span.h"
#include "models/model.h"
#include "models/nibble_mix/mixer.h"

namespace fastnz::models {

size_t nibble_mix_memory(base::ByteSpan options, uint64_t content_size);
std::unique_ptr<BitModel> make_nibble_mix(base::ByteSpan options, uint64_t content_size);

}  // namespace fastnz::models

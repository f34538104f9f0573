// context_mix: the integer context-mixing bit model, as the registry and the codec see it.
// Everything that decides a bit is integer arithmetic, so every machine gives the same code. Option bytes are private
// to this folder; the codec stores them in the block header unread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/span.h"
#include "models/model.h"

namespace fastnz::models {

// Encoder-side search: looks at a block (after transforms) and returns the option bytes that suit it.
std::vector<uint8_t> choose_context_mix_options(base::ByteSpan block, int tier);

size_t context_mix_memory(base::ByteSpan options, uint64_t content_size);
std::unique_ptr<BitModel> make_context_mix(base::ByteSpan options, uint64_t content_size);

}  // namespace fastnz::models

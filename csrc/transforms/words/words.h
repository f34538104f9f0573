// `words`: text as codes of one or two bytes for words, parts of words and what stands between them, from a dictionary found in
// the content. For models that pay for each step: a code is worth two to four bytes. Source: FORMAT.md section 6.4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/span.h"
#include "transforms/pause.h"
#include "transforms/words/codes.h"

namespace fastnz::transforms {

// What finding a dictionary takes at most: 2^18 units of 24 symbols, and 2^20 symbols of them with pairs of neighbours.
inline constexpr uint64_t kWordsForwardMemory = uint64_t{256} << 20;
inline constexpr uint64_t kWordsMaxSide = uint64_t{1} << 20;
inline constexpr uint64_t kWordsMemory = uint64_t{1} << 20;  // of an inverse, beyond its input

bool words_forward(base::ByteSpan in, std::vector<uint8_t>* out, std::vector<uint8_t>* side);
uint64_t words_max_output(uint64_t in_size, uint64_t side_size);
void words_inverse(base::ByteSpan in, base::ByteSpan side, base::MutableByteSpan out, const Pause& pause);

}  // namespace fastnz::transforms

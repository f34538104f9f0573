// `words`: text as codes of one or two bytes for words, parts of words and what stands between them, from a dictionary found in
// the content. For models that pay for each step: a code is worth two to four bytes. Source: FORMAT.md section 6.4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/span.h"
#include "transforms/words/codes.h"

namespace fastnz::transforms {

inline constexpr uint64_t kWordsMaxSide = uint64_t{1} << 20;
inline constexpr uint64_t kWordsMemory = uint64_t{1} << 20;  // of an inverse, beyond its input

// What a dictionary is made of. An entry that is used twice pays already: it is spelt among its likes, where little of it is
// left to tell, and a model need not learn to spell it (docs/lab.md).
struct WordsSettings {
  size_t most_entries = words::kMaxEntries;
  uint32_t least_uses = 2;
};

bool words_forward_with(const WordsSettings& settings, base::ByteSpan in, std::vector<uint8_t>* out, std::vector<uint8_t>* side);
bool words_forward(base::ByteSpan in, std::vector<uint8_t>* out, std::vector<uint8_t>* side);
uint64_t words_max_output(uint64_t in_size, uint64_t side_size);
void words_inverse(base::ByteSpan in, base::ByteSpan side, base::MutableByteSpan out);

}  // namespace fastnz::transforms

// The container of a dictionary, `.fnzd`: what it primes, how many samples, and a body that holds them.
// docs/dictionary.md. Invariant: what read_dictionary_file returns lies inside its input, whose CRC fits, and promises
// no more than kMaxDictionaryBytes. Knows neither how the samples are coded nor what they are for.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"

namespace fastnz::format {

inline constexpr uint64_t kMaxDictionaryBytes = uint64_t{16} << 20;  // of samples and the table of their lengths
inline constexpr uint64_t kMaxDictionarySamples = uint64_t{1} << 20;

struct DictionaryFile {
  uint8_t model = 0;        // the registry row that it primes
  base::ByteSpan options;   // of that row
  uint64_t samples = 0;
  uint64_t plain_size = 0;  // of what the body holds
  base::ByteSpan body;      // FORMAT.md section 5
  uint64_t id = 0;
  base::ByteSpan header;    // from the magic to the plain size, both included
};

bool is_dictionary_file(base::ByteSpan in) noexcept;

// Throws kFormat, kUnsupported, kTruncated, kCorrupt, kLimit. Does not check the id.
DictionaryFile read_dictionary_file(base::ByteSpan in);

// The bytes that `header` is when read; body, CRC and id come behind them.
std::vector<uint8_t> dictionary_header(const DictionaryFile& file);
void append_dictionary_body(std::vector<uint8_t>* header, base::ByteSpan body, uint64_t id);

}  // namespace fastnz::format

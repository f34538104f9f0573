// What a decoder is allowed to spend, and what compressed bytes can prove. A size in a header is believed only as far
// as these bounds carry it; beyond, the header is refused before anything is allocated. FORMAT.md section 7.
#pragma once

#include <cstdint>

#include "format/body.h"
#include "models/registry.h"

namespace fastnz::codec {

struct Limits {
  uint64_t max_output_size = ~uint64_t{0};
  uint64_t max_memory = ~uint64_t{0};
};

// A bit shrinks the coder's range to no less than 1 - 1/65792 of itself (range >= 2^24, the other bit's share is at
// least floor(range / 2^16) >= range / 65792), so one bit of code yields at most log(2)/-log(1 - 1/65792) = 45,603 bits
// and one byte at most 45,603 bytes. Eight more bytes may be unwritten at the end.
inline constexpr uint64_t kMaxBytesPerCodedByte = 45604;
inline constexpr uint64_t kMaxUnwrittenBytes = 8;
// Where lanes have codes of their own, the size of a code takes a byte for each lane, and lanes are short: check_lanes() in
// lane_codes.h.

// Proves that `body` can make `content_size` bytes and that this build can decode it. Throws kCorrupt when it cannot
// make them, kUnsupported when a model or transform is unknown. Returns the memory that decoding takes beyond input and
// output.
uint64_t check_body(const format::Body& body, uint64_t content_size, uint64_t offset);

void require_memory(uint64_t needed, const Limits& limits, uint64_t offset);
void require_output(uint64_t total, const Limits& limits, uint64_t offset);

// How many blocks that need `needed` bytes each may be decoded at once.
size_t threads_within(uint64_t needed, size_t threads, const Limits& limits);

}  // namespace fastnz::codec

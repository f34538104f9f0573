// A compact frame: one block of at most 64 KiB in one piece, 14 to 18 bytes around its body (16 up to 16,383 bytes).
//   magic | varint content size | varint body size | body | low 32 bits of XXH3 of the content | CRC32C of all before
// FORMAT.md section 2.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/span.h"
#include "format/layout.h"

namespace fastnz::format {

struct CompactHeader {
  uint64_t content_size = 0;
  uint64_t body_size = 0;
  size_t header_size = 0;  // magic and the two sizes

  uint64_t frame_size() const { return header_size + body_size + kCompactTrailerSize; }
};

struct CompactFrame {
  base::ByteSpan body;
  uint32_t content_hash = 0;
};

void append_compact_frame(std::vector<uint8_t>* out, uint64_t content_size, base::ByteSpan body, uint64_t content_hash);

// Reads the sizes at the front of `in`, which begins with the magic; nothing is proven yet. Empty when more bytes are
// needed. Throws kCorrupt on sizes that no encoder writes.
std::optional<CompactHeader> read_compact_header(base::ByteSpan in, uint64_t offset);

// `in` is exactly the frame. Proves it by its CRC32C; throws kCorrupt.
CompactFrame read_compact_frame(base::ByteSpan in, const CompactHeader& header, uint64_t offset);

}  // namespace fastnz::format

// The block index at the end of a full frame: sizes of all blocks, and a footer of 32 bytes that is found from the end
// of the file. A decoder that reads the frame from its start compares it byte by byte with the index it would have
// written itself, so every change to it is found. FORMAT.md section 3.4.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/span.h"
#include "format/layout.h"

namespace fastnz::format {

struct IndexEntry {
  uint32_t body_size = 0;
  uint32_t content_size = 0;
};

struct IndexFooter {
  uint32_t block_count = 0;
  uint64_t frame_size = 0;  // from the frame's first byte to the footer's last
  uint64_t content_size = 0;
  uint32_t entries_crc = 0;
};

inline uint64_t index_size(uint64_t blocks) { return blocks * kIndexEntrySize + kIndexFooterSize; }

void append_index(std::vector<uint8_t>* out, const std::vector<IndexEntry>& entries, uint64_t frame_size,
                  uint64_t content_size);

// The 32 bytes before the end of a frame; empty when they are no footer (they may be any other bytes).
std::optional<IndexFooter> read_index_footer(base::ByteSpan in);
// The entries' bytes. Throws kCorrupt.
std::vector<IndexEntry> read_index_entries(base::ByteSpan in, const IndexFooter& footer, uint64_t offset);

}  // namespace fastnz::format

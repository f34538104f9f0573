// The records of a full frame: frame header, block header, end record. Each is 28 bytes and ends with a CRC32C of its
// own, so a record is proven before any size in it is believed; block and end records start their CRC from the frame's
// CRC and their position, so a block that was moved, doubled or dropped is found. FORMAT.md section 3.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"
#include "format/layout.h"

namespace fastnz::format {

struct FrameHeader {
  bool has_content_size = false;
  uint8_t level = 0;            // a hint for people; 0 = unknown
  uint64_t content_size = 0;    // 0 when unknown
  uint32_t max_block_size = 0;  // no block of the frame has more content
  uint32_t memory_kib = 0;      // decoding one block takes no more
  uint32_t crc = 0;             // of the header itself; set by append and read
};

struct BlockHeader {
  uint32_t content_size = 0;
  uint32_t body_size = 0;
  uint64_t content_hash = 0;  // XXH3-64
  uint32_t body_crc = 0;      // CRC32C continued from record_seed()
};

struct EndRecord {
  uint64_t content_size = 0;
  uint64_t hash_of_hashes = 0;  // XXH3-64 over the blocks' content hashes, 8 bytes each, little-endian
  uint32_t index_size = 0;      // bytes of the index that follows; 0 = none
};

// What follows in a frame: a block or the end.
struct Record {
  bool is_end = false;
  BlockHeader block;
  EndRecord end;
};

uint32_t record_seed(uint32_t frame_crc, uint64_t position);

void append_frame_header(std::vector<uint8_t>* out, FrameHeader* header);
void append_block_header(std::vector<uint8_t>* out, const BlockHeader& header, uint32_t seed);
void append_end_record(std::vector<uint8_t>* out, const EndRecord& end, uint32_t seed);

// Both take exactly their record's bytes. Throw kCorrupt, or kUnsupported for a newer version; `offset` is for
// messages.
FrameHeader read_frame_header(base::ByteSpan in, uint64_t offset);
Record read_record(base::ByteSpan in, uint32_t seed, uint64_t offset);

}  // namespace fastnz::format

// Walks the frames of a whole buffer: proves every record and body by its CRC, checks every size against what the bytes
// can hold, and lists the blocks. Runs no model and allocates nothing that a header asks for.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"
#include "codec/limits.h"
#include "format/frame_kind.h"
#include "format/full_frame.h"

namespace fastnz::codec {

struct BlockRef {
  uint64_t offset = 0;  // of the body in the input
  uint32_t body_size = 0;
  uint32_t content_size = 0;
  uint64_t content_offset = 0;  // within the contents of all frames joined
  uint64_t content_hash = 0;
  int hash_bits = 64;
};

struct FrameRef {
  format::FrameKind kind = format::FrameKind::kUnknown;
  uint64_t offset = 0;
  uint64_t compressed_size = 0;
  uint64_t content_size = 0;   // the sum over its blocks
  bool tells_content_size = false;
  uint8_t level = 0;           // 0: not told
  uint8_t tag = 0;             // skippable frames
  uint64_t memory = 0;         // that decoding one of its blocks takes, as declared or computed
  bool has_index = false;
  size_t first_block = 0, block_count = 0;  // in Contents::blocks
};

struct Contents {
  std::vector<FrameRef> frames;
  std::vector<BlockRef> blocks;
  uint64_t content_size = 0;
  uint64_t block_memory = 0;  // the most that decoding one block takes
};

enum class Proof {
  kHeaders,  // records only: for info
  kAll,      // bodies too: for decoding
};

// Throws kFormat, kTruncated, kCorrupt, kUnsupported; kLimit when contents exceed the limits.
Contents read_frames(base::ByteSpan in, const Limits& limits, Proof proof);

}  // namespace fastnz::codec

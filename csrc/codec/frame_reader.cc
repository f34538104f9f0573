#include "codec/frame_reader.h"

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "base/xxh3.h"
#include "codec/block.h"
#include "format/compact_frame.h"
#include "format/index.h"
#include "format/skippable_frame.h"

namespace fastnz::codec {
namespace {

using base::ByteSpan;
using base::Error;
using base::ErrorKind;

class Walker {
 public:
  Walker(ByteSpan in, const Limits& limits, Proof proof) : in_(in), limits_(limits), proof_(proof) {}

  Contents run() {
    if (in_.empty()) throw Error(ErrorKind::kTruncated, "the input is empty; a frame was expected", 0);
    while (at_ < in_.size()) read_frame();
    return std::move(contents_);
  }

 private:
  void read_frame() {
    FrameRef frame;
    frame.offset = at_;
    frame.first_block = contents_.blocks.size();
    const ByteSpan rest = in_.subspan(at_);
    frame.kind = format::frame_kind(rest);
    switch (frame.kind) {
      case format::FrameKind::kFull:
        read_full(&frame);
        break;
      case format::FrameKind::kCompact:
        read_compact(&frame);
        break;
      case format::FrameKind::kSkippable:
        read_skippable(&frame);
        break;
      case format::FrameKind::kUnknown:
        if (format::is_magic_prefix(rest)) throw Error(ErrorKind::kTruncated, "the input ends inside a magic", at_);
        throw Error(ErrorKind::kFormat,
                    contents_.frames.empty() ? "this is not fastnz data: no frame begins here"
                                             : "no frame begins here: bytes that are not fastnz data follow frame " +
                                                   std::to_string(contents_.frames.size()),
                    at_);
    }
    frame.compressed_size = at_ - frame.offset;
    frame.block_count = contents_.blocks.size() - frame.first_block;
    contents_.frames.push_back(frame);
  }

  // The next `size` bytes, which must be there.
  ByteSpan take(uint64_t size, const char* what) {
    if (size > in_.size() - at_)
      throw Error(ErrorKind::kTruncated,
                  std::string("the input ends inside ") + what + ": " + std::to_string(size) + " bytes are needed, " +
                      std::to_string(in_.size() - at_) + " are there", at_);
    const ByteSpan bytes = in_.subspan(static_cast<size_t>(at_), static_cast<size_t>(size));
    at_ += size;
    return bytes;
  }

  void read_skippable(FrameRef* frame) {
    const format::SkippableHeader header =
        format::read_skippable_header(take(format::kSkippableHeaderSize, "a skippable frame's header"), frame->offset);
    at_ = frame->offset;
    const ByteSpan bytes = take(header.frame_size(), "a skippable frame");
    if (proof_ == Proof::kAll) format::read_skippable_payload(bytes, header, frame->offset);
    frame->tag = header.tag;
  }

  void read_compact(FrameRef* frame) {
    const auto header = format::read_compact_header(in_.subspan(at_), at_);
    if (!header) throw Error(ErrorKind::kTruncated, "the input ends inside a compact frame's sizes", at_);
    const ByteSpan bytes = take(header->frame_size(), "a compact frame");
    const format::CompactFrame compact = format::read_compact_frame(bytes, *header, frame->offset);
    frame->tells_content_size = true;
    BlockRef block;
    block.offset = frame->offset + header->header_size;
    block.body_size = static_cast<uint32_t>(header->body_size);
    block.content_size = static_cast<uint32_t>(header->content_size);
    block.content_hash = compact.content_hash;
    block.hash_bits = 32;
    add_block(frame, block);
  }

  void read_full(FrameRef* frame) {
    const format::FrameHeader header =
        format::read_frame_header(take(format::kFrameHeaderSize, "a frame header"), frame->offset);
    frame->tells_content_size = header.has_content_size;
    frame->level = header.level;
    if (header.has_content_size) require_output_size(header.content_size, frame->offset);
    if (proof_ == Proof::kAll) require_memory(uint64_t{header.memory_kib} * 1024, limits_, frame->offset);
    std::vector<uint8_t> hashes;
    for (uint64_t position = 0;; ++position) {
      const uint64_t record_at = at_;
      const uint32_t seed = format::record_seed(header.crc, position);
      const format::Record record =
          format::read_record(take(format::kBlockHeaderSize, "a block header"), seed, record_at);
      if (record.is_end) {
        finish(frame, header, record.end, hashes, record_at);
        break;
      }
      if (record.block.content_size > header.max_block_size)
        throw Error(ErrorKind::kCorrupt, "block header: more content than the frame header allows", record_at);
      BlockRef block;
      block.offset = at_;
      block.body_size = record.block.body_size;
      block.content_size = record.block.content_size;
      block.content_hash = record.block.content_hash;
      const ByteSpan body = take(block.body_size, "a block");
      if (proof_ == Proof::kAll && base::crc32c(body, seed) != record.block.body_crc)
        throw Error(ErrorKind::kCorrupt,
                    "block " + std::to_string(position) + ": its CRC32C does not fit, so it was damaged", block.offset);
      add_block(frame, block);
      if (proof_ == Proof::kAll && block_memory_ > uint64_t{header.memory_kib} * 1024)
        throw Error(ErrorKind::kCorrupt, "block " + std::to_string(position) + ": needs more memory than declared",
                    block.offset);
      base::ByteWriter(&hashes).write_u64(block.content_hash);
    }
    frame->memory = uint64_t{header.memory_kib} * 1024;
  }

  void finish(FrameRef* frame, const format::FrameHeader& header, const format::EndRecord& end,
              const std::vector<uint8_t>& hashes, uint64_t record_at) {
    if (end.content_size != frame->content_size || end.hash_of_hashes != base::xxh3_64(hashes))
      throw Error(ErrorKind::kCorrupt, "end record: it does not fit the blocks before it", record_at);
    if (header.has_content_size && header.content_size != frame->content_size)
      throw Error(ErrorKind::kCorrupt, "frame header: it declares " + std::to_string(header.content_size) +
                                           " bytes, the blocks hold " + std::to_string(frame->content_size),
                  frame->offset);
    if (end.index_size == 0) return;
    frame->has_index = true;
    std::vector<format::IndexEntry> entries;
    for (size_t k = frame->first_block; k < contents_.blocks.size(); ++k)
      entries.push_back({contents_.blocks[k].body_size, contents_.blocks[k].content_size});
    const uint64_t index_at = at_;
    const ByteSpan stored = take(end.index_size, "the block index");
    std::vector<uint8_t> expected;
    format::append_index(&expected, entries, at_ - frame->offset, frame->content_size);
    if (!std::equal(stored.begin(), stored.end(), expected.begin(), expected.end()))
      throw Error(ErrorKind::kCorrupt, "block index: it does not fit the blocks", index_at);
  }

  void require_output_size(uint64_t more, uint64_t offset) const {
    const uint64_t sum = contents_.content_size + more;
    require_output(sum < more ? ~uint64_t{0} : sum, limits_, offset);
  }

  void add_block(FrameRef* frame, BlockRef block) {
    require_output_size(block.content_size, block.offset);
    if (proof_ == Proof::kAll) {
      block_memory_ = body_memory(in_.subspan(static_cast<size_t>(block.offset), block.body_size), block.content_size,
                                  block.offset);
      require_memory(block_memory_, limits_, block.offset);
      contents_.block_memory = std::max(contents_.block_memory, block_memory_);
      frame->memory = std::max(frame->memory, block_memory_);
    } else if (frame->kind == format::FrameKind::kCompact) {
      try {
        frame->memory = body_memory(in_.subspan(static_cast<size_t>(block.offset), block.body_size), block.content_size,
                                    block.offset);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::kModelMissing) throw;  // its memory is not known then; all else still is
      }
    }
    block.content_offset = contents_.content_size;
    contents_.content_size += block.content_size;
    frame->content_size += block.content_size;
    contents_.blocks.push_back(block);
  }

  ByteSpan in_;
  const Limits& limits_;
  const Proof proof_;
  Contents contents_;
  uint64_t at_ = 0;
  uint64_t block_memory_ = 0;  // of the block added last
};

}  // namespace

Contents read_frames(ByteSpan in, const Limits& limits, Proof proof) { return Walker(in, limits, proof).run(); }

}  // namespace fastnz::codec

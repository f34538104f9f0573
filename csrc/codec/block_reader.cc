#include "codec/block_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/crc32c.h"
#include "base/error.h"
#include "codec/block.h"
#include "format/compact_frame.h"
#include "format/frame_kind.h"
#include "format/full_frame.h"
#include "format/index.h"
#include "format/skippable_frame.h"

namespace fastnz::codec {
namespace {

using base::ByteSpan;
using base::Error;
using base::ErrorKind;

void require_inside(uint64_t offset, uint64_t size, uint64_t end, const char* what) {
  if (offset > end || size > end - offset)
    throw Error(ErrorKind::kTruncated, std::string("the file ends inside ") + what, offset);
}

}  // namespace

BlockReader::BlockReader(ReadAt read_at, uint64_t size, const Limits& limits, DeviceChoice device)
    : read_at_(std::move(read_at)), limits_(limits), device_(std::move(device)) {
  if (size == 0) throw Error(ErrorKind::kTruncated, "the file is empty; a frame was expected", 0);
  // Indexed frames from the end backwards, as far as they reach; then forwards over what is left.
  std::vector<Frame> tail;
  uint64_t end = size;
  while (end > 0) {
    Frame frame;
    uint64_t begin = 0;
    if (!read_indexed_frame(end, &begin, &frame)) break;
    tail.push_back(std::move(frame));
    end = begin;
  }
  used_index_ = end == 0;
  for (uint64_t at = 0; at < end;) {
    Frame frame;
    at = walk_frame(at, end, &frame);
    add(frame);
  }
  for (auto frame = tail.rbegin(); frame != tail.rend(); ++frame) add(*frame);
}

void BlockReader::add(const Frame& frame) {
  for (Block block : frame.blocks) {
    block.content_offset = content_size_;
    content_size_ += block.content_size;
    if (block.content_size != 0) blocks_.push_back(block);
  }
}

std::vector<uint8_t> BlockReader::read_exactly(uint64_t offset, uint64_t size, const char* what) const {
  std::vector<uint8_t> bytes = read_at_(offset, size);
  if (bytes.size() != size) throw Error(ErrorKind::kTruncated, std::string("the file ends inside ") + what, offset);
  return bytes;
}

// Does a frame with an index end at `end`? Anything that does not fit means no: the walk will say what is wrong.
bool BlockReader::read_indexed_frame(uint64_t end, uint64_t* begin, Frame* frame) const {
  if (end < format::kFrameHeaderSize + format::kEndRecordSize + format::kIndexFooterSize) return false;
  const uint64_t footer_at = end - format::kIndexFooterSize;
  const auto footer = format::read_index_footer(read_exactly(footer_at, format::kIndexFooterSize, "the index"));
  if (!footer || footer->frame_size > end) return false;
  const uint64_t entries_size = uint64_t{footer->block_count} * format::kIndexEntrySize;
  if (entries_size > footer_at) return false;
  *begin = end - footer->frame_size;
  if (footer->frame_size < format::kFrameHeaderSize) return false;
  const std::vector<uint8_t> head = read_exactly(*begin, format::kFrameHeaderSize, "a frame header");
  if (format::frame_kind(head) != format::FrameKind::kFull) return false;
  const format::FrameHeader header = format::read_frame_header(head, *begin);
  const uint64_t entries_at = footer_at - entries_size;
  const std::vector<format::IndexEntry> entries =
      format::read_index_entries(read_exactly(entries_at, entries_size, "the index"), *footer, entries_at);
  uint64_t at = *begin + format::kFrameHeaderSize, content = 0;
  for (const format::IndexEntry& entry : entries) {
    Block block;
    block.offset = at;
    block.size = format::kBlockHeaderSize + uint64_t{entry.body_size};
    block.content_size = entry.content_size;
    block.seed = format::record_seed(header.crc, frame->blocks.size());
    frame->blocks.push_back(block);
    at += block.size;
    content += entry.content_size;
  }
  if (at + format::kEndRecordSize != entries_at || content != footer->content_size)
    throw Error(ErrorKind::kCorrupt, "block index: it does not fit the frame around it", entries_at);
  return true;
}

// Returns where the frame ends.
uint64_t BlockReader::walk_frame(uint64_t offset, uint64_t end, Frame* frame) const {
  const std::vector<uint8_t> head =
      read_exactly(offset, std::min<uint64_t>(format::kFrameHeaderSize, end - offset), "a frame header");
  switch (format::frame_kind(head)) {
    case format::FrameKind::kFull:
      return walk_full(offset, end, frame);
    case format::FrameKind::kSkippable: {
      require_inside(offset, format::kSkippableHeaderSize, end, "a skippable frame");
      const format::SkippableHeader header =
          format::read_skippable_header(ByteSpan(head).first(format::kSkippableHeaderSize), offset);
      require_inside(offset, header.frame_size(), end, "a skippable frame");
      return offset + header.frame_size();
    }
    case format::FrameKind::kCompact: {
      const auto header = format::read_compact_header(head, offset);
      if (!header) throw Error(ErrorKind::kTruncated, "the file ends inside a compact frame", offset);
      require_inside(offset, header->frame_size(), end, "a compact frame");
      Block block;
      block.offset = offset;
      block.size = header->frame_size();
      block.content_size = static_cast<uint32_t>(header->content_size);
      block.compact = true;
      frame->blocks.push_back(block);
      return offset + block.size;
    }
    case format::FrameKind::kUnknown:
      break;
  }
  if (format::is_magic_prefix(head)) throw Error(ErrorKind::kTruncated, "the file ends inside a magic", offset);
  throw Error(ErrorKind::kFormat, "no frame begins here", offset);
}

uint64_t BlockReader::walk_full(uint64_t offset, uint64_t end, Frame* frame) const {
  require_inside(offset, format::kFrameHeaderSize, end, "a frame header");
  const format::FrameHeader header =
      format::read_frame_header(read_exactly(offset, format::kFrameHeaderSize, "a frame header"), offset);
  uint64_t at = offset + format::kFrameHeaderSize, content = 0;
  for (;;) {
    require_inside(at, format::kBlockHeaderSize, end, "a block header");
    const uint32_t seed = format::record_seed(header.crc, frame->blocks.size());
    const format::Record record =
        format::read_record(read_exactly(at, format::kBlockHeaderSize, "a block header"), seed, at);
    if (record.is_end) {
      if (record.end.content_size != content)
        throw Error(ErrorKind::kCorrupt, "end record: it does not fit the blocks before it", at);
      const uint64_t size = format::kEndRecordSize + uint64_t{record.end.index_size};
      require_inside(at, size, end, "the block index");
      return at + size;
    }
    Block block;
    block.offset = at;
    block.size = format::kBlockHeaderSize + uint64_t{record.block.body_size};
    block.content_size = record.block.content_size;
    block.seed = seed;
    require_inside(at, block.size, end, "a block");
    frame->blocks.push_back(block);
    content += block.content_size;
    at += block.size;
  }
}

size_t BlockReader::block_of(uint64_t position) const {
  const auto after = std::upper_bound(blocks_.begin(), blocks_.end(), position,
                                      [](uint64_t at, const Block& block) { return at < block.content_offset; });
  return static_cast<size_t>(after - blocks_.begin()) - 1;
}

void BlockReader::read_block(size_t k, const std::function<base::MutableByteSpan(uint64_t)>& allocate,
                             Monitor* monitor) const {
  const Block& block = blocks_.at(k);
  const std::vector<uint8_t> bytes = read_exactly(block.offset, block.size, "a block");
  ByteSpan body;
  uint64_t hash = 0;
  if (block.compact) {
    const auto header = format::read_compact_header(bytes, block.offset);
    if (!header || header->frame_size() != block.size || header->content_size != block.content_size)
      throw Error(ErrorKind::kCorrupt, "compact frame: it changed while it was open", block.offset);
    const format::CompactFrame frame = format::read_compact_frame(bytes, *header, block.offset);
    body = frame.body;
    hash = frame.content_hash;
  } else {
    const format::Record record =
        format::read_record(ByteSpan(bytes).first(format::kBlockHeaderSize), block.seed, block.offset);
    body = ByteSpan(bytes).subspan(format::kBlockHeaderSize);
    if (record.is_end || record.block.content_size != block.content_size || record.block.body_size != body.size())
      throw Error(ErrorKind::kCorrupt, "block header: it does not fit the block index", block.offset);
    if (base::crc32c(body, block.seed) != record.block.body_crc)
      throw Error(ErrorKind::kCorrupt, "block " + std::to_string(k) + ": its CRC32C does not fit, so it was damaged",
                  block.offset + format::kBlockHeaderSize);
    hash = record.block.content_hash;
  }
  const uint64_t body_at = block.offset + static_cast<uint64_t>(body.data() - bytes.data());
  require_memory(body_memory(body, block.content_size, body_at), limits_, body_at);
  const base::MutableByteSpan out = allocate(block.content_size);
  decode_body(body, out, limits_, body_at, monitor, {1, device_});
  require_hash(out, hash, block.compact ? 32 : 64, body_at);
}

}  // namespace fastnz::codec

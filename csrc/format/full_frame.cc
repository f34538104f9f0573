#include "format/full_frame.h"

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/error.h"

namespace fastnz::format {
namespace {

using base::Error;
using base::ErrorKind;

constexpr size_t kCrcAt = 24;  // in each of the three records
static_assert(kFrameHeaderSize == kCrcAt + 4 && kBlockHeaderSize == kCrcAt + 4 && kEndRecordSize == kCrcAt + 4);

constexpr uint8_t kHasContentSize = 0x01;
constexpr uint8_t kEndType = 0, kBlockType = 1;

[[noreturn]] void corrupt(const std::string& message, uint64_t offset) {
  throw Error(ErrorKind::kCorrupt, message, offset);
}

void require_crc(base::ByteSpan record, uint32_t seed, const char* what, uint64_t offset) {
  const uint32_t computed = base::crc32c(record.first(kCrcAt), seed);
  const uint32_t stored = base::load_le<uint32_t>(record.data() + kCrcAt);
  if (computed != stored) corrupt(std::string(what) + ": its CRC32C does not fit, so it was damaged", offset);
}

void finish(std::vector<uint8_t>* out, const uint8_t (&record)[kCrcAt], uint32_t seed) {
  out->insert(out->end(), record, record + kCrcAt);
  base::ByteWriter(out).write_u32(base::crc32c(base::ByteSpan(record, kCrcAt), seed));
}

}  // namespace

uint32_t record_seed(uint32_t frame_crc, uint64_t position) {
  uint8_t bytes[12];
  base::store_le<uint32_t>(bytes, frame_crc);
  base::store_le<uint64_t>(bytes + 4, position);
  return base::crc32c(base::ByteSpan(bytes, sizeof bytes));
}

void append_frame_header(std::vector<uint8_t>* out, FrameHeader* header) {
  uint8_t record[kCrcAt] = {};
  std::copy(kFullMagic.begin(), kFullMagic.end(), record);
  record[3] = kFormatVersion;
  record[4] = header->has_content_size ? kHasContentSize : 0;
  record[5] = header->level;
  base::store_le<uint64_t>(record + 8, header->has_content_size ? header->content_size : 0);
  base::store_le<uint32_t>(record + 16, header->max_block_size);
  base::store_le<uint32_t>(record + 20, header->memory_kib);
  finish(out, record, 0);
  header->crc = base::load_le<uint32_t>(out->data() + out->size() - 4);
}

FrameHeader read_frame_header(base::ByteSpan in, uint64_t offset) {
  require_crc(in, 0, "frame header", offset);
  const uint8_t* p = in.data();
  if (p[3] != kFormatVersion)
    throw Error(ErrorKind::kUnsupported,
                "frame header: format version " + std::to_string(p[3]) + "; this build reads version " +
                    std::to_string(kFormatVersion), offset + 3);
  if ((p[4] & ~kHasContentSize) != 0 || base::load_le<uint16_t>(p + 6) != 0)
    throw Error(ErrorKind::kUnsupported, "frame header: it uses a feature this build does not know", offset + 4);
  FrameHeader header;
  header.has_content_size = (p[4] & kHasContentSize) != 0;
  header.level = p[5];
  header.content_size = base::load_le<uint64_t>(p + 8);
  header.max_block_size = base::load_le<uint32_t>(p + 16);
  header.memory_kib = base::load_le<uint32_t>(p + 20);
  header.crc = base::load_le<uint32_t>(p + kCrcAt);
  if (!header.has_content_size && header.content_size != 0)
    corrupt("frame header: a content size where none is declared", offset + 8);
  if (header.max_block_size > kMaxBlockSize)
    corrupt("frame header: blocks of up to " + std::to_string(header.max_block_size) + " bytes; at most " +
                std::to_string(kMaxBlockSize) + " can be", offset + 16);
  return header;
}

void append_block_header(std::vector<uint8_t>* out, const BlockHeader& header, uint32_t seed) {
  uint8_t record[kCrcAt] = {kBlockType};
  base::store_le<uint32_t>(record + 4, header.content_size);
  base::store_le<uint32_t>(record + 8, header.body_size);
  base::store_le<uint64_t>(record + 12, header.content_hash);
  base::store_le<uint32_t>(record + 20, header.body_crc);
  finish(out, record, seed);
}

void append_end_record(std::vector<uint8_t>* out, const EndRecord& end, uint32_t seed) {
  uint8_t record[kCrcAt] = {kEndType};
  base::store_le<uint32_t>(record + 4, end.index_size);
  base::store_le<uint64_t>(record + 8, end.content_size);
  base::store_le<uint64_t>(record + 16, end.hash_of_hashes);
  finish(out, record, seed);
}

Record read_record(base::ByteSpan in, uint32_t seed, uint64_t offset) {
  require_crc(in, seed, "block header", offset);
  const uint8_t* p = in.data();
  if (p[1] != 0 || p[2] != 0 || p[3] != 0 || p[0] > kBlockType)
    throw Error(ErrorKind::kUnsupported, "block header: it uses a feature this build does not know", offset);
  Record record;
  if (p[0] == kEndType) {
    record.is_end = true;
    record.end.index_size = base::load_le<uint32_t>(p + 4);
    record.end.content_size = base::load_le<uint64_t>(p + 8);
    record.end.hash_of_hashes = base::load_le<uint64_t>(p + 16);
    return record;
  }
  BlockHeader& block = record.block;
  block.content_size = base::load_le<uint32_t>(p + 4);
  block.body_size = base::load_le<uint32_t>(p + 8);
  block.content_hash = base::load_le<uint64_t>(p + 12);
  block.body_crc = base::load_le<uint32_t>(p + 20);
  if (block.content_size == 0) corrupt("block header: a block without content", offset + 4);
  if (block.body_size == 0 || block.body_size > uint64_t{block.content_size} + 1)
    corrupt("block header: a body of " + std::to_string(block.body_size) + " bytes for " +
                std::to_string(block.content_size) + " bytes of content", offset + 8);
  return record;
}

}  // namespace fastnz::format

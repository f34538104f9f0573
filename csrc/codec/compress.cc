#include "codec/compress.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "codec/block.h"
#include "codec/frame_writer.h"
#include "codec/parallel.h"
#include "codec/raw_record.h"
#include "format/compact_frame.h"

namespace fastnz::codec {

using base::ByteSpan;
using base::Error;
using base::ErrorKind;

uint64_t resolve_block_size(const Level& level, uint64_t requested) {
  if (requested == 0) return level.block_size;
  if (requested < format::kMinBlockSize || requested > format::kMaxBlockSize)
    throw Error(ErrorKind::kInvalidArgument, "block_size must be from " + std::to_string(format::kMinBlockSize) +
                                                 " to " + std::to_string(format::kMaxBlockSize) + " bytes, not " +
                                                 std::to_string(requested));
  return requested;
}

std::vector<uint8_t> compress(ByteSpan content, const CompressOptions& options, Monitor* monitor) {
  const Level level = find_level(options.level, options.model_id);
  const uint64_t block_size = resolve_block_size(level, options.block_size);
  monitor->set_total(content.size());
  std::vector<uint8_t> out;
  if (content.size() <= format::kMaxCompactContent && options.content_size && !options.index) {
    const EncodedBlock block = encode_block(content, level, monitor, {options.threads, options.device});
    out.reserve(block.body.size() + format::kMaxCompactHeaderSize + format::kCompactTrailerSize);
    format::append_compact_frame(&out, content.size(), block.body, block.content_hash);
    return out;
  }

  const size_t count = static_cast<size_t>((content.size() + block_size - 1) / block_size);
  std::vector<EncodedBlock> blocks(count);
  run_parallel(count, options.threads, monitor, [&](size_t k) {
    const size_t begin = k * static_cast<size_t>(block_size);
    blocks[k] = encode_block(content.subspan(begin, std::min<size_t>(content.size() - begin, block_size)), level,
                             monitor, {count == 1 ? options.threads : 1, options.device});
  });

  format::FrameHeader header;
  header.has_content_size = options.content_size;
  header.level = static_cast<uint8_t>(level.level);
  header.content_size = options.content_size ? content.size() : 0;
  header.max_block_size = static_cast<uint32_t>(std::min<uint64_t>(block_size, content.size()));
  uint64_t memory = 0;
  for (const EncodedBlock& block : blocks) memory = std::max(memory, block.memory);
  header.memory_kib = to_kib(memory);
  FrameWriter writer;
  writer.begin(header, &out);
  for (EncodedBlock& block : blocks) {
    writer.add(block, &out);
    block.body = {};
  }
  writer.finish(options.index, &out);
  return out;
}

uint64_t compress_bound(uint64_t size) {
  const uint64_t blocks = size / format::kMinBlockSize + 1;
  const uint64_t compact = format::kMaxCompactHeaderSize + format::kCompactTrailerSize + 1;
  const uint64_t full = format::kFrameHeaderSize + format::kEndRecordSize + format::kIndexFooterSize +
                        blocks * (format::kBlockHeaderSize + 1 + format::kIndexEntrySize);
  return size + std::max(compact, full);
}

std::vector<uint8_t> compress_raw(ByteSpan content, const Level& level, Monitor* monitor, const DeviceChoice& device) {
  if (content.size() > format::kMaxBlockSize)
    throw Error(ErrorKind::kInvalidArgument, "a raw record holds at most " + std::to_string(format::kMaxBlockSize) +
                                                 " bytes, not " + std::to_string(content.size()));
  if (content.empty()) return {};
  monitor->set_total(content.size());
  std::vector<uint8_t> body = encode_block(content, level, monitor, {1, device}).body;
  return level.model_id == 0 ? body : without_model_name(body, content.size(), level.model_id);
}

}  // namespace fastnz::codec

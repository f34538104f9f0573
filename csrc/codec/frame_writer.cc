#include "codec/frame_writer.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "base/xxh3.h"

namespace fastnz::codec {

void FrameWriter::begin(const format::FrameHeader& header, std::vector<uint8_t>* out) {
  format::FrameHeader written = header;
  format::append_frame_header(out, &written);
  frame_crc_ = written.crc;
  written_ = format::kFrameHeaderSize;
}

void FrameWriter::add(const EncodedBlock& block, std::vector<uint8_t>* out) {
  if (entries_.size() == 0xFFFFFFFFu)
    throw base::Error(base::ErrorKind::kInvalidArgument, "a frame holds at most 4,294,967,295 blocks");
  const uint32_t seed = format::record_seed(frame_crc_, entries_.size());
  format::BlockHeader header;
  header.content_size = static_cast<uint32_t>(block.content_size);
  header.body_size = static_cast<uint32_t>(block.body.size());
  header.content_hash = block.content_hash;
  header.body_crc = base::crc32c(block.body, seed);
  format::append_block_header(out, header, seed);
  out->insert(out->end(), block.body.begin(), block.body.end());
  written_ += format::kBlockHeaderSize + block.body.size();
  content_size_ += block.content_size;
  entries_.push_back({header.body_size, header.content_size});
  base::ByteWriter(&hashes_).write_u64(block.content_hash);
}

void FrameWriter::finish(bool with_index, std::vector<uint8_t>* out) {
  format::EndRecord end;
  end.content_size = content_size_;
  end.hash_of_hashes = base::xxh3_64(hashes_);
  const uint64_t index = with_index ? format::index_size(entries_.size()) : 0;
  if (index > 0xFFFFFFFFu)
    throw base::Error(base::ErrorKind::kInvalidArgument, "too many blocks for an index; use larger blocks");
  end.index_size = static_cast<uint32_t>(index);
  format::append_end_record(out, end, format::record_seed(frame_crc_, entries_.size()));
  written_ += format::kEndRecordSize + index;
  if (with_index) format::append_index(out, entries_, written_, content_size_);
}

uint32_t to_kib(uint64_t bytes) {
  return static_cast<uint32_t>(std::min<uint64_t>(bytes / 1024 + (bytes % 1024 != 0), 0xFFFFFFFFu));
}

}  // namespace fastnz::codec

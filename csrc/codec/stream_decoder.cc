#include "codec/stream_decoder.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "base/xxh3.h"
#include "codec/block.h"
#include "codec/parallel.h"
#include "format/compact_frame.h"
#include "format/frame_kind.h"
#include "format/skippable_frame.h"

namespace fastnz::codec {

using base::ByteSpan;
using base::Error;
using base::ErrorKind;

void StreamDecoder::feed(ByteSpan in, uint64_t wanted, Monitor* monitor) {
  if (failed_) throw Error(ErrorKind::kInvalidArgument, "this decoder failed before; make a new one");
  failed_ = true;  // until this call has ended well
  drop_consumed();
  in_.insert(in_.end(), in.begin(), in.end());
  if (!in.empty()) starved_ = false;
  while (ready_ < wanted && state_ != State::kEnd && step(monitor)) {
  }
  failed_ = false;
}

void StreamDecoder::take(base::MutableByteSpan out) {
  size_t done = 0;
  while (done < out.size()) {
    const std::vector<uint8_t>& front = made_.front();
    const size_t count = std::min(out.size() - done, front.size() - made_at_);
    std::memcpy(out.data() + done, front.data() + made_at_, count);
    done += count;
    made_at_ += count;
    if (made_at_ == front.size()) {
      made_.pop_front();
      made_at_ = 0;
    }
  }
  ready_ -= done;
  total_out_ += done;
}

ByteSpan StreamDecoder::unused() const { return eof() ? buffered() : ByteSpan(); }

void StreamDecoder::drop_consumed() {
  if (at_ < in_.size() - at_) return;  // not yet: every byte is moved once at the most, however small the blocks
  in_.erase(in_.begin(), in_.begin() + static_cast<ptrdiff_t>(at_));
  dropped_ += at_;
  at_ = 0;
}

// Gathers as many whole blocks as there are threads, as far as memory for them and their content is allowed, and decodes
// them together. False when nothing could be done.
bool StreamDecoder::step(Monitor* monitor) {
  bool progress = false;
  while (state_ != State::kEnd && (jobs_.empty() || jobs_.size() < threads_within(job_total_, threads_, limits_))) {
    if (!parse()) {
      starved_ = true;
      break;
    }
    progress = true;
  }
  if (jobs_.empty()) return progress;
  run_parallel(jobs_.size(), threads_within(job_memory_, threads_, limits_), monitor, [&](size_t k) {
    Job& job = jobs_[k];
    decode_body(job.body, job.content, limits_, job.offset, monitor, {1, device_});
    require_hash(job.content, job.content_hash, job.hash_bits, job.offset);
  });
  for (Job& job : jobs_) {
    ready_ += job.content.size();
    if (!job.content.empty()) made_.push_back(std::move(job.content));
  }
  jobs_.clear();
  job_memory_ = job_total_ = 0;
  return true;
}

bool StreamDecoder::parse() {
  switch (state_) {
    case State::kMagic:
      return parse_magic();
    case State::kCompact:
      return parse_compact();
    case State::kSkippable:
      return parse_skippable();
    case State::kPayload:
      return parse_payload();
    case State::kHeader:
      if (!has(format::kFrameHeaderSize)) return false;
      header_ = format::read_frame_header(buffered().first(format::kFrameHeaderSize), offset());
      if (header_.has_content_size) require_output(header_.content_size, limits_, offset());
      require_memory(uint64_t{header_.memory_kib} * 1024, limits_, offset());
      at_ += format::kFrameHeaderSize;
      state_ = State::kRecord;
      return true;
    case State::kRecord:
      return parse_record();
    case State::kBody:
      return parse_body();
    case State::kIndex:
      return parse_index();
    case State::kEnd:
      break;
  }
  return false;
}

bool StreamDecoder::parse_magic() {
  if (buffered().empty()) return false;
  switch (format::frame_kind(buffered())) {
    case format::FrameKind::kFull:
      state_ = State::kHeader;
      return true;
    case format::FrameKind::kCompact:
      state_ = State::kCompact;
      return true;
    case format::FrameKind::kSkippable:
      state_ = State::kSkippable;
      return true;
    case format::FrameKind::kUnknown:
      break;
  }
  if (format::is_magic_prefix(buffered())) return false;
  throw Error(ErrorKind::kFormat, "this is not fastnz data: no frame begins here", offset());
}

bool StreamDecoder::parse_compact() {
  const auto header = format::read_compact_header(buffered(), offset());
  if (!header || !has(header->frame_size())) return false;
  const format::CompactFrame frame =
      format::read_compact_frame(buffered().first(static_cast<size_t>(header->frame_size())), *header, offset());
  at_ += header->header_size;
  add_job(frame.body, header->content_size, frame.content_hash, 32);
  at_ += static_cast<size_t>(header->frame_size()) - header->header_size;
  state_ = State::kEnd;
  return true;
}

bool StreamDecoder::parse_skippable() {
  if (!has(format::kSkippableHeaderSize)) return false;
  const format::SkippableHeader header =
      format::read_skippable_header(buffered().first(format::kSkippableHeaderSize), offset());
  at_ += format::kSkippableHeaderSize;
  payload_left_ = header.payload_size;
  payload_crc_ = header.crc;
  skippable_ = true;
  state_ = State::kPayload;
  return true;
}

// The payload is proven as it comes and let go of: it may be long.
bool StreamDecoder::parse_payload() {
  const ByteSpan piece = buffered().first(static_cast<size_t>(std::min<uint64_t>(payload_left_, buffered().size())));
  payload_crc_ = base::crc32c(piece, payload_crc_);
  payload_left_ -= piece.size();
  at_ += piece.size();
  if (payload_left_ != 0 || !has(format::kSkippableTrailerSize)) return false;
  format::check_skippable_payload(buffered().first(format::kSkippableTrailerSize), payload_crc_, 0);
  at_ += format::kSkippableTrailerSize;
  state_ = State::kEnd;
  return true;
}

bool StreamDecoder::parse_record() {
  if (!has(format::kBlockHeaderSize)) return false;
  seed_ = format::record_seed(header_.crc, entries_.size());
  const format::Record record = format::read_record(buffered().first(format::kBlockHeaderSize), seed_, offset());
  if (record.is_end) {
    end_frame(record.end);
    return true;
  }
  block_ = record.block;
  if (block_.content_size > header_.max_block_size)
    throw Error(ErrorKind::kCorrupt, "block header: more content than the frame header allows", offset());
  if (header_.has_content_size && block_.content_size > header_.content_size - content_size_)
    throw Error(ErrorKind::kCorrupt, "block header: more content than the frame header declares", offset());
  require_output(content_size_ + block_.content_size, limits_, offset());
  at_ += format::kBlockHeaderSize;
  state_ = State::kBody;
  return true;
}

bool StreamDecoder::parse_body() {
  if (!has(block_.body_size)) return false;
  const ByteSpan body = buffered().first(block_.body_size);
  if (base::crc32c(body, seed_) != block_.body_crc)
    throw Error(ErrorKind::kCorrupt,
                "block " + std::to_string(entries_.size()) + ": its CRC32C does not fit, so it was damaged", offset());
  add_job(body, block_.content_size, block_.content_hash, 64);
  if (job_memory_ > uint64_t{header_.memory_kib} * 1024)
    throw Error(ErrorKind::kCorrupt,
                "block " + std::to_string(entries_.size()) + ": needs more memory than declared", offset());
  entries_.push_back({block_.body_size, block_.content_size});
  base::ByteWriter(&hashes_).write_u64(block_.content_hash);
  content_size_ += block_.content_size;
  at_ += block_.body_size;
  state_ = State::kRecord;
  return true;
}

void StreamDecoder::end_frame(const format::EndRecord& end) {
  if (end.content_size != content_size_ || end.hash_of_hashes != base::xxh3_64(hashes_))
    throw Error(ErrorKind::kCorrupt, "end record: it does not fit the blocks before it", offset());
  if (header_.has_content_size && header_.content_size != content_size_)
    throw Error(ErrorKind::kCorrupt, "frame header: it declares " + std::to_string(header_.content_size) +
                                         " bytes, the blocks hold " + std::to_string(content_size_), 0);
  if (end.index_size != 0 && end.index_size != format::index_size(entries_.size()))
    throw Error(ErrorKind::kCorrupt, "end record: the block index has another size than the blocks need", offset());
  at_ += format::kEndRecordSize;
  index_size_ = end.index_size;
  state_ = index_size_ ? State::kIndex : State::kEnd;
}

bool StreamDecoder::parse_index() {
  if (!has(index_size_)) return false;
  std::vector<uint8_t> expected;
  format::append_index(&expected, entries_, offset() + index_size_, content_size_);
  if (!std::equal(expected.begin(), expected.end(), in_.begin() + static_cast<ptrdiff_t>(at_)))
    throw Error(ErrorKind::kCorrupt, "block index: it does not fit the blocks", offset());
  at_ += index_size_;
  state_ = State::kEnd;
  return true;
}

// The body must be proven; its content is reserved only after it has been shown that the body can make it.
void StreamDecoder::add_job(ByteSpan body, uint64_t content_size, uint64_t content_hash, int hash_bits) {
  require_output(content_size_ + content_size, limits_, offset());
  const uint64_t memory = body_memory(body, content_size, offset());
  require_memory(memory, limits_, offset());
  job_memory_ = std::max(job_memory_, memory);
  job_total_ = std::max(job_total_, memory + content_size);
  jobs_.push_back({body, offset(), content_hash, hash_bits, std::vector<uint8_t>(static_cast<size_t>(content_size))});
}

}  // namespace fastnz::codec

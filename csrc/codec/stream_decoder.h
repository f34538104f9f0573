// One frame decoded piece by piece. Nothing is decoded before its bytes are proven, and nothing is reserved that the
// bytes received so far do not prove. A skippable frame is a frame without content. Errors tell offsets from the
// frame's start.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "base/span.h"
#include "codec/device_choice.h"
#include "codec/limits.h"
#include "codec/monitor.h"
#include "codec/parallel.h"
#include "format/full_frame.h"
#include "format/index.h"

namespace fastnz::codec {

class StreamDecoder {
 public:
  StreamDecoder(const Limits& limits, size_t threads, DeviceChoice device = {})
      : limits_(limits), threads_(std::clamp<size_t>(threads, 1, kMaxThreads)), device_(std::move(device)) {}

  // Takes all of `in`, then decodes until `wanted` bytes are ready or the input is used up. After an exception the
  // decoder is unusable.
  void feed(base::ByteSpan in, uint64_t wanted, Monitor* monitor);

  uint64_t ready() const { return ready_; }   // decoded bytes that wait for take()
  void take(base::MutableByteSpan out);       // out.size() <= ready()
  bool eof() const { return state_ == State::kEnd && ready_ == 0; }
  bool needs_input() const { return starved_ && ready_ == 0 && state_ != State::kEnd; }
  base::ByteSpan unused() const;              // what follows the frame, once eof()
  uint64_t total_out() const { return total_out_; }
  bool skippable() const { return skippable_; }

 private:
  enum class State { kMagic, kCompact, kSkippable, kPayload, kHeader, kRecord, kBody, kIndex, kEnd };
  struct Job {
    base::ByteSpan body;
    uint64_t offset;
    uint64_t content_hash;
    int hash_bits;
    std::vector<uint8_t> content;
  };

  base::ByteSpan buffered() const { return base::ByteSpan(in_).subspan(at_); }
  bool has(uint64_t size) const { return in_.size() - at_ >= size; }
  uint64_t offset() const { return dropped_ + at_; }
  bool step(Monitor* monitor);
  bool parse();  // one unit; false when it is not all there
  bool parse_magic();
  bool parse_compact();
  bool parse_skippable();
  bool parse_payload();
  bool parse_record();
  bool parse_body();
  bool parse_index();
  void end_frame(const format::EndRecord& end);
  void add_job(base::ByteSpan body, uint64_t content_size, uint64_t content_hash, int hash_bits);
  void drop_consumed();

  Limits limits_;
  size_t threads_;
  DeviceChoice device_;
  State state_ = State::kMagic;
  std::vector<uint8_t> in_;
  size_t at_ = 0;         // consumed part of in_
  uint64_t dropped_ = 0;  // consumed and gone
  format::FrameHeader header_;
  format::BlockHeader block_;
  uint32_t seed_ = 0;
  uint32_t index_size_ = 0;
  uint64_t payload_left_ = 0;  // of a skippable frame
  uint32_t payload_crc_ = 0;   // of what has come of it
  std::vector<format::IndexEntry> entries_;
  std::vector<uint8_t> hashes_;
  uint64_t content_size_ = 0;  // of the blocks seen
  uint64_t job_memory_ = 0;    // the most that one of jobs_ takes
  uint64_t job_total_ = 0;     // the same with its content
  std::vector<Job> jobs_;
  std::deque<std::vector<uint8_t>> made_;
  size_t made_at_ = 0;  // delivered part of made_.front()
  uint64_t ready_ = 0;
  uint64_t total_out_ = 0;
  bool starved_ = true;
  bool failed_ = false;
  bool skippable_ = false;
};

}  // namespace fastnz::codec

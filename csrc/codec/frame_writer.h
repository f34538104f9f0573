// Puts encoded blocks into a full frame, in order: header, blocks, end record, index. Keeps what the end needs to know.
#pragma once

#include <cstdint>
#include <vector>

#include "codec/block.h"
#include "format/full_frame.h"
#include "format/index.h"

namespace fastnz::codec {

class FrameWriter {
 public:
  void begin(const format::FrameHeader& header, std::vector<uint8_t>* out);
  void add(const EncodedBlock& block, std::vector<uint8_t>* out);
  void finish(bool with_index, std::vector<uint8_t>* out);

  uint64_t content_size() const { return content_size_; }

 private:
  uint32_t frame_crc_ = 0;
  uint64_t written_ = 0;
  uint64_t content_size_ = 0;
  std::vector<format::IndexEntry> entries_;
  std::vector<uint8_t> hashes_;
};

// Memory in the unit of the frame header, rounded up.
uint32_t to_kib(uint64_t bytes);

}  // namespace fastnz::codec

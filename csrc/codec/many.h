// Lists of small buffers: each one is a frame or a raw record of its own, shared out over threads.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"
#include "codec/frame_reader.h"
#include "codec/limits.h"
#include "codec/monitor.h"

namespace fastnz::codec {

std::vector<std::vector<uint8_t>> compress_many(const std::vector<base::ByteSpan>& items, int level, size_t threads,
                                                bool raw, Monitor* monitor);

// In two steps, between which the caller allocates an output of sizes()[i] bytes for each item. Errors name the first
// item at fault. limits.max_output_size is for all outputs together, max_memory for all threads together.
class ManyDecoder {
 public:
  // `raw_sizes` is empty for frames.
  ManyDecoder(std::vector<base::ByteSpan> items, std::vector<uint64_t> raw_sizes, const Limits& limits,
              size_t threads, Monitor* monitor);

  const std::vector<uint64_t>& sizes() const { return sizes_; }
  void decode(const std::vector<base::MutableByteSpan>& outputs, Monitor* monitor);

 private:
  std::vector<base::ByteSpan> items_;
  bool raw_;
  Limits limits_;
  size_t threads_;
  std::vector<Contents> contents_;  // of frames
  std::vector<uint64_t> sizes_;
};

}  // namespace fastnz::codec

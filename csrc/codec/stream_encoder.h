// A frame made piece by piece. Blocks are cut at the block size and where flush() is called, nowhere else, so any
// cutting of the input into pieces gives the same bytes, and so does any number of threads. A stream that ends within
// its first block gives exactly what compress() gives.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/span.h"
#include "codec/compress.h"
#include "codec/frame_writer.h"
#include "codec/monitor.h"

namespace fastnz::codec {

class StreamEncoder {
 public:
  // options.content_size is ignored; `content_size` is what the caller promises to feed, if it knows.
  StreamEncoder(const CompressOptions& options, std::optional<uint64_t> content_size);

  // Each appends what is ready to *out. After an exception other than kInvalidArgument the encoder is unusable.
  void feed(base::ByteSpan content, std::vector<uint8_t>* out, Monitor* monitor);
  void flush(std::vector<uint8_t>* out, Monitor* monitor);   // ends the block: all input so far can be decoded
  void finish(std::vector<uint8_t>* out, Monitor* monitor);  // ends the frame

 private:
  void require_usable() const;
  void begin_if_needed(std::vector<uint8_t>* out);
  void encode(size_t blocks, std::vector<uint8_t>* out, Monitor* monitor);

  CompressOptions options_;
  const Level level_;
  size_t block_size_;
  std::optional<uint64_t> promised_;
  uint64_t total_ = 0;
  std::vector<uint8_t> pending_;  // content not coded yet
  FrameWriter writer_;
  bool begun_ = false;
  bool busy_ = false;  // still set when work ended with an exception
  bool finished_ = false;
};

}  // namespace fastnz::codec

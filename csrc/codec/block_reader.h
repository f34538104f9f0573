// Random access: finds every block of a file through the indexes at its end, or by walking its headers where a frame
// has none, and decodes single blocks. Reads through a callback; keeps no content. Safe to share between threads if the
// callback is.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/span.h"
#include "codec/device_choice.h"
#include "codec/limits.h"
#include "codec/monitor.h"

namespace fastnz::codec {

class BlockReader {
 public:
  // Returns exactly `size` bytes from `offset`, or fewer where the file ends sooner than it said.
  using ReadAt = std::function<std::vector<uint8_t>(uint64_t offset, uint64_t size)>;

  struct Block {
    uint64_t offset = 0;  // of its header; of the frame for a compact one
    uint64_t size = 0;    // header and body; the whole frame for a compact one
    uint64_t content_offset = 0;
    uint32_t content_size = 0;
    uint32_t seed = 0;
    bool compact = false;
  };

  BlockReader(ReadAt read_at, uint64_t size, const Limits& limits, DeviceChoice device = {});

  uint64_t content_size() const { return content_size_; }
  const std::vector<Block>& blocks() const { return blocks_; }
  bool used_index() const { return used_index_; }  // for the whole file
  size_t block_of(uint64_t position) const;        // Precondition: position < content_size()

  // Proves and decodes block k. `allocate` returns room for content that the block's bytes can make.
  void read_block(size_t k, const std::function<base::MutableByteSpan(uint64_t)>& allocate, Monitor* monitor) const;

 private:
  struct Frame {
    std::vector<Block> blocks;
  };

  std::vector<uint8_t> read_exactly(uint64_t offset, uint64_t size, const char* what) const;
  bool read_indexed_frame(uint64_t end, uint64_t* begin, Frame* frame) const;
  uint64_t walk_frame(uint64_t offset, uint64_t end, Frame* frame) const;
  uint64_t walk_full(uint64_t offset, uint64_t end, Frame* frame) const;
  void add(const Frame& frame);

  ReadAt read_at_;
  Limits limits_;
  DeviceChoice device_;
  std::vector<Block> blocks_;
  uint64_t content_size_ = 0;
  bool used_index_ = false;
};

}  // namespace fastnz::codec

// Whole buffers in, whole frames out. The bytes depend on the data, the level, the model, the block size and the two
// flags only.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"
#include "codec/device_choice.h"
#include "codec/levels.h"
#include "codec/monitor.h"

namespace fastnz::codec {

struct CompressOptions {
  int level = kDefaultLevel;
  uint64_t model_id = 0;  // of a model file, 0 = the level's own choice
  size_t threads = 1;
  uint64_t block_size = 0;  // 0: the level's own
  bool index = false;
  bool content_size = true;
  DeviceChoice device;
};

// The block size that `requested` means. Throws kInvalidArgument out of range.
uint64_t resolve_block_size(const Level& level, uint64_t requested);

std::vector<uint8_t> compress(base::ByteSpan content, const CompressOptions& options, Monitor* monitor);

// Most bytes that compress() makes of `size` bytes at any level, block size and flags.
uint64_t compress_bound(uint64_t size);

// Raw records: the body alone, without the name of a model that the user named. Content of at most kMaxBlockSize bytes; empty content is no bytes.
std::vector<uint8_t> compress_raw(base::ByteSpan content, const Level& level, Monitor* monitor,
                                  const DeviceChoice& device = {});

}  // namespace fastnz::codec

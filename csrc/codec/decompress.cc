#include "codec/decompress.h"

#include <string>

#include "base/error.h"
#include "codec/block.h"
#include "codec/parallel.h"

namespace fastnz::codec {

void decode_frames(base::ByteSpan in, const Contents& contents, base::MutableByteSpan out, const Limits& limits,
                   const Workers& workers, Monitor* monitor) {
  monitor->set_total(contents.content_size);
  const size_t threads = threads_within(contents.block_memory, workers.threads, limits);
  run_parallel(contents.blocks.size(), threads, monitor, [&](size_t k) {
    const BlockRef& block = contents.blocks[k];
    const base::MutableByteSpan made =
        out.subspan(static_cast<size_t>(block.content_offset), block.content_size);
    decode_body(in.subspan(static_cast<size_t>(block.offset), block.body_size), made, limits, block.offset, monitor,
                {contents.blocks.size() == 1 ? threads : 1, workers.device});
    require_hash(made, block.content_hash, block.hash_bits, block.offset);
  });
}

void check_raw(base::ByteSpan in, uint64_t size, const Limits& limits) {
  if (size == 0) {
    if (!in.empty()) throw base::Error(base::ErrorKind::kCorrupt, "raw record: bytes where no content is expected", 0);
    return;
  }
  if (in.empty()) throw base::Error(base::ErrorKind::kTruncated, "raw record: it is empty", 0);
  if (size > format::kMaxBlockSize)
    throw base::Error(base::ErrorKind::kInvalidArgument,
                      "a raw record holds at most " + std::to_string(format::kMaxBlockSize) + " bytes, not " +
                          std::to_string(size));
  require_output(size, limits, 0);
  require_memory(body_memory(in, size, 0), limits, 0);
}

void decompress_raw(base::ByteSpan in, base::MutableByteSpan out, const Limits& limits, Monitor* monitor,
                    const DeviceChoice& device) {
  if (out.empty()) return;
  decode_body(in, out, limits, 0, monitor, {1, device});
}

}  // namespace fastnz::codec

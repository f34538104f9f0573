#include "codec/many.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "codec/block.h"
#include "codec/compress.h"
#include "codec/decompress.h"
#include "codec/parallel.h"

namespace fastnz::codec {
namespace {

using base::Error;

template <typename Work>
auto naming_item(size_t i, Work&& work) {
  try {
    return work();
  } catch (const Error& error) {
    throw Error(error.kind(), "item " + std::to_string(i) + ": " + error.what(), error.offset());
  }
}

}  // namespace

std::vector<std::vector<uint8_t>> compress_many(const std::vector<base::ByteSpan>& items, int level, size_t threads,
                                                bool raw, Monitor* monitor) {
  CompressOptions options;
  options.level = find_level(level).level;
  std::vector<std::vector<uint8_t>> made(items.size());
  run_parallel(items.size(), threads, monitor, [&](size_t i) {
    made[i] = naming_item(i, [&] {
      return raw ? compress_raw(items[i], level, monitor) : compress(items[i], options, monitor);
    });
  });
  return made;
}

ManyDecoder::ManyDecoder(std::vector<base::ByteSpan> items, std::vector<uint64_t> raw_sizes, const Limits& limits,
                         size_t threads, Monitor* monitor)
    : items_(std::move(items)), raw_(!raw_sizes.empty()), limits_(limits), threads_(threads) {
  std::vector<uint64_t> memory(items_.size());
  sizes_.resize(items_.size());
  if (!raw_) contents_.resize(items_.size());
  run_parallel(items_.size(), threads, monitor, [&](size_t i) {
    naming_item(i, [&] {
      if (raw_) {
        check_raw(items_[i], raw_sizes[i], limits_);
        sizes_[i] = raw_sizes[i];
        if (sizes_[i] != 0) memory[i] = body_memory(items_[i], sizes_[i], 0);
      } else {
        contents_[i] = read_frames(items_[i], limits_, Proof::kAll);
        sizes_[i] = contents_[i].content_size;
        memory[i] = contents_[i].block_memory;
      }
      monitor->tick(0);
    });
  });
  uint64_t total = 0, largest = 0;
  for (size_t i = 0; i < sizes_.size(); ++i) {
    total += sizes_[i];
    largest = std::max(largest, memory[i]);
    naming_item(i, [&] { require_output(total, limits_, Error::kNoOffset); });
  }
  threads_ = threads_within(largest, threads, limits_);
}

void ManyDecoder::decode(const std::vector<base::MutableByteSpan>& outputs, Monitor* monitor) {
  run_parallel(items_.size(), threads_, monitor, [&](size_t i) {
    naming_item(i, [&] {
      if (raw_) {
        decompress_raw(items_[i], outputs[i], limits_, monitor);
      } else {
        decode_frames(items_[i], contents_[i], outputs[i], limits_, 1, monitor);
      }
    });
  });
}

}  // namespace fastnz::codec

// Lists of small buffers: each one is a frame or a raw record of its own, with the bytes that it would have alone.
// Those whose models can are coded in lanes (lockstep.h), the rest one by one, all shared out over threads.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"
#include "codec/compress.h"
#include "codec/frame_reader.h"
#include "codec/limits.h"
#include "codec/monitor.h"
#include "format/body.h"
#include "models/registry.h"

namespace fastnz::codec {

struct ManyOptions {
  int level = kDefaultLevel;
  uint64_t model_id = 0;  // of a model file, 0 = the level's own choice
  size_t threads = 1;
  bool raw = false;
  uint64_t max_memory = ~uint64_t{0};  // for the models of all lanes together; each thread has at least one
  DeviceChoice device;
};

std::vector<std::vector<uint8_t>> compress_many(const std::vector<base::ByteSpan>& items, const ManyOptions& options,
                                                Monitor* monitor);

// In two steps, between which the caller allocates an output of sizes()[i] bytes for each item. Errors name the first
// item at fault. limits.max_output_size is for all outputs together, max_memory for all threads and lanes together.
class ManyDecoder {
 public:
  // `raw_sizes` is empty for frames; `model_id` is for raw records only: that of the model they were made with, or 0.
  ManyDecoder(std::vector<base::ByteSpan> items, std::vector<uint64_t> raw_sizes, uint64_t model_id,
              const Limits& limits, const Workers& workers, Monitor* monitor);

  const std::vector<uint64_t>& sizes() const { return sizes_; }
  void decode(const std::vector<base::MutableByteSpan>& outputs, Monitor* monitor);

 private:
  struct OpenItem {
    const models::ModelRow* model = nullptr;  // null: not one for lanes
    format::Body body;
  };
  void decode_window(size_t begin, size_t end, const std::vector<base::MutableByteSpan>& outputs, Monitor* monitor);
  bool open_for_lanes(size_t i, OpenItem* open) const;
  void decode_alone(size_t i, base::MutableByteSpan out, Monitor* monitor) const;
  void finish_item(size_t i, const format::Body& body, bool whole, std::vector<uint8_t> residual,
                   base::MutableByteSpan out, Monitor* monitor) const;

  std::vector<base::ByteSpan> items_;
  bool raw_;
  Limits limits_;
  size_t threads_;
  DeviceChoice device_;
  std::vector<Contents> contents_;           // of frames
  std::vector<std::vector<uint8_t>> named_;  // raw records with the name of their model
  std::vector<uint64_t> sizes_;
};

}  // namespace fastnz::codec

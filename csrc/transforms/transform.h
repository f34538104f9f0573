// The table of transforms: reversible rewriting of a block before its model sees it. One row per transform, found by
// the id in a block body. Every inverse is exact for whatever its forward made and bounds-checked for anything else:
// hostile side data gives an Error, never a wild access. Knows no model, coder or frame. FORMAT.md section 6.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/span.h"
#include "transforms/pause.h"

namespace fastnz::transforms {

struct TransformRow {
  uint8_t id;  // stored; never reused
  const char* name;
  // Encoder side. Returns false when the transform would not help; `out` and `side` are then unspecified.
  bool (*forward)(base::ByteSpan in, std::vector<uint8_t>* out, std::vector<uint8_t>* side);
  // The most bytes that inverse() can make of `in_size` bytes and `side_size` bytes of side data; saturates.
  uint64_t (*max_output)(uint64_t in_size, uint64_t side_size);
  // Fills `out`, whose size is that of forward's input. Throws base::Error(kCorrupt; kTruncated where side data ends
  // inside a number).
  // Calls `pause` now and then if side data can make it take seconds.
  void (*inverse)(base::ByteSpan in, base::ByteSpan side, base::MutableByteSpan out, const Pause& pause);
  // Only tried where a level or a model asks for it: it serves some models and harms others.
  bool on_request = false;
  // The most side data that inverse() is given, if it is worth a model of its own (codec/side_data.h); 0: it is stored.
  uint64_t most_coded_side = 0;
  // What inverse() takes beyond its input, its side data and its output.
  uint64_t inverse_memory = 0;
};

// In the order in which an encoder tries them.
std::span<const TransformRow> transform_rows() noexcept;
const TransformRow* find_transform(uint8_t id) noexcept;
const TransformRow* find_transform(std::string_view name) noexcept;

}  // namespace fastnz::transforms

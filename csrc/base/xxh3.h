// XXH3, 64-bit, seed 0, default secret: the content hash of a frame. One-shot and streaming give the same value for
// any cut of the input. Source: the XXH3 specification (doc/xxhash_spec.md of the xxHash project, algorithm version
// 0.8), implemented here from that text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/span.h"

namespace fastnz::base {

uint64_t xxh3_64(ByteSpan bytes) noexcept;

class Xxh3Stream {
 public:
  Xxh3Stream() noexcept;
  void update(ByteSpan bytes) noexcept;
  uint64_t digest() const noexcept;  // of everything so far; more may follow

 private:
  static constexpr size_t kBufferSize = 256;  // four stripes; also holds every input of the short forms (<= 240)

  std::array<uint64_t, 8> accumulators_;
  std::array<uint8_t, kBufferSize> buffer_{};
  size_t buffered_ = 0;
  size_t stripes_in_block_ = 0;
  uint64_t total_ = 0;
};

}  // namespace fastnz::base

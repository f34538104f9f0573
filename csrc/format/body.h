// The body of a block: what a raw record is, and what compact frames and blocks wrap. FORMAT.md section 5.
//   descriptor | more options? | options | transforms? | side data | coded or stored bytes
// Knows how the bytes are laid out, not what options or side data mean.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"
#include "format/layout.h"

namespace fastnz::format {

struct BodyTransform {
  uint8_t id = 0;
  uint64_t output_size = 0;  // bytes after the forward transform
  base::ByteSpan side;
};

struct Body {
  uint8_t model_id = kStoredModel;
  base::ByteSpan options;
  std::vector<BodyTransform> transforms;  // in the order in which the encoder applied them
  uint64_t residual_size = 0;             // bytes that the model codes, or that are stored
  base::ByteSpan payload;
};

void append_body(std::vector<uint8_t>* out, const Body& body);

// Throws Error(kCorrupt) on anything append_body would not write, kTruncated where it ends too early. `offset` is the
// body's place, for messages.
Body read_body(base::ByteSpan in, uint64_t content_size, uint64_t offset);

}  // namespace fastnz::format

// A skippable frame carries metadata that no decoder of fastnz reads: magic, tag, size, CRC32C of these; payload;
// CRC32C of the payload. FORMAT.md section 4.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"
#include "format/layout.h"

namespace fastnz::format {

struct SkippableHeader {
  uint8_t tag = 0;  // whose metadata it is; any value
  uint64_t payload_size = 0;
  uint32_t crc = 0;

  uint64_t frame_size() const { return kSkippableHeaderSize + payload_size + kSkippableTrailerSize; }
};

void append_skippable_frame(std::vector<uint8_t>* out, base::ByteSpan payload, uint8_t tag);

// Exactly the header's 16 bytes. Throws kCorrupt.
SkippableHeader read_skippable_header(base::ByteSpan in, uint64_t offset);
// Exactly the frame. Throws kCorrupt.
base::ByteSpan read_skippable_payload(base::ByteSpan in, const SkippableHeader& header, uint64_t offset);
// The frame's last four bytes against the CRC of its payload, begun from the header's. Throws kCorrupt.
void check_skippable_payload(base::ByteSpan trailer, uint32_t crc, uint64_t offset);

}  // namespace fastnz::format

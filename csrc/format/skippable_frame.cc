#include "format/skippable_frame.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/error.h"

namespace fastnz::format {

void append_skippable_frame(std::vector<uint8_t>* out, base::ByteSpan payload, uint8_t tag) {
  if (payload.size() > kMaxSkippablePayload)
    throw base::Error(base::ErrorKind::kInvalidArgument, "a skippable frame holds at most 4,294,967,295 bytes");
  uint8_t header[kSkippableHeaderSize] = {};
  std::copy(kSkippableMagic.begin(), kSkippableMagic.end(), header);
  header[3] = tag;
  base::store_le<uint64_t>(header + 4, payload.size());
  const uint32_t crc = base::crc32c(base::ByteSpan(header, 12));
  base::store_le<uint32_t>(header + 12, crc);
  out->insert(out->end(), header, header + kSkippableHeaderSize);
  out->insert(out->end(), payload.begin(), payload.end());
  base::ByteWriter(out).write_u32(base::crc32c(payload, crc));
}

SkippableHeader read_skippable_header(base::ByteSpan in, uint64_t offset) {
  SkippableHeader header;
  header.crc = base::load_le<uint32_t>(in.data() + 12);
  if (base::crc32c(in.first(12)) != header.crc)
    throw base::Error(base::ErrorKind::kCorrupt, "skippable frame: its header's CRC32C does not fit", offset);
  header.tag = in[3];
  header.payload_size = base::load_le<uint64_t>(in.data() + 4);
  if (header.payload_size > kMaxSkippablePayload)
    throw base::Error(base::ErrorKind::kCorrupt, "skippable frame: its size is impossible", offset + 4);
  return header;
}

base::ByteSpan read_skippable_payload(base::ByteSpan in, const SkippableHeader& header, uint64_t offset) {
  const base::ByteSpan payload = in.subspan(kSkippableHeaderSize, static_cast<size_t>(header.payload_size));
  check_skippable_payload(in.last(kSkippableTrailerSize), base::crc32c(payload, header.crc), offset);
  return payload;
}

void check_skippable_payload(base::ByteSpan trailer, uint32_t crc, uint64_t offset) {
  if (crc != base::load_le<uint32_t>(trailer.data()))
    throw base::Error(base::ErrorKind::kCorrupt, "skippable frame: its payload's CRC32C does not fit", offset);
}

}  // namespace fastnz::format

#include "format/compact_frame.h"

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/error.h"

namespace fastnz::format {

void append_compact_frame(std::vector<uint8_t>* out, uint64_t content_size, base::ByteSpan body,
                          uint64_t content_hash) {
  const size_t begin = out->size();
  out->insert(out->end(), kCompactMagic.begin(), kCompactMagic.end());
  base::ByteWriter(out).write_varint(content_size);
  base::ByteWriter(out).write_varint(body.size());
  out->insert(out->end(), body.begin(), body.end());
  base::ByteWriter(out).write_u32(static_cast<uint32_t>(content_hash));
  base::ByteWriter(out).write_u32(base::crc32c(base::ByteSpan(*out).subspan(begin)));
}

std::optional<CompactHeader> read_compact_header(base::ByteSpan in, uint64_t offset) {
  // Sizes have at most 17 bits: a varint that is still open after three bytes is damaged, not merely short.
  size_t at = kMagicSize;
  for (int field = 0; field < 2; ++field) {
    size_t length = 1;
    while (length <= 3 && at + length <= in.size() && (in[at + length - 1] & 0x80)) ++length;
    if (length > 3)
      throw base::Error(base::ErrorKind::kCorrupt, "compact frame: a size of more than 21 bits", offset + at);
    if (at + length > in.size()) return std::nullopt;
    at += length;
  }
  base::ByteReader reader(in.first(at), offset);
  reader.skip(kMagicSize, "magic");
  CompactHeader header;
  header.content_size = reader.read_varint("content size");
  header.body_size = reader.read_varint("body size");
  header.header_size = at;
  if (header.content_size > kMaxCompactContent || header.body_size == 0 || header.body_size > header.content_size + 1)
    throw base::Error(base::ErrorKind::kCorrupt,
                      "compact frame: a body of " + std::to_string(header.body_size) + " bytes for " +
                          std::to_string(header.content_size) + " bytes of content",
                      offset + kMagicSize);
  return header;
}

CompactFrame read_compact_frame(base::ByteSpan in, const CompactHeader& header, uint64_t offset) {
  const size_t body_end = header.header_size + static_cast<size_t>(header.body_size);
  if (base::crc32c(in.first(body_end + 4)) != base::load_le<uint32_t>(in.data() + body_end + 4))
    throw base::Error(base::ErrorKind::kCorrupt, "compact frame: its CRC32C does not fit, so it was damaged", offset);
  CompactFrame frame;
  frame.body = in.subspan(header.header_size, static_cast<size_t>(header.body_size));
  frame.content_hash = base::load_le<uint32_t>(in.data() + body_end);
  return frame;
}

}  // namespace fastnz::format

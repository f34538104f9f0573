// The parts of ByteReader that can fail.
#include "base/bytes.h"

namespace fastnz::base {

ByteSpan ByteReader::read_bytes(size_t size, const char* field) {
  if (size > remaining()) {
    throw Error(ErrorKind::kTruncated,
                std::string("input ends inside the ") + field + " at byte " + std::to_string(offset()) + ": needs " +
                    std::to_string(size) + " bytes, " + std::to_string(remaining()) + " left",
                offset());
  }
  const ByteSpan bytes = in_.subspan(position_, size);
  position_ += size;
  return bytes;
}

uint64_t ByteReader::read_varint(const char* field) {
  const uint64_t start = offset();
  uint64_t value = 0;
  for (size_t i = 0; i < kMaxVarintBytes; ++i) {
    const uint8_t byte = read_u8(field);
    const uint64_t bits = byte & 0x7Fu;
    if (i == kMaxVarintBytes - 1 && byte > 1) break;  // bit 64 and above
    value |= bits << (7 * i);
    if (byte & 0x80u) continue;
    if (bits == 0 && i > 0)
      throw Error(ErrorKind::kCorrupt,
                  std::string("the ") + field + " at byte " + std::to_string(start) + " is not in its shortest form",
                  start);
    return value;
  }
  throw Error(ErrorKind::kCorrupt,
              std::string("the ") + field + " at byte " + std::to_string(start) + " is larger than 64 bits", start);
}

}  // namespace fastnz::base

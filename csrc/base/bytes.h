// Little-endian integers and LEB128 varints in bytes. Stores are unchecked (the caller owns the room); reads through
// ByteReader are bounds-checked and throw the error its owner chose. Knows no format.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/span.h"

namespace fastnz::base {

static_assert(std::endian::native == std::endian::little || std::endian::native == std::endian::big);

template <typename T>
inline T to_little(T value) {
  if constexpr (std::endian::native == std::endian::little) {
    return value;
  } else {
    T swapped = 0;
    for (size_t i = 0; i < sizeof(T); ++i) swapped = static_cast<T>((swapped << 8) | ((value >> (8 * i)) & 0xFF));
    return swapped;
  }
}

template <typename T>
inline T load_le(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return to_little(value);
}
template <typename T>
inline void store_le(uint8_t* to, T value) {
  value = to_little(value);
  std::memcpy(to, &value, sizeof value);
}

inline uint16_t load_le16(const uint8_t* from) { return load_le<uint16_t>(from); }
inline uint32_t load_le24(const uint8_t* from) { return load_le16(from) | static_cast<uint32_t>(from[2]) << 16; }
inline uint32_t load_le32(const uint8_t* from) { return load_le<uint32_t>(from); }
inline uint64_t load_le64(const uint8_t* from) { return load_le<uint64_t>(from); }
inline void store_le16(uint8_t* to, uint16_t value) { store_le(to, value); }
inline void store_le32(uint8_t* to, uint32_t value) { store_le(to, value); }
inline void store_le64(uint8_t* to, uint64_t value) { store_le(to, value); }

template <typename T>
inline void append_le(std::vector<uint8_t>* out, T value) {
  const size_t at = out->size();
  out->resize(at + sizeof value);
  store_le(out->data() + at, value);
}
inline void append_le32(std::vector<uint8_t>* out, uint32_t value) { append_le(out, value); }
inline void append_le64(std::vector<uint8_t>* out, uint64_t value) { append_le(out, value); }

// LEB128: seven bits a byte, least significant first, always the shortest form.
inline void append_varint(std::vector<uint8_t>* out, uint64_t value) {
  while (value >= 0x80) {
    out->push_back(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<uint8_t>(value));
}
inline size_t varint_size(uint64_t value) { return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7; }

class ByteReader {
 public:
  // `what` names the bytes in messages; `offset` is where they begin in the compressed input (or Error::kNoOffset).
  explicit ByteReader(ByteSpan in, ErrorKind short_kind = ErrorKind::kCorrupt, const char* what = "side data",
                      uint64_t offset = Error::kNoOffset)
      : in_(in), what_(what), offset_(offset), short_kind_(short_kind) {}

  bool at_end() const { return at_ == in_.size(); }
  size_t position() const { return at_; }
  size_t remaining() const { return in_.size() - at_; }

  ByteSpan read_bytes(uint64_t count) {
    if (count > remaining())
      fail(short_kind_, std::to_string(count) + " bytes are wanted, " + std::to_string(remaining()) + " are left");
    const ByteSpan bytes = in_.subspan(at_, static_cast<size_t>(count));
    at_ += static_cast<size_t>(count);
    return bytes;
  }
  uint8_t read_u8() { return read_bytes(1)[0]; }
  uint32_t read_le24() { return load_le24(read_bytes(3).data()); }
  uint32_t read_le32() { return load_le32(read_bytes(4).data()); }
  uint64_t read_le64() { return load_le64(read_bytes(8).data()); }

  // Refuses what append_varint would not write: more than 64 bits, or a longer form than needed.
  uint64_t read_varint() {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const uint8_t byte = read_u8();
      if (shift == 63 && byte > 1) fail(ErrorKind::kCorrupt, "a number has more than 64 bits");
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) {
        if (byte == 0 && shift != 0) fail(ErrorKind::kCorrupt, "a number is not in its shortest form");
        return value;
      }
    }
  }

 private:
  [[noreturn]] void fail(ErrorKind kind, const std::string& message) const {
    throw Error(kind, std::string(what_) + ": " + message, offset_ == Error::kNoOffset ? offset_ : offset_ + at_);
  }

  ByteSpan in_;
  size_t at_ = 0;
  const char* what_;
  uint64_t offset_;
  ErrorKind short_kind_;
};

}  // namespace fastnz::base

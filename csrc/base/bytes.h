// Reading and writing little-endian integers and LEB128 varints, bounds-checked. Invariant: a ByteReader never looks
// outside its span; what is missing is an Error that names the field, the byte offset and the number of bytes lacking.
// A varint has exactly one accepted form: the shortest, at most ten bytes, below 2^64.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/span.h"

namespace fastnz::base {

static_assert(std::endian::native == std::endian::little, "fastnz supports little-endian machines only");

inline constexpr size_t kMaxVarintBytes = 10;

template <typename T>
inline T load_le(const uint8_t* p) noexcept {
  T value;
  std::memcpy(&value, p, sizeof(T));
  return value;
}

template <typename T>
inline void store_le(uint8_t* p, T value) noexcept {
  std::memcpy(p, &value, sizeof(T));
}

inline constexpr size_t varint_size(uint64_t value) noexcept {
  return value == 0 ? 1 : (static_cast<size_t>(std::bit_width(value)) + 6) / 7;
}

class ByteReader {
 public:
  // `origin` is the offset of in[0] within the whole compressed input; errors are reported relative to that input.
  explicit ByteReader(ByteSpan in, uint64_t origin = 0) : in_(in), origin_(origin) {}

  uint8_t read_u8(const char* field) { return read_le<uint8_t>(field); }
  uint16_t read_u16(const char* field) { return read_le<uint16_t>(field); }
  uint32_t read_u32(const char* field) { return read_le<uint32_t>(field); }
  uint64_t read_u64(const char* field) { return read_le<uint64_t>(field); }
  uint64_t read_varint(const char* field);
  ByteSpan read_bytes(size_t size, const char* field);
  void skip(size_t size, const char* field) { read_bytes(size, field); }

  size_t position() const noexcept { return position_; }
  size_t remaining() const noexcept { return in_.size() - position_; }
  uint64_t offset() const noexcept { return origin_ + position_; }  // of the next byte, in the whole input

 private:
  template <typename T>
  T read_le(const char* field) {
    return load_le<T>(read_bytes(sizeof(T), field).data());
  }

  ByteSpan in_;
  uint64_t origin_;
  size_t position_ = 0;
};

class ByteWriter {
 public:
  explicit ByteWriter(std::vector<uint8_t>* out) : out_(out) {}

  void write_u8(uint8_t value) { out_->push_back(value); }
  void write_u16(uint16_t value) { write_le(value); }
  void write_u32(uint32_t value) { write_le(value); }
  void write_u64(uint64_t value) { write_le(value); }
  void write_varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_->push_back(static_cast<uint8_t>(value | 0x80));
    out_->push_back(static_cast<uint8_t>(value));
  }
  void write_bytes(ByteSpan bytes) { out_->insert(out_->end(), bytes.begin(), bytes.end()); }

  size_t size() const noexcept { return out_->size(); }

 private:
  template <typename T>
  void write_le(T value) {
    uint8_t raw[sizeof(T)];
    store_le(raw, value);
    out_->insert(out_->end(), raw, raw + sizeof(T));
  }

  std::vector<uint8_t>* out_;
};

}  // namespace fastnz::base

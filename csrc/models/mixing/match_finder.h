// Where the latest bytes were last seen, for the models that follow a match. In three steps, one byte apart, so that no
// byte waits for memory: fetch the table's cell, read it and fetch the bytes it points to, compare them. A match is thus
// found two bytes late, which the short hash makes up for.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "models/mixing/history.h"
#include "models/mixing/zeroed_buffer.h"

namespace fastnz::models {

class MatchFinder {
 public:
  MatchFinder(uint64_t entries, uint32_t most) : entries_(entries), most_(most), table_(entries * sizeof(uint32_t)) {}

  // Once per byte, after it has entered the history: takes the length of the match that has foretold it, 0 if none has,
  // and returns the length of the match for the next byte, at most `most`.
  uint32_t find(const History& history, uint32_t length) noexcept {
    const uint64_t size = history.size;
    const uint8_t* const bytes = history.bytes.data();
    if (length != 0) {
      ++position_;
      length = std::min(length + 1, most_);
    } else if (candidate_ != 0) {
      position_ = candidate_ + uint64_t{1};
      length = common_end(bytes, position_, size);
      if (length < kLeast) length = 0;
    }
    candidate_ = 0;
    if (cell_ != nullptr) {
      candidate_ = *cell_;
      if (candidate_ != 0) {
        ++candidate_;
        __builtin_prefetch(bytes + candidate_);
      }
      *cell_ = static_cast<uint32_t>(size - 1);
      cell_ = nullptr;
    }
    if (size >= kHashBytes) {
      cell_ = reinterpret_cast<uint32_t*>(table_.data()) + (hash2(history.c4, history.c8 & 0xFF) & (entries_ - 1));
      __builtin_prefetch(cell_);
    }
    expected_byte_ = length != 0 && position_ < size ? bytes[position_] : -1;
    return length;
  }

  int expected_byte() const noexcept { return expected_byte_; }  // or -1

  // The cell that find() will write next; null if none.
  uint32_t* pending_cell() noexcept { return cell_; }
  // What comes next follows from nothing before it, but may match it.
  void begin_anew() noexcept {
    cell_ = nullptr;
    candidate_ = 0;
    expected_byte_ = -1;
  }

 private:
  static constexpr uint32_t kLeast = 6, kSearch = 64;

  // Equal bytes before a and before b, a < b, at most kSearch. Eight at a time where that many are there.
  static uint32_t common_end(const uint8_t* bytes, uint64_t a, uint64_t b) noexcept {
    uint32_t length = 0;
    if (a >= kSearch && std::endian::native == std::endian::little) {
      for (; length < kSearch; length += 8) {
        uint64_t x, y;
        std::memcpy(&x, bytes + a - length - 8, 8);
        std::memcpy(&y, bytes + b - length - 8, 8);
        if (x != y) return length + static_cast<uint32_t>(std::countl_zero(x ^ y)) / 8;
      }
      return length;
    }
    while (length < kSearch && length < a && bytes[a - 1 - length] == bytes[b - 1 - length]) ++length;
    return length;
  }
  static constexpr uint64_t kHashBytes = 5;

  uint64_t entries_;  // a power of two
  uint32_t most_;
  ZeroedBuffer table_;        // hash of the last kHashBytes bytes -> position after them
  uint32_t* cell_ = nullptr;  // of the hash one byte ago
  uint32_t candidate_ = 0;    // where the hash of two bytes ago was last seen, moved along
  uint64_t position_ = 0;
  int expected_byte_ = -1;
};

}  // namespace fastnz::models

// What networks know of the past besides their state: four hashed keys (feature set 1, docs/gru8.md section 2).
// Invariant: a function of the bytes pushed, all arithmetic modulo 2^32.
#pragma once

#include <array>
#include <cstdint>

namespace fastnz::models {

inline constexpr int kFeatureTables = 4;  // K of feature set 1

class ByteFeatures {
 public:
  void push(uint32_t byte) noexcept {
    last_ = last_ << 8 | byte;
    const bool upper = byte - 'A' < 26, lower = byte - 'a' < 26;
    if (upper || lower || byte >= 128) {
      word_ = (in_word_ ? word_ * kWordMultiplier : 0) + (upper ? byte + 32 : byte);
      key3_ = word_;
      in_word_ = true;
    } else {
      key3_ = word_ * kWordMultiplier + byte;
      in_word_ = false;
    }
  }

  // The row of each table of 2^bits rows.
  std::array<uint32_t, kFeatureTables> rows(int bits) const noexcept {
    const uint32_t keys[] = {last_ & 0xFFFFu, last_ & 0xFFFFFFu, last_, key3_};
    std::array<uint32_t, kFeatureTables> found{};
    for (size_t k = 0; k < found.size(); ++k) {
      const uint32_t t = keys[k] * kMultipliers[k];
      found[k] = ((t ^ t >> 15) * 0x2C1B3C6Du) >> (32 - bits);
    }
    return found;
  }

 private:
  static constexpr uint32_t kWordMultiplier = 0x2F0B4C47u;
  static constexpr uint32_t kMultipliers[kFeatureTables] = {0x9E3779B1u, 0x85EBCA77u, 0xC2B2AE3Du, 0x27D4EB2Fu};

  uint32_t last_ = 0, word_ = 0, key3_ = 0;
  bool in_word_ = false;
};

}  // namespace fastnz::models

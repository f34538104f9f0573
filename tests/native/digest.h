// What the native self-test's parts share: a deterministic generator of inputs and a digest over results.
#pragma once

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>

#include "base/xxh3.h"

namespace fastnz::selftest {

// SplitMix64: the same numbers everywhere, independent of any standard library.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  uint32_t below(uint32_t bound) { return static_cast<uint32_t>(((next() >> 32) * bound) >> 32); }

 private:
  uint64_t state_;
};

// XXH3-64 of everything added, as sixteen hexadecimal digits.
class Digest {
 public:
  template <typename T>
  void add(std::span<T> values) {
    stream_.update({reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()});
  }
  template <typename T>
  void add_value(T value) {
    add(std::span<const T>(&value, 1));
  }
  std::string hex() const {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(stream_.digest()));
    return text;
  }

 private:
  base::Xxh3Stream stream_;
};

}  // namespace fastnz::selftest

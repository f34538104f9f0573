// Sizes and rates that the mixers on nibble trees have in common (docs/nibble_mix.md, sections 1 and 3).
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace fastnz::models {

inline constexpr uint64_t kNibbleLineBytes = 64;
inline constexpr uint32_t kNibbleTrees = 17;      // of a direct context: the first nibble, then by the first nibble
inline constexpr uint32_t kNibbleMatchMost = 500;  // to which a match's length counts

// Bytes of lines, a power of two. A context claims at most a line a byte, most of them in small contents; in large ones
// contexts recur.
inline uint64_t nibble_line_bytes(int contexts, uint64_t content_size, uint64_t most) {
  const uint64_t start = std::min<uint64_t>(content_size, 1 << 16), rest = std::min(content_size - start, most);
  const uint64_t wanted = std::max<uint64_t>((start * 24 + rest * 12) * static_cast<uint64_t>(contexts), 1 << 13);
  return std::min(std::bit_floor(wanted), most);
}

// Entries of the match finder's table, a power of two.
inline uint64_t nibble_match_entries(uint64_t content_size) {
  return std::min(std::bit_ceil(std::max<uint64_t>(content_size, 512)) * 2, uint64_t{1} << 22);
}

// Fast at first, then settling: 0.6 + 5 / (1 + bytes / 1024), q9.
inline int32_t nibble_learning_rate_q9(uint64_t bytes) {
  return 308 + static_cast<int32_t>(2560 * 1024 / (1024 + bytes));
}

}  // namespace fastnz::models

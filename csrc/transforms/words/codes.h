// Which bytes stand for what: the layout that `words` writes ahead of its dictionary, and the dictionary itself.
// FORMAT.md section 6.4. Invariant: what read_dictionary() accepts, it holds in bounded memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/span.h"
#include "transforms/words/symbols.h"

namespace fastnz::transforms::words {

inline constexpr size_t kMaxEntry = 16;  // symbols; at least 2
inline constexpr size_t kMaxEntries = size_t{1} << 14;
inline constexpr size_t kMostPrefixes = 96;

struct Layout {
  std::array<bool, 256> kept{};  // byte values that stand for themselves
  size_t prefixes = 0;           // the highest byte values begin codes of two bytes
  bool raw_page = false;         // those of the lowest prefix are bytes that stand for themselves
  size_t entries = 0;

  size_t first_prefix() const { return 256 - prefixes; }
  // Byte values for flags, then for entries, in this order.
  std::vector<uint8_t> free_values() const {
    std::vector<uint8_t> values;
    for (size_t v = 0; v < first_prefix(); ++v)
      if (!kept[v]) values.push_back(static_cast<uint8_t>(v));
    return values;
  }
  size_t pages() const { return prefixes - (raw_page ? 1 : 0); }
};

struct Dictionary {
  Layout layout;
  std::vector<uint8_t> free_values;
  std::vector<Symbol> symbols;   // of all entries
  std::vector<uint32_t> begins;  // [entries + 1]

  size_t short_codes() const { return free_values.size() - kFlags; }  // for entries
};

// The code of a single symbol: itself, a flag's value, or the lowest prefix and itself.
void append_single(std::vector<uint8_t>* out, const Dictionary& dictionary, Symbol symbol);
void append_dictionary(std::vector<uint8_t>* side, const Dictionary& dictionary);
Dictionary read_dictionary(base::ByteSpan side);

}  // namespace fastnz::transforms::words

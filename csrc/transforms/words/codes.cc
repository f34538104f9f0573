#include "transforms/words/codes.h"

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace fastnz::transforms::words {
namespace {

void require(bool condition, const char* what) {
  if (!condition) throw base::Error(base::ErrorKind::kCorrupt, std::string("words transform: ") + what);
}

}  // namespace

void append_single(std::vector<uint8_t>* out, const Dictionary& dictionary, Symbol symbol) {
  if (symbol >= kJoin) {
    out->push_back(dictionary.free_values[symbol - kJoin]);
    return;
  }
  if (!dictionary.layout.kept[symbol]) out->push_back(static_cast<uint8_t>(dictionary.layout.first_prefix()));
  out->push_back(static_cast<uint8_t>(symbol));
}

// Prefixes and raw page, a bit for each byte value that is kept, the number of entries. Then each entry: how many symbols at
// its end it has in common with the one before (high four bits), how many others it has less one, and those, coded as anywhere.
void append_dictionary(std::vector<uint8_t>* side, const Dictionary& dictionary) {
  const Layout& layout = dictionary.layout;
  base::ByteWriter writer(side);
  writer.write_u8(static_cast<uint8_t>(layout.prefixes << 1 | (layout.raw_page ? 1 : 0)));
  for (size_t v = 0; v < 256; v += 8) {
    uint8_t bits = 0;
    for (size_t k = 0; k < 8; ++k) bits = static_cast<uint8_t>(bits | layout.kept[v + k] << k);
    writer.write_u8(bits);
  }
  writer.write_varint(layout.entries);
  for (size_t e = 0; e < layout.entries; ++e) {
    const Symbol* const begin = &dictionary.symbols[dictionary.begins[e]];
    const size_t size = dictionary.begins[e + 1] - dictionary.begins[e];
    size_t common = 0;
    if (e > 0) {  // the entry before ends where this one begins
      const size_t most = std::min<size_t>(size - 1, dictionary.begins[e] - dictionary.begins[e - 1]);
      while (common < most && begin[size - 1 - common] == *(begin - 1 - common)) ++common;
    }
    writer.write_u8(static_cast<uint8_t>(common << 4 | (size - common - 1)));
    for (size_t i = 0; i < size - common; ++i) append_single(side, dictionary, begin[i]);
  }
}

Dictionary read_dictionary(base::ByteSpan side) {
  base::ByteReader reader(side);
  Dictionary dictionary;
  Layout& layout = dictionary.layout;
  const uint8_t first = reader.read_u8("words layout");
  layout.prefixes = first >> 1;
  layout.raw_page = (first & 1) != 0;
  require(layout.prefixes <= kMostPrefixes, "more than 96 prefixes");
  require(!layout.raw_page || layout.prefixes > 0, "no prefix for the other bytes");
  for (size_t v = 0; v < 256; v += 8) {
    const uint8_t bits = reader.read_u8("words layout");
    for (size_t k = 0; k < 8; ++k) layout.kept[v + k] = (bits >> k & 1) != 0;
  }
  for (size_t v = layout.first_prefix(); v < 256; ++v) require(!layout.kept[v], "a prefix stands for itself");
  dictionary.free_values = layout.free_values();
  require(dictionary.free_values.size() >= kFlags, "no values for the flags");
  layout.entries = reader.read_varint("words entries");
  require(layout.entries <= kMaxEntries && layout.entries <= dictionary.short_codes() + 256 * layout.pages(),
          "more entries than codes");
  require(layout.entries <= reader.remaining() / 2, "more entries than bytes");
  std::array<int, 256> symbol_of;  // of a byte in an entry
  for (size_t v = 0; v < 256; ++v) symbol_of[v] = layout.kept[v] ? static_cast<int>(v) : -1;
  for (int f = 0; f < kFlags; ++f) symbol_of[dictionary.free_values[static_cast<size_t>(f)]] = kJoin + f;
  std::vector<Symbol>& symbols = dictionary.symbols;
  dictionary.begins.push_back(0);
  for (size_t e = 0; e < layout.entries; ++e) {
    const uint8_t sizes = reader.read_u8("words entry");
    const size_t common = sizes >> 4, own = (sizes & 15u) + 1, end_before = symbols.size();
    require(common + own <= kMaxEntry && common + own >= 2, "an entry of a size that none has");
    require(e > 0 ? common <= end_before - dictionary.begins[e - 1] : common == 0, "an entry shares more than there is");
    for (size_t i = 0; i < own; ++i) {
      const uint8_t byte = reader.read_u8("words entry");
      if (layout.raw_page && byte == layout.first_prefix()) {
        symbols.push_back(reader.read_u8("words entry"));
        continue;
      }
      require(symbol_of[byte] >= 0, "an entry has a byte that stands for nothing");
      symbols.push_back(static_cast<Symbol>(symbol_of[byte]));
    }
    for (size_t i = end_before - common; i < end_before; ++i) symbols.push_back(symbols[i]);
    dictionary.begins.push_back(static_cast<uint32_t>(symbols.size()));
  }
  require(reader.remaining() == 0, "bytes behind the dictionary");
  return dictionary;
}

}  // namespace fastnz::transforms::words

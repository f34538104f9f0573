#include "transforms/words/words.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>

#include "base/error.h"
#include "transforms/words/merge_pairs.h"
#include "transforms/words/segmenter.h"
#include "transforms/words/symbols.h"
#include "transforms/words/unit_table.h"

namespace fastnz::transforms {
namespace {

using namespace words;

constexpr size_t kLeastContent = 2048;
// An entry that is used twice pays already: it is spelt among its likes, where little of it is left to tell, and the model need not
// learn to spell it (docs/lab.md).
constexpr uint32_t kLeastUses = 2;
constexpr size_t kSample = size_t{1} << 16, kTellingUnit = 4;

// Do units of some length come again? Half of all symbols are in such in any text, hardly any in noise.
bool looks_like_words(base::ByteSpan in) {
  UnitTable units;
  size_t all = 0, again = 0;
  for_each_unit(in.first(std::min(in.size(), kSample)), [&](const Symbol* unit, size_t size) {
    const size_t known = units.size();
    units.count(unit, size);
    all += size;
    if (size >= kTellingUnit && units.size() == known) again += size;
  });
  return 8 * again >= all;
}

// Counts of the pieces that units are cut into.
struct Uses {
  std::vector<uint64_t> entries;
  std::array<uint64_t, kSymbols> singles{};
};

Uses count_uses(const UnitTable& units, const std::vector<Entry>& entries) {
  const Segmenter segmenter(entries);
  Uses uses;
  uses.entries.resize(entries.size());
  for (size_t u = 0; u < units.size(); ++u) {
    const std::span<const Symbol> unit = units.unit(u);
    segmenter.cut(
        unit.data(), unit.size(), [&](uint32_t e) { uses.entries[e] += units.count_of(u); },
        [&](Symbol s) { uses.singles[s] += units.count_of(u); });
  }
  return uses;
}

// An entry whose uses went to longer ones is dropped: its symbols are then cut otherwise.
void drop_seldom_used(const UnitTable& units, std::vector<Entry>* entries) {
  const Uses uses = count_uses(units, *entries);
  size_t kept = 0;
  for (size_t e = 0; e < entries->size(); ++e)
    if (uses.entries[e] >= kLeastUses) entries->at(kept++).swap(entries->at(e));
  entries->resize(kept);
}

bool by_end(const Entry& a, const Entry& b) {
  return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
}

// Bytes that come often are kept, the commonest entries get codes of one byte, the others as few prefixes as will do.
// Both lists are sorted by the ends of words, so that what shares a prefix is alike.
Dictionary lay_out(const Uses& uses, std::vector<Entry>* entries) {
  Dictionary dictionary;
  Layout& layout = dictionary.layout;
  layout.entries = entries->size();
  uint64_t all = std::accumulate(uses.entries.begin(), uses.entries.end(), uint64_t{0});
  all = std::accumulate(uses.singles.begin(), uses.singles.end(), all);
  const auto arrange = [&](size_t prefixes) {
    layout.prefixes = prefixes;
    layout.raw_page = false;
    for (size_t v = 0; v < 256; ++v) {
      layout.kept[v] = v < layout.first_prefix() && uses.singles[v] > all >> 13;
      layout.raw_page = layout.raw_page || (uses.singles[v] != 0 && !layout.kept[v]);
    }
    for (const Entry& entry : *entries)
      for (const Symbol s : entry) layout.raw_page = layout.raw_page || (s < 256 && !layout.kept[s]);
    dictionary.free_values = layout.free_values();
    if (layout.raw_page && prefixes == 0) return false;
    return dictionary.free_values.size() >= kFlags &&
           dictionary.short_codes() + 256 * layout.pages() >= entries->size();
  };
  size_t prefixes = 0;
  while (!arrange(prefixes) && prefixes < kMostPrefixes) ++prefixes;
  std::vector<uint32_t> order(entries->size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return uses.entries[a] != uses.entries[b] ? uses.entries[a] > uses.entries[b] : a < b;
  });
  std::vector<Entry> sorted;
  for (const uint32_t e : order) sorted.push_back(std::move(entries->at(e)));
  const size_t short_codes = std::min(dictionary.short_codes(), sorted.size());
  std::sort(sorted.begin(), sorted.begin() + static_cast<ptrdiff_t>(short_codes), by_end);
  std::sort(sorted.begin() + static_cast<ptrdiff_t>(short_codes), sorted.end(), by_end);
  entries->swap(sorted);
  dictionary.begins.push_back(0);
  for (const Entry& entry : *entries) {
    dictionary.symbols.insert(dictionary.symbols.end(), entry.begin(), entry.end());
    dictionary.begins.push_back(static_cast<uint32_t>(dictionary.symbols.size()));
  }
  return dictionary;
}

[[noreturn]] void corrupt(const std::string& what) {
  throw base::Error(base::ErrorKind::kCorrupt, "words transform: " + what);
}

}  // namespace

bool words_forward(base::ByteSpan in, std::vector<uint8_t>* out, std::vector<uint8_t>* side) {
  if (in.size() < kLeastContent || !looks_like_words(in)) return false;
  UnitTable units;
  for_each_unit(in, [&](const Symbol* unit, size_t size) { units.count(unit, size); });
  std::vector<Entry> entries = merge_pairs(units, kMaxEntries, kLeastUses, kMaxEntry);
  drop_seldom_used(units, &entries);
  const Uses uses = count_uses(units, entries);
  const Dictionary dictionary = lay_out(uses, &entries);
  const Layout& layout = dictionary.layout;
  out->clear();
  side->clear();
  append_dictionary(side, dictionary);
  const Segmenter segmenter(entries);
  const size_t short_codes = dictionary.short_codes();
  for_each_unit(in, [&](const Symbol* unit, size_t size) {
    segmenter.cut(
        unit, size,
        [&](uint32_t e) {
          if (e < short_codes) {
            out->push_back(dictionary.free_values[kFlags + e]);
          } else {
            const size_t page = (e - short_codes) / 256;
            out->push_back(static_cast<uint8_t>(256 - layout.pages() + page));
            out->push_back(static_cast<uint8_t>((e - short_codes) % 256));
          }
        },
        [&](Symbol s) { append_single(out, dictionary, s); });
  });
  return out->size() + side->size() < in.size() / 4 * 3;
}

uint64_t words_max_output(uint64_t in_size, uint64_t) { return in_size * kMaxEntry; }

void words_inverse(base::ByteSpan in, base::ByteSpan side, base::MutableByteSpan out, const Pause&) {
  const Dictionary dictionary = read_dictionary(side);
  const Layout& layout = dictionary.layout;
  // Of each byte that is no prefix: the symbol that it is, or 512 + entry.
  std::array<uint32_t, 256> meaning;
  for (size_t v = 0; v < 256; ++v) meaning[v] = static_cast<uint32_t>(v);
  for (size_t k = 0; k < dictionary.free_values.size(); ++k)
    meaning[dictionary.free_values[k]] = static_cast<uint32_t>(k < kFlags ? kJoin + k : 512 + k - kFlags);
  Restorer restorer;
  size_t written = 0;
  const auto write = [&](Symbol symbol) {
    const int byte = restorer.next(symbol);
    if (byte < 0) return;
    if (written == out.size()) corrupt("more bytes than are declared");
    out[written++] = static_cast<uint8_t>(byte);
  };
  for (size_t i = 0; i < in.size(); ++i) {
    uint32_t what = meaning[in[i]];
    if (in[i] >= layout.first_prefix()) {
      const size_t page = in[i] - layout.first_prefix();
      if (++i == in.size()) corrupt("a code of two bytes lacks its second");
      what = layout.raw_page && page == 0
                 ? in[i]
                 : static_cast<uint32_t>(512 + dictionary.short_codes() + 256 * (page - (layout.raw_page ? 1 : 0)) + in[i]);
    }
    if (what < 512) {
      write(static_cast<Symbol>(what));
      continue;
    }
    const size_t e = what - 512;
    if (e >= layout.entries) corrupt("a code that has no entry");
    for (size_t k = dictionary.begins[e]; k < dictionary.begins[e + 1]; ++k) write(dictionary.symbols[k]);
  }
  if (written != out.size())
    corrupt(std::to_string(written) + " bytes were made, " + std::to_string(out.size()) + " are declared");
}

}  // namespace fastnz::transforms

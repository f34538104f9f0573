// Cuts units into entries of a dictionary and single symbols: into as few as can be, and of those cuts the one whose pieces are
// longest from the left on. A unit is always cut alike.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "transforms/words/merge_pairs.h"

namespace fastnz::transforms::words {

class Segmenter {
 public:
  explicit Segmenter(std::span<const Entry> entries) : ends_(kRoots, kNone) {
    for (uint32_t e = 0; e < entries.size(); ++e) {
      uint32_t node = entries[e][0];
      for (size_t i = 1; i < entries[e].size(); ++i) {
        const auto [it, fresh] = children_.try_emplace(key(node, entries[e][i]), static_cast<uint32_t>(ends_.size()));
        if (fresh) ends_.push_back(kNone);
        node = it->second;
      }
      ends_[node] = e;
    }
  }

  // entry(e) or single(symbol) for each piece, in order.
  template <typename TakeEntry, typename TakeSingle>
  void cut(const Symbol* unit, size_t size, TakeEntry take_entry, TakeSingle take_single) const {
    std::array<uint32_t, kMaxUnit + 1> pieces, entry, length;
    pieces[size] = 0;
    for (size_t begin = size; begin-- > 0;) {
      pieces[begin] = 1 + pieces[begin + 1];
      entry[begin] = kNone;
      length[begin] = 1;
      uint32_t node = unit[begin];
      for (size_t end = begin + 1; end < size; ++end) {
        const auto it = children_.find(key(node, unit[end]));
        if (it == children_.end()) break;
        node = it->second;
        if (ends_[node] == kNone || 1 + pieces[end + 1] > pieces[begin]) continue;
        pieces[begin] = 1 + pieces[end + 1];
        entry[begin] = ends_[node];
        length[begin] = static_cast<uint32_t>(end + 1 - begin);
      }
    }
    for (size_t at = 0; at < size; at += length[at])
      if (entry[at] == kNone)
        take_single(unit[at]);
      else
        take_entry(entry[at]);
  }

 private:
  static constexpr uint32_t kNone = ~0u;
  static constexpr size_t kRoots = kSymbols;
  static uint64_t key(uint32_t node, Symbol symbol) { return uint64_t{node} << 16 | symbol; }

  std::unordered_map<uint64_t, uint32_t> children_;  // (node, symbol) -> node; node s < kRoots is the string of symbol s
  std::vector<uint32_t> ends_;                       // of each node: the entry that ends there
};

}  // namespace fastnz::transforms::words

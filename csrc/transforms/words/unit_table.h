// The units of a content, each once, with how often it comes. Bounded: when it is full, units that it does not know are not
// counted.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "transforms/words/symbols.h"

namespace fastnz::transforms::words {

class UnitTable {
 public:
  static constexpr size_t kMaxUnits = size_t{1} << 18;

  UnitTable() : slots_(4 * kMaxUnits) {}

  void count(const Symbol* unit, size_t size) {
    uint32_t hash = 0;
    for (size_t i = 0; i < size; ++i) hash = (hash + unit[i] + 1) * 0x9E3779B1u;
    hash ^= hash >> 15;
    for (size_t slot = hash % slots_.size();; slot = (slot + 1) % slots_.size()) {
      if (slots_[slot] == 0) {
        if (counts_.size() == kMaxUnits) return;
        symbols_.insert(symbols_.end(), unit, unit + size);
        ends_.push_back(symbols_.size());
        counts_.push_back(1);
        slots_[slot] = static_cast<uint32_t>(counts_.size());
        return;
      }
      const std::span<const Symbol> known = this->unit(slots_[slot] - 1);
      if (known.size() == size && std::equal(known.begin(), known.end(), unit)) {
        ++counts_[slots_[slot] - 1];
        return;
      }
    }
  }

  size_t size() const { return counts_.size(); }
  uint32_t count_of(size_t i) const { return counts_[i]; }
  std::span<const Symbol> unit(size_t i) const {
    const size_t begin = i == 0 ? 0 : ends_[i - 1];
    return {symbols_.data() + begin, ends_[i] - begin};
  }

 private:
  std::vector<uint32_t> slots_;  // 1 + number of a unit; 0: empty
  std::vector<Symbol> symbols_;
  std::vector<size_t> ends_;
  std::vector<uint32_t> counts_;
};

}  // namespace fastnz::transforms::words

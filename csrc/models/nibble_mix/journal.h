// What a record changes in large tables, so that it can be put back: a primed model serves record after record from one
// state (docs/dictionary.md). Tables are watched in units of 128 bytes, each saved when it is first touched; putting back
// costs what was touched, not what there is. Single words are logged each time. Knows nothing of what the bytes mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace fastnz::models {

class Journal {
 public:
  enum Table { kLines, kOverflow, kSmall, kTables };

  // `bytes` is a multiple of kUnit, as the memory behind it must be.
  void watch(Table table, uint8_t* begin, size_t bytes) {
    tables_[table].begin = begin;
    tables_[table].touched.assign(bytes / kUnit, 0);
  }

  // Before any of these bytes change.
  void touch(Table table, const void* first, size_t bytes) {
    Watched& watched = tables_[table];
    const auto at = static_cast<size_t>(static_cast<const uint8_t*>(first) - watched.begin);
    for (size_t unit = at / kUnit; unit <= (at + bytes - 1) / kUnit; ++unit) {
      if (watched.touched[unit]) continue;
      watched.touched[unit] = 1;
      units_.push_back({static_cast<uint32_t>(unit), static_cast<uint32_t>(table)});
      const uint8_t* const from = watched.begin + unit * kUnit;
      saved_.insert(saved_.end(), from, from + kUnit);
    }
  }
  // Room for that much, so that touching it need not allocate.
  void reserve(size_t bytes, size_t words) {
    saved_.reserve(bytes);
    units_.reserve(bytes / kUnit);
    words_.reserve(words);
  }
  void touch(uint32_t* word) { words_.emplace_back(word, *word); }

  void put_back() noexcept {
    const uint8_t* from = saved_.data();
    for (const Unit& unit : units_) {
      Watched& watched = tables_[unit.table];
      watched.touched[unit.number] = 0;
      std::memcpy(watched.begin + size_t{unit.number} * kUnit, from, kUnit);
      from += kUnit;
    }
    for (size_t k = words_.size(); k-- > 0;) *words_[k].first = words_[k].second;  // the oldest value last
    units_.clear();
    saved_.clear();
    words_.clear();
  }

  static constexpr size_t kUnit = 128;  // a pair of lines

 private:
  struct Watched {
    uint8_t* begin = nullptr;
    std::vector<uint8_t> touched;
  };
  struct Unit {
    uint32_t number, table;
  };
  Watched tables_[kTables];
  std::vector<Unit> units_;
  std::vector<uint8_t> saved_;
  std::vector<std::pair<uint32_t*, uint32_t>> words_;
};

}  // namespace fastnz::models

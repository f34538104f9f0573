#include "transforms/words/merge_pairs.h"

#include <queue>
#include <unordered_map>

namespace fastnz::transforms::words {
namespace {

constexpr size_t kMaxPlaces = size_t{1} << 20;  // symbols of distinct units that are looked at
constexpr uint32_t kNone = ~0u;

struct Pair {
  uint32_t count = 0;
  std::vector<uint32_t> places;  // of the first of the two; some may have changed since
};

class Merger {
 public:
  Merger(const UnitTable& units, size_t max_entry) : max_entry_(max_entry) {
    for (Symbol s = 0; s < kSymbols; ++s) strings_.push_back({s});
    for (size_t u = 0; u < units.size() && symbols_.size() + kMaxUnit <= kMaxPlaces; ++u) {
      if (units.count_of(u) < 2) continue;
      const std::span<const Symbol> unit = units.unit(u);
      for (size_t i = 0; i < unit.size(); ++i) {
        const uint32_t at = static_cast<uint32_t>(symbols_.size());
        symbols_.push_back(unit[i]);
        weights_.push_back(units.count_of(u));
        before_.push_back(i == 0 ? kNone : at - 1);
        after_.push_back(i + 1 == unit.size() ? kNone : at + 1);
      }
    }
    for (uint32_t at = 0; at < symbols_.size(); ++at)
      if (after_[at] != kNone) add(at);
    for (auto& [key, pair] : pairs_) queue_.push({pair.count, ~key});
  }

  std::vector<Entry> run(size_t most, uint32_t least) {
    std::vector<Entry> found;
    while (found.size() < most && !queue_.empty()) {
      const auto [count, flipped] = queue_.top();
      queue_.pop();
      const uint64_t key = ~flipped;
      const auto it = pairs_.find(key);
      if (it == pairs_.end() || it->second.count == 0) continue;
      if (it->second.count != count) {  // counts only fall once a pair is in the queue, or it is pushed anew
        if (it->second.count < count) queue_.push({it->second.count, flipped});
        continue;
      }
      if (count < least) break;
      const uint32_t first = static_cast<uint32_t>(key >> 32), second = static_cast<uint32_t>(key);
      Entry string = strings_[first];
      string.insert(string.end(), strings_[second].begin(), strings_[second].end());
      Pair pair = std::move(it->second);
      pairs_.erase(it);
      if (string.size() > max_entry_) continue;
      merge(first, second, static_cast<uint32_t>(strings_.size()), pair.places);
      strings_.push_back(string);
      found.push_back(std::move(string));
    }
    return found;
  }

 private:
  uint64_t key_at(uint32_t at) const { return uint64_t{symbols_[at]} << 32 | symbols_[after_[at]]; }

  Pair& add(uint32_t at) {
    Pair& pair = pairs_[key_at(at)];
    pair.count += weights_[at];
    pair.places.push_back(at);
    return pair;
  }
  void drop(uint32_t at) {
    const auto it = pairs_.find(key_at(at));
    if (it != pairs_.end()) it->second.count -= weights_[at];
  }

  void merge(uint32_t first, uint32_t second, uint32_t made, const std::vector<uint32_t>& places) {
    for (const uint32_t at : places) {
      if (symbols_[at] != first || after_[at] == kNone || symbols_[after_[at]] != second) continue;
      const uint32_t gone = after_[at];
      if (before_[at] != kNone) drop(before_[at]);
      if (after_[gone] != kNone) drop(gone);
      symbols_[at] = made;
      symbols_[gone] = kNone;
      after_[at] = after_[gone];
      if (after_[at] != kNone) before_[after_[at]] = at;
      after_[gone] = kNone;
      for (const uint32_t left : {before_[at], at}) {
        if (left == kNone || after_[left] == kNone) continue;
        const Pair& pair = add(left);
        queue_.push({pair.count, ~key_at(left)});
      }
    }
  }

  size_t max_entry_;
  std::vector<Entry> strings_;
  std::vector<uint32_t> symbols_, weights_, before_, after_;  // a list of each unit's symbols
  std::unordered_map<uint64_t, Pair> pairs_;
  std::priority_queue<std::pair<uint32_t, uint64_t>> queue_;  // count, ~key: of equal counts the lowest key
};

}  // namespace

std::vector<Entry> merge_pairs(const UnitTable& units, size_t most, uint32_t least, size_t max_entry) {
  return Merger(units, max_entry).run(most, least);
}

}  // namespace fastnz::transforms::words

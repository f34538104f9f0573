// Which samples a dictionary should hold: a greedy cover. A string of six bytes that many samples have is worth their
// number, and a sixteenth of what it was each time a chosen sample has it; a sample is worth its strings by its length.
// After the cover of Liao, Petri, Moffat and Wirth (WWW 2016), which zstd's trainer also follows, with whole samples in
// place of segments, since a model learns from how they begin and go on. Integers only; ties go to the earlier sample.
#include <algorithm>
#include <bit>
#include <utility>

#include "codec/dictionary.h"

namespace fastnz::codec {
namespace {

using base::ByteSpan;

constexpr size_t kString = 6;
constexpr int kTableBits = 22;
constexpr int kFade = 4;        // log2 of sixteen
constexpr uint64_t kSetOut = 8;  // bytes that a sample costs beyond its own

class Cover {
 public:
  explicit Cover(const std::vector<ByteSpan>& samples)
      : samples_(samples), count_(size_t{1} << kTableBits), seen_(size_t{1} << kTableBits) {
    std::vector<uint32_t> last(size_t{1} << kTableBits, ~uint32_t{0});
    for (size_t i = 0; i < samples.size(); ++i)
      for_each_string(i, [&](uint32_t h) {
        if (last[h] == i) return;
        last[h] = static_cast<uint32_t>(i);
        ++count_[h];
      });
  }

  // What the sample would add, q16 by byte.
  uint64_t worth(size_t i) const {
    uint64_t sum = 0;
    for_each_string(i, [&](uint32_t h) {
      if (count_[h] > 1) sum += (uint64_t{count_[h]} << 16) >> std::min(seen_[h] * kFade, 63);
    });
    return sum / (samples_[i].size() + kSetOut);
  }

  void take(size_t i) {
    for_each_string(i, [&](uint32_t h) { seen_[h] = static_cast<uint8_t>(std::min(seen_[h] + 1, 255)); });
  }

 private:
  template <typename Use>
  void for_each_string(size_t i, Use use) const {
    const ByteSpan sample = samples_[i];
    uint64_t window = 0;
    for (size_t k = 0; k < sample.size(); ++k) {
      window = (window << 8 | sample[k]) & 0xFFFFFFFFFFFFu;
      if (k + 1 >= kString) use(static_cast<uint32_t>(window * 0x9E3779B97F4A7C15u >> (64 - kTableBits)));
    }
  }

  const std::vector<ByteSpan>& samples_;
  std::vector<uint32_t> count_;  // samples that have the string
  std::vector<uint8_t> seen_;    // times that chosen ones have it
};

}  // namespace

std::vector<size_t> choose_samples(const std::vector<ByteSpan>& samples, uint64_t size, Monitor* monitor) {
  Cover cover(samples);
  using Entry = std::pair<uint64_t, size_t>;  // worth when last computed, ~number: earlier ones first
  std::vector<Entry> heap;
  for (size_t i = 0; i < samples.size(); ++i) {
    monitor->tick(samples[i].size());
    if (!samples[i].empty() && samples[i].size() <= size) heap.emplace_back(cover.worth(i), ~i);
  }
  std::make_heap(heap.begin(), heap.end());
  std::vector<size_t> chosen;
  while (!heap.empty()) {  // worth only falls: the first whose worth still holds is the best
    std::pop_heap(heap.begin(), heap.end());
    Entry& entry = heap.back();
    const size_t i = ~entry.second;
    monitor->tick(0);
    if (samples[i].size() > size) {
      heap.pop_back();
      continue;
    }
    const uint64_t now = cover.worth(i);
    if (now < entry.first && heap.size() > 1 && Entry{now, ~i} < heap.front()) {
      entry.first = now;
      std::push_heap(heap.begin(), heap.end());
      continue;
    }
    heap.pop_back();
    cover.take(i);
    chosen.push_back(i);
    size -= samples[i].size();
  }
  return chosen;
}

}  // namespace fastnz::codec

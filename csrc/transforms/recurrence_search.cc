#include "transforms/recurrence_search.h"

#include <algorithm>
#include <optional>

#include "transforms/recurrence_probe.h"

namespace fastnz::transforms {
namespace {

using base::ByteSpan;

constexpr size_t kLeastBlock = 512;                   // below, side data and seed are most of the content
constexpr size_t kProbeStep = size_t{64} << 10;
constexpr size_t kLeastGain = 128, kGainPerByte = 16; // bytes to be predicted, in all and for each byte of side data
constexpr int kRight = 1, kWrong = -3, kDrop = 600;   // a stretch ends where a quarter goes wrong for long

class Search {
 public:
  explicit Search(ByteSpan block) : block_(block) {}

  std::vector<RecurrenceRange> run() {
    if (block_.size() < kLeastBlock) return {};
    // The first probe lies behind what may be a header; ranges are extended both ways.
    for (size_t at = std::min(block_.size() / 4, kProbeStep / 4); at + kLeastBlock / 2 <= block_.size();) {
      const size_t next = at + kProbeStep - at % kProbeStep;
      const std::optional<Candidate> found = probe_for_recurrence(block_.subspan(at));
      at = found ? std::max(next, add_range(*found, at)) : next;
    }
    return std::move(ranges_);
  }

 private:
  // Extends both ways, from the place where it was seen, a recurrence found in the window at `at`. Returns its end.
  size_t add_range(const Candidate& found, size_t at) {
    const Recurrence& r = found.recurrence;
    const size_t width = static_cast<size_t>(r.width), order = r.order(), phase = (at + found.offset) % width;
    const size_t count = (block_.size() - phase) / width;
    const size_t from = (at + found.offset) / width + found.unit;
    const size_t done = ranges_.empty() ? 0 : ranges_.back().end;
    const size_t first = done <= phase ? 0 : (done - phase + width - 1) / width;
    if (from < first + order) return 0;
    prepare(r);
    const uint8_t* const units = (r.alphabet ? symbols_.data() : block_.data()) + phase;
    size_t begin = from, end = from;
    for (size_t n = from - order; n < from; ++n) take(r, n);  // the probe has seen that all are symbols
    with_predictor(r, [&](const auto& predictor) {
      int score = 0, best = 0;
      for (size_t n = from; n < count && score > best - kDrop && take(r, n); ++n) {
        score += is_right(predictor, units, n) ? kRight : kWrong;
        if (score > best) best = score, end = n + 1;
      }
      score = best = 0;
      for (size_t n = from; n > first + order && score > best - kDrop && take(r, n - 1 - order); --n) {
        score += is_right(predictor, units, n - 1) ? kRight : kWrong;
        if (score > best) best = score, begin = n - 1;
      }
    });
    std::vector<uint8_t> side;
    r.write(&side);
    if ((end - begin) * width >= kLeastGain + kGainPerByte * side.size())
      ranges_.push_back({phase + (begin - order) * width, phase + end * width, r});
    return phase + end * width;
  }

  template <typename Predictor>
  static bool is_right(const Predictor& predictor, const uint8_t* units, size_t n) {
    using Unit = typename Predictor::Unit;
    return base::load_le<Unit>(units + n * sizeof(Unit)) == predictor.predict(units, n);
  }

  void prepare(const Recurrence& r) {
    if (!r.alphabet) return;
    symbol_ = symbols_of(*r.alphabet);
    symbols_.resize(block_.size());
  }

  // Makes the symbol of byte n, if there are symbols. False where the byte is none.
  bool take(const Recurrence& r, size_t n) {
    if (!r.alphabet) return true;
    const uint16_t symbol = symbol_[block_[n]];
    symbols_[n] = static_cast<uint8_t>(symbol);
    return symbol != kNoSymbol;
  }

  ByteSpan block_;
  std::array<uint16_t, 256> symbol_{};
  std::vector<uint8_t> symbols_;
  std::vector<RecurrenceRange> ranges_;
};

}  // namespace

std::vector<RecurrenceRange> find_recurrences(ByteSpan block) { return Search(block).run(); }

}  // namespace fastnz::transforms

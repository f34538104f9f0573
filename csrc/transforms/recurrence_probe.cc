#include "transforms/recurrence_probe.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "transforms/linear_complexity.h"
#include "transforms/recurrence_lags.h"

namespace fastnz::transforms {
namespace {

using base::ByteSpan;

constexpr size_t kWindow = size_t{4} << 10;
constexpr size_t kAlphabetWindow = size_t{16} << 10;  // 251 symbols are all seen here, but for one time in 10^26
constexpr size_t kSmall = size_t{32} << 10;           // below, only bytes are tried, no words
constexpr size_t kBitProof = 40, kResidueProof = 16;  // chances of 2^-40 and less to be fooled by noise
constexpr size_t kLeastOrder = 8;                     // shorter registers repeat within 255 units: `repeat` has those
constexpr size_t kTrials = 256, kLeastTrials = 32;    // units that judge a candidate
constexpr size_t kShortSample = 512;                  // units in which a register of words or of a small block is looked for
constexpr size_t kSumTaps = 4;                        // so many taps are tried with all signs
constexpr uint32_t kManySymbols = 128;                // fewer: certainly no words of a generator
constexpr size_t kFirstLook = size_t{2} << 10;        // bytes whose distribution decides whether there is more to do

class Probe {
 public:
  explicit Probe(ByteSpan rest) : rest_(rest), window_(rest.first(std::min(rest.size(), kWindow))) {}

  std::optional<Candidate> run() {
    const FirstLook look = first_look();
    if (look.symbols < 2) return {};
    if (look.symbols >= kManySymbols && progressions()) return std::move(found_);
    if (!look.even) return {};
    const Alphabet alphabet = look_for_alphabet();
    if (alphabet.modulus < 256 && symbols(alphabet)) return std::move(found_);
    if (alphabet.modulus >= kManySymbols && (bytes() || (rest_.size() >= kSmall && words()))) return std::move(found_);
    return {};
  }

 private:
  struct FirstLook {
    uint32_t symbols = 0;
    bool even = false;
  };

  // Recurrences use all symbols alike. With k symbols of equal chances the squares of their counts in n bytes add up to
  // n + n^2 / k in the mean; text, programs and tables have several times that.
  FirstLook first_look() const {
    const ByteSpan bytes = rest_.first(std::min(rest_.size(), kFirstLook));
    std::array<uint32_t, 256> counts{};
    for (const uint8_t byte : bytes) ++counts[byte];
    FirstLook look;
    uint64_t squares = 0;
    for (const uint32_t count : counts) {
      look.symbols += count != 0;
      squares += uint64_t{count} * count;
    }
    const uint64_t n = bytes.size();
    look.even = squares * 2 * look.symbols <= (2 * n * look.symbols + 3 * n * n);
    return look;
  }

  Alphabet look_for_alphabet() const {
    std::array<bool, 256> seen{};
    for (const uint8_t byte : rest_.first(std::min(rest_.size(), kAlphabetWindow))) seen[byte] = true;
    Alphabet alphabet;
    alphabet.modulus = 0;
    for (size_t byte = 0; byte < 256; ++byte)
      if (seen[byte]) alphabet.bytes[alphabet.modulus++] = static_cast<uint8_t>(byte);
    return alphabet;
  }

  // Sources over few symbols, whatever they are written as.
  bool symbols(const Alphabet& alphabet) {
    const std::array<uint16_t, 256> symbol = symbols_of(alphabet);
    symbols_.resize(window_.size());
    for (size_t i = 0; i < window_.size(); ++i) symbols_[i] = static_cast<uint8_t>(symbol[window_[i]]);
    const uint32_t modulus = alphabet.modulus;
    Recurrence like;
    like.alphabet = alphabet;
    if (std::has_single_bit(modulus) && registers(like, symbols_, 0)) return true;
    if (modulus == 2) return try_lags(like, noisy_bit_lags(symbols_), symbols_);
    if (pairs(like, symbols_)) return true;
    return alphabet.is_interval() && is_prime(modulus) && field(like, modulus);
  }

  bool bytes() {
    const Recurrence like;
    return registers(like, window_, 0) || pairs(like, window_);
  }

  bool words() {
    for (int width = 2; width <= 8; width *= 2)
      for (size_t offset = 0; offset < static_cast<size_t>(width); offset += width == 8 ? 4 : 1) {
        Recurrence like;
        like.width = width;
        if (registers(like, window_.subspan(offset), offset)) return true;
      }
    return false;
  }

  // A shift register in the lowest bits tells the lags; then its taps must explain the whole units: by exclusive or, or
  // by sums with factors of one.
  bool registers(const Recurrence& like, ByteSpan units, size_t offset) {
    const size_t width = static_cast<size_t>(like.width);
    const size_t most = width == 1 && rest_.size() >= kSmall ? kMaxBits : kShortSample * width;
    const ByteSpan sample = units.first(std::min(units.size(), most));
    LinearForm form = find_linear_form_of_bits(sample, width, kLeastOrder, kBitProof);
    if (form.factors.empty()) return false;
    form = sparsest_multiple(form);
    const size_t from = form.end - kBitProof;
    Recurrence r = like;
    r.width = 1;
    for (size_t k = 0; k < form.factors.size(); ++k)
      if (form.factors[k]) r.taps.push_back({static_cast<uint32_t>((k + 1) * width), 1});
    if (r.taps.size() > kMaxTaps) return false;
    consider(r, units, offset, from * width);  // of sums it is right where nothing is carried, so they are tried too
    if (r.taps.size() > kSumTaps) return found_.has_value();
    r.width = like.width;
    r.sums = true;
    const uint64_t minus_one = like.alphabet ? like.alphabet->modulus - 1 : ~uint64_t{0} >> (64 - 8 * width);
    for (Tap& tap : r.taps) tap.lag /= static_cast<uint32_t>(width);
    for (size_t signs = 0; minus_one > 1 && signs < size_t{1} << r.taps.size(); ++signs) {
      for (size_t k = 0; k < r.taps.size(); ++k) r.taps[k].factor = signs >> k & 1 ? minus_one : 1;
      consider(r, units, offset, from);
    }
    return found_.has_value();
  }

  bool progressions() {
    for (int width = 2; width <= 8; width *= 2)
      for (size_t offset = 0; offset < static_cast<size_t>(width); ++offset)
        if (progression(width, offset)) return true;
    return false;
  }

  // x[n] = a x[n - 1] + c modulo 2^(8 width), from three differences of which the first is odd.
  bool progression(int width, size_t offset) {
    const size_t w = static_cast<size_t>(width), at = window_.size() / 2 / w * w;
    if (at + offset + 4 * w > window_.size()) return false;
    const uint64_t mask = ~uint64_t{0} >> (64 - 8 * w);
    std::array<uint64_t, 4> x{};
    for (size_t k = 0; k < 4; ++k)
      for (size_t b = 0; b < w; ++b) x[k] |= uint64_t{window_[at + offset + k * w + b]} << (8 * b);
    const uint64_t first = x[1] - x[0], second = x[2] - x[1];
    if (first % 2 == 0) return false;
    uint64_t inverse = first;  // right to 3 bits; each step doubles them
    for (int step = 0; step < 5; ++step) inverse *= 2 - first * inverse;
    const uint64_t factor = second * inverse & mask;
    if (factor == 0 || ((x[3] - x[2] - factor * second) & mask) != 0) return false;
    Recurrence r;
    r.width = width;
    r.sums = true;
    r.constant = (x[1] - factor * x[0]) & mask;
    r.taps = {{1, factor}};
    return consider(r, window_.subspan(offset), offset, at / w + 1);
  }

  bool pairs(const Recurrence& like, ByteSpan units) {
    return try_lags(like, matching_lags(units, like.alphabet ? like.alphabet->modulus : 256), units);
  }

  bool try_lags(const Recurrence& like, const std::vector<LagPair>& pairs, ByteSpan units) {
    for (const LagPair& pair : pairs) {
      Recurrence r = like;
      r.sums = pair.sums;
      r.constant = pair.constant;
      r.taps = {{pair.lags[0], pair.factors[0]}, {pair.lags[1], pair.factors[1]}};
      consider(r, units, 0, pair.from);
    }
    return found_.has_value();
  }

  bool field(const Recurrence& like, uint32_t p) {
    const LinearForm form = find_linear_form(symbols_, p, 2, kResidueProof);
    Recurrence r = like;
    r.sums = true;
    for (size_t k = 0; k < form.factors.size(); ++k)
      if (form.factors[k]) r.taps.push_back({static_cast<uint32_t>(k + 1), form.factors[k]});
    if (r.taps.empty() || r.taps.size() > kMaxTaps) return false;
    return consider(r, symbols_, 0, form.end - kResidueProof);
  }

  // Judges `r` on the units from `from` on: most must be as predicted, and more than equal their neighbours. Keeps the
  // best; false while there is none.
  bool consider(const Recurrence& r, ByteSpan units, size_t offset, size_t from) {
    const bool copies = r.taps.size() == 1 && r.taps[0].factor == 1 && r.constant == 0;
    const size_t count = units.size() / static_cast<size_t>(r.width), to = std::min(count, from + kTrials);
    if (copies || from < r.order() || to < from + kLeastTrials) return found_.has_value();
    const size_t wrong = with_predictor(r, [&](const auto& predictor) {
      using Unit = typename std::decay_t<decltype(predictor)>::Unit;
      const auto unit = [&](size_t n) { return base::load_le<Unit>(units.data() + n * sizeof(Unit)); };
      const size_t most = found_ ? fewest_wrong_ : (to - from) / 4 + 1;
      size_t failed = 0, changes = 0;
      for (size_t n = from; n < to; ++n) {
        failed += unit(n) != predictor.predict(units.data(), n);
        changes += unit(n) != unit(n - 1);
        if (failed >= most) return to - from;
      }
      return 2 * failed <= changes ? failed : to - from;
    });
    if (wrong == to - from) return found_.has_value();
    found_ = Candidate{r, offset, from};
    fewest_wrong_ = wrong;
    return true;
  }

  static bool is_prime(uint32_t p) {
    for (uint32_t d = 2; d * d <= p; ++d)
      if (p % d == 0) return false;
    return p > 1;
  }

  ByteSpan rest_, window_;
  std::vector<uint8_t> symbols_;
  std::optional<Candidate> found_;
  size_t fewest_wrong_ = 0;
};

}  // namespace

std::optional<Candidate> probe_for_recurrence(ByteSpan rest) { return Probe(rest).run(); }

}  // namespace fastnz::transforms

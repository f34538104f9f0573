#include "transforms/recurrence.h"

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "transforms/ranges.h"
#include "transforms/recurrence_form.h"
#include "transforms/recurrence_search.h"

namespace fastnz::transforms {
namespace {

[[noreturn]] void corrupt(const std::string& what) {
  throw base::Error(base::ErrorKind::kCorrupt, "recurrence transform: " + what);
}

// Between two pauses: a range may have 2^28 bytes, and each 256 taps.
constexpr size_t kTapsBetweenPauses = size_t{1} << 20;

// Calls work(begin, end) for pieces of the units from `begin` to `end`, in ascending order.
template <typename Work>
void in_pieces(const Recurrence& r, size_t begin, size_t end, const Pause& pause, Work work) {
  const size_t piece = kTapsBetweenPauses / r.taps.size();
  for (; begin < end; begin += std::min(piece, end - begin)) {
    work(begin, begin + std::min(piece, end - begin));
    pause();
  }
}

// The first order() units stay as they are; with an alphabet, bytes before and symbols or differences of symbols after.
void encode_range(const Recurrence& r, base::ByteSpan content, uint8_t* out) {
  std::vector<uint8_t> symbols;
  const uint8_t* units = content.data();
  if (r.alphabet) {
    const std::array<uint16_t, 256> symbol = symbols_of(*r.alphabet);
    symbols.resize(content.size());
    for (size_t i = 0; i < content.size(); ++i) symbols[i] = static_cast<uint8_t>(symbol[content[i]]);
    units = symbols.data();
  }
  with_predictor(r, [&](const auto& predictor) {
    using Unit = typename std::decay_t<decltype(predictor)>::Unit;
    for (size_t n = r.order(); n < content.size() / sizeof(Unit); ++n) {
      const Unit value = base::load_le<Unit>(units + n * sizeof(Unit));
      base::store_le<Unit>(out + n * sizeof(Unit), predictor.difference(value, predictor.predict(units, n)));
    }
  });
}

// Lags of at least eight bytes: eight units at once.
void restore_wide_xor(const Recurrence& r, base::MutableByteSpan x, size_t n, size_t end) {
  for (; n + 8 <= end; n += 8) {
    uint64_t sum = base::load_le<uint64_t>(x.data() + n);
    for (const Tap& tap : r.taps) sum ^= base::load_le<uint64_t>(x.data() + n - tap.lag);
    base::store_le<uint64_t>(x.data() + n, sum);
  }
  for (; n < end; ++n) x[n] = static_cast<uint8_t>(x[n] ^ XorPredictor{r}.predict(x.data(), n));
}

void decode_range(const Recurrence& r, base::MutableByteSpan x, const Pause& pause) {
  const size_t units = x.size() / static_cast<size_t>(r.width), seed = std::min<size_t>(r.order(), units);
  if (r.alphabet) {
    const std::array<uint16_t, 256> symbol = symbols_of(*r.alphabet);
    for (size_t i = 0; i < seed; ++i) {
      if (symbol[x[i]] == kNoSymbol) corrupt("a byte outside of the alphabet");
      x[i] = static_cast<uint8_t>(symbol[x[i]]);
    }
    for (size_t i = seed; i < x.size(); ++i)
      if (x[i] >= r.alphabet->modulus) corrupt("a difference outside of the alphabet");
  }
  if (!r.sums && r.taps.front().lag >= 8) {
    in_pieces(r, seed, units, pause, [&](size_t n, size_t end) { restore_wide_xor(r, x, n, end); });
  } else {
    with_predictor(r, [&](const auto& predictor) {
      using Unit = typename std::decay_t<decltype(predictor)>::Unit;
      in_pieces(r, seed, units, pause, [&](size_t n, size_t end) {
        for (; n < end; ++n) {
          uint8_t* const at = x.data() + n * sizeof(Unit);
          base::store_le<Unit>(at, predictor.restore(base::load_le<Unit>(at), predictor.predict(x.data(), n)));
        }
      });
    });
  }
  if (r.alphabet)
    for (uint8_t& value : x) value = r.alphabet->bytes[value];
}

}  // namespace

bool recurrence_forward(base::ByteSpan in, std::vector<uint8_t>* out, std::vector<uint8_t>* side) {
  const std::vector<RecurrenceRange> ranges = find_recurrences(in);
  if (ranges.empty()) return false;
  out->assign(in.begin(), in.end());
  side->clear();
  size_t done = 0;
  for (const RecurrenceRange& range : ranges) {
    write_range(side, done, range.begin, range.end);
    range.recurrence.write(side);
    encode_range(range.recurrence, in.subspan(range.begin, range.end - range.begin), out->data() + range.begin);
    done = range.end;
  }
  return true;
}

uint64_t recurrence_max_output(uint64_t in_size, uint64_t) { return in_size; }

void recurrence_inverse(base::ByteSpan in, base::ByteSpan side, base::MutableByteSpan out, const Pause& pause) {
  if (in.size() != out.size())
    corrupt("size changes from " + std::to_string(in.size()) + " to " + std::to_string(out.size()) + " bytes");
  std::copy(in.begin(), in.end(), out.begin());
  for_each_range(side, out, "recurrence range", corrupt, [&](base::ByteReader* reader, base::MutableByteSpan range) {
    const Recurrence r = Recurrence::read(reader);
    if (range.size() % static_cast<size_t>(r.width) != 0) corrupt("a range ends inside a unit");
    decode_range(r, range, pause);
  });
}

}  // namespace fastnz::transforms

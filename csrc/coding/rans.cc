// Table construction, encoder and decoder of the interleaved rANS.
#include "coding/rans.h"

#include <algorithm>
#include <queue>

#include "base/bytes.h"

namespace fastnz::coding {
namespace {

constexpr uint32_t kLow = uint32_t{1} << 23;  // lower bound of a state; eight bits are moved at a time

// A symbol whose frequency may change by one; `count / freq` is what that is worth per unit, nearly.
struct Candidate {
  uint64_t count;
  uint32_t freq;
  size_t symbol;
};

// count_a / freq_a < count_b / freq_b, ties by symbol so that the result has one answer.
bool worth_less(const Candidate& a, const Candidate& b) {
  __extension__ using Wide = unsigned __int128;
  const Wide left = static_cast<Wide>(a.count) * b.freq, right = static_cast<Wide>(b.count) * a.freq;
  return left != right ? left < right : a.symbol > b.symbol;
}
bool worth_more(const Candidate& a, const Candidate& b) { return worth_less(b, a); }

}  // namespace

std::vector<uint32_t> normalize_frequencies(std::span<const uint64_t> counts, int total_bits) {
  __extension__ using Wide = unsigned __int128;
  uint64_t sum = 0;
  for (const uint64_t count : counts) sum += count;
  std::vector<uint32_t> freq(counts.size(), 0);
  const uint64_t total = uint64_t{1} << total_bits;
  uint64_t given = 0;
  for (size_t s = 0; s < counts.size(); ++s) {
    if (counts[s] == 0) continue;
    freq[s] = std::max<uint32_t>(1, static_cast<uint32_t>((static_cast<Wide>(counts[s]) << total_bits) / sum));
    given += freq[s];
  }
  if (given < total) {  // rounding down left some over: each goes to where it saves most
    std::priority_queue<Candidate, std::vector<Candidate>, decltype(&worth_less)> queue(worth_less);
    for (size_t s = 0; s < counts.size(); ++s)
      if (freq[s] > 0) queue.push({counts[s], freq[s], s});
    for (; given < total; ++given) {
      Candidate best = queue.top();
      queue.pop();
      freq[best.symbol] = ++best.freq;
      queue.push(best);
    }
  } else if (given > total) {  // the guaranteed ones took too much: take back where it costs least
    std::priority_queue<Candidate, std::vector<Candidate>, decltype(&worth_more)> queue(worth_more);
    for (size_t s = 0; s < counts.size(); ++s)
      if (freq[s] > 1) queue.push({counts[s], freq[s] - 1, s});
    for (; given > total; --given) {
      Candidate best = queue.top();
      queue.pop();
      freq[best.symbol] = best.freq;
      if (--best.freq > 0) queue.push(best);
    }
  }
  return freq;
}

RansTable::RansTable(std::span<const uint32_t> freq, int total_bits) : total_bits_(total_bits) {
  slots_.reserve(size_t{1} << total_bits);
  entries_.reserve(freq.size());
  uint32_t cum = 0;
  for (size_t s = 0; s < freq.size(); ++s) {
    entries_.push_back({freq[s], cum});
    slots_.insert(slots_.end(), freq[s], static_cast<uint16_t>(s));
    cum += freq[s];
  }
}

std::vector<uint8_t> rans_encode(std::span<const uint16_t> symbols, const RansTable& table) {
  const int bits = table.total_bits();
  uint32_t state[kRansStates];
  std::fill(std::begin(state), std::end(state), kLow);
  std::vector<uint8_t> out;  // back to front
  out.reserve(symbols.size() + kRansHeaderBytes);
  for (size_t i = symbols.size(); i-- > 0;) {
    const uint32_t freq = table.freq(symbols[i]), cum = table.cum(symbols[i]);
    uint32_t x = state[i % kRansStates];
    const uint32_t limit = ((kLow >> bits) << 8) * freq;  // x < limit keeps the next state below 2^31
    for (; x >= limit; x >>= 8) out.push_back(static_cast<uint8_t>(x));
    state[i % kRansStates] = ((x / freq) << bits) + x % freq + cum;
  }
  for (int k = kRansStates; k-- > 0;)
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<uint8_t>(state[k] >> shift));
  std::reverse(out.begin(), out.end());
  return out;
}

bool rans_decode(base::ByteSpan in, const RansTable& table, std::span<uint16_t> symbols) noexcept {
  const int bits = table.total_bits();
  const uint32_t mask = (uint32_t{1} << bits) - 1;
  const uint8_t* next = in.data();
  const uint8_t* const end = next + in.size();
  bool overran = false;
  const auto next_byte = [&]() -> uint32_t {
    if (next != end) return *next++;
    overran = true;
    return 0;
  };
  uint32_t state[kRansStates];
  for (uint32_t& x : state) {
    x = 0;
    for (int shift = 0; shift < 32; shift += 8) x |= next_byte() << shift;
  }
  const auto step = [&](uint32_t& x) -> uint16_t {
    const uint32_t slot = x & mask;
    const uint16_t symbol = table.symbol_at(slot);
    x = table.freq(symbol) * (x >> bits) + slot - table.cum(symbol);
    // Two bytes bring any state that an encoder can leave back above 2^23; a damaged one may stay below.
    for (int i = 0; i < 2 && x < kLow; ++i) x = x << 8 | next_byte();
    return symbol;
  };
  size_t i = 0;
  for (; i + kRansStates <= symbols.size(); i += kRansStates)
    for (int k = 0; k < kRansStates; ++k) symbols[i + k] = step(state[k]);
  for (; i < symbols.size(); ++i) symbols[i] = step(state[i % kRansStates]);
  const bool at_start = std::all_of(std::begin(state), std::end(state), [](uint32_t x) { return x == kLow; });
  return !overran && next == end && at_start;
}

}  // namespace fastnz::coding

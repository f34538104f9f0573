// Round trips of the three coders over deterministic sources, with the coded bytes in the digest: the bytes themselves,
// not only their meaning, are the same on every machine.
#include <algorithm>
#include <vector>

#include "cases.h"
#include "coding/binary_range_coder.h"
#include "coding/rans.h"
#include "coding/symbol_range_coder.h"

namespace fastnz::selftest {
namespace {

constexpr size_t kSteps = 20000;

bool run_binary(Digest* digest) {
  Random random(11);
  std::vector<uint32_t> p1(kSteps);
  std::vector<int> bits(kSteps);
  for (size_t i = 0; i < kSteps; ++i) {
    const uint32_t kind = random.below(4);  // uniform, near-certain one, near-certain zero, certain as can be
    p1[i] = kind == 0 ? 1 + random.below(65535) : kind == 1 ? 65535 - random.below(64) : 1 + random.below(kind == 2 ? 64 : 1);
    bits[i] = random.below(65536) < p1[i];
  }
  std::vector<uint8_t> out;
  coding::BinaryRangeEncoder encoder(&out);
  for (size_t i = 0; i < kSteps; ++i) encoder.encode(bits[i], p1[i]);
  encoder.finish();
  digest->add(std::span<const uint8_t>(out));
  coding::BinaryRangeDecoder decoder(out);
  for (size_t i = 0; i < kSteps; ++i)
    if (decoder.decode(p1[i]) != bits[i]) return false;
  return !decoder.overran();
}

bool run_symbol(Digest* digest) {
  struct Step {
    uint32_t cum, freq;
    int total_bits;
  };
  Random random(12);
  std::vector<Step> steps(kSteps);
  for (Step& step : steps) {
    step.total_bits = 1 + static_cast<int>(random.below(coding::kMaxTotalBits));
    const uint32_t total = uint32_t{1} << step.total_bits;
    step.cum = random.below(total);
    step.freq = 1 + random.below(total - step.cum);
    if (random.below(4) == 0) step.freq = total - step.cum;  // the symbol that takes what rounding leaves over
  }
  std::vector<uint8_t> out;
  coding::SymbolRangeEncoder encoder(&out);
  for (const Step& step : steps) encoder.encode(step.cum, step.freq, step.total_bits);
  encoder.finish();
  digest->add(std::span<const uint8_t>(out));
  coding::SymbolRangeDecoder decoder(out);
  for (const Step& step : steps) {
    const uint32_t target = decoder.target(step.total_bits);
    if (target < step.cum || target - step.cum >= step.freq) return false;
    decoder.consume(step.cum, step.freq, step.total_bits);
  }
  return !decoder.overran();
}

bool run_rans(Digest* digest) {
  Random random(13);
  for (int total_bits = coding::kMinRansBits; total_bits <= coding::kMaxRansBits; ++total_bits) {
    std::vector<uint16_t> symbols(kSteps / 4 + static_cast<size_t>(total_bits));
    std::vector<uint64_t> counts(200, 0);
    for (uint16_t& symbol : symbols) {
      symbol = static_cast<uint16_t>(std::min(random.below(200), random.below(200)));
      ++counts[symbol];
    }
    const std::vector<uint32_t> freq = coding::normalize_frequencies(counts, total_bits);
    const coding::RansTable table(freq, total_bits);
    const std::vector<uint8_t> out = coding::rans_encode(symbols, table);
    digest->add(std::span<const uint32_t>(freq));
    digest->add(std::span<const uint8_t>(out));
    std::vector<uint16_t> decoded(symbols.size());
    if (!coding::rans_decode(out, table, decoded) || decoded != symbols) return false;
  }
  return true;
}

constexpr CoderCase kCases[] = {
    {"binary_range_coder", run_binary},
    {"symbol_range_coder", run_symbol},
    {"rans", run_rans},
};

}  // namespace

std::span<const CoderCase> coder_cases() { return kCases; }

}  // namespace fastnz::selftest

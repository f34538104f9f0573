// Encoder-side search for the option bytes. Cheap statistics name a few candidates (profile, width, step); where they
// leave a doubt, small models race over a sample of the block and the one that would need the fewest bits wins.
// Nothing here decides a decoded bit: another choice is another valid file. Integer arithmetic, so that the choice is
// the same on every machine. It does not know what the codec did to the block before.
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <tuple>

#include "models/mixing/choose.h"
#include "models/nibble_mix/nibble_mix.h"
#include "models/mixing/options.h"

namespace fastnz::models {
namespace {

constexpr size_t kNoSearch = 2048;          // smaller blocks get what the statistics say
constexpr size_t kLeastSample = 4096;
constexpr size_t kMostSample = 128 * 1024;
constexpr size_t kSampleShare = 28;         // of the block: with about 8 candidates a race costs about 5 % of coding it
constexpr uint32_t kMaxLag = 16384;

struct Statistics {
  std::array<size_t, 256> count{};
  size_t size = 0, control = 0, text = 0, high = 0, calls = 0;
  int distinct = 0;
  uint32_t chance_q16 = 0;  // of two bytes being equal
};

Statistics measure(base::ByteSpan block) {
  Statistics s;
  s.size = block.size();
  for (const uint8_t byte : block) ++s.count[byte];
  uint64_t squares = 0;
  for (size_t c = 0; c < 256; ++c) {
    const size_t n = s.count[c];
    s.distinct += n != 0;
    const uint64_t share_q16 = s.size != 0 ? (uint64_t{n} << 16) / s.size : 0;
    squares += share_q16 * share_q16;
    const bool blank = c == '\t' || c == '\n' || c == '\r';
    if (c >= 128) {
      s.high += n;
    } else if ((c >= 32 && c < 127) || blank) {
      s.text += n;
    } else {
      s.control += n;
    }
  }
  s.chance_q16 = static_cast<uint32_t>(squares >> 16);
  for (size_t i = 0; i + 5 <= s.size; ++i)
    s.calls += (block[i] & 0xFE) == 0xE8 && (block[i + 4] == 0 || block[i + 4] == 0xFF);
  return s;
}

// Nucleotides in plain letters: FASTA, FASTQ.
bool has_bases(const Statistics& s) {
  size_t sum = s.count['N'] + s.count['n'], least = s.size;
  for (const char c : {'A', 'C', 'G', 'T'}) {
    const size_t n = s.count[static_cast<size_t>(c)] + s.count[static_cast<size_t>(c | 32)];
    sum += n;
    least = std::min(least, n);
  }
  return sum * 5 >= s.size * 2 && least * 25 >= s.size;
}

bool starts_with(base::ByteSpan block, const char* magic, size_t length) {
  return block.size() >= length && std::memcmp(block.data(), magic, length) == 0;
}

uint32_t little32(base::ByteSpan block, size_t at) {
  return block[at] | static_cast<uint32_t>(block[at + 1]) << 8 | static_cast<uint32_t>(block[at + 2]) << 16 | static_cast<uint32_t>(block[at + 3]) << 24;
}

MixOptions candidate(int tier, Profile profile, uint32_t width = 0, uint32_t step = 0) {
  MixOptions options;
  options.tier = tier;
  options.profile = profile;
  options.width = std::min(width, kMaxWidth);
  options.step = step;
  return options;
}

// What a picture or sound file says about itself in its first bytes; false when it says nothing.
bool read_header(base::ByteSpan b, int tier, MixOptions* found) {
  if (b.size() < 64) return false;
  if (b[0] == 'P' && (b[1] == '5' || b[1] == '6')) {
    uint32_t value[3] = {};
    size_t at = 2;
    for (uint32_t& v : value) {
      while (at < 60 && (b[at] <= ' ' || b[at] == '#')) {
        if (b[at] == '#')
          while (at < 60 && b[at] != '\n') ++at;
        ++at;
      }
      while (at < 60 && b[at] >= '0' && b[at] <= '9') v = (v & 0xFFFFF) * 10 + (b[at++] - '0');
    }
    const uint32_t step = b[1] == '6' ? 3 : 1;
    if (value[0] < 2 || value[1] == 0 || value[2] == 0) return false;
    if (value[2] > 255) {
      *found = candidate(tier, Profile::kRecord, value[0] * step * 2);
    } else {
      *found = candidate(tier, Profile::kImage, value[0] * step, step);
    }
    return true;
  }
  if (b[0] == 'B' && b[1] == 'M' && little32(b, 14) >= 40 && little32(b, 14) <= 124) {
    const uint32_t width = little32(b, 18), bits = b[28] | static_cast<uint32_t>(b[29]) << 8;
    if (width < 2 || width > (1u << 20) || (bits != 8 && bits != 24 && bits != 32)) return false;
    *found = candidate(tier, Profile::kImage, (width * bits / 8 + 3) / 4 * 4, bits / 8);
    return true;
  }
  if (starts_with(b, "RIFF", 4) && std::memcmp(b.data() + 8, "WAVEfmt ", 8) == 0 && b[20] == 1) {
    const uint32_t channels = b[22], frame = b[32] | static_cast<uint32_t>(b[33]) << 8;
    if (channels == 0 || frame % channels != 0) return false;
    const uint32_t step = frame / channels;
    if (step < 2 || step > 4) return false;
    *found = candidate(tier, Profile::kNumbers, channels == 1 ? 2 * step : frame, step);
    return true;
  }
  return false;
}

// How alike bytes `lag` apart are: 65536 when all are equal. Equal bytes count twice what near ones do.
uint32_t likeness_q16(base::ByteSpan block, size_t begin, size_t length, uint32_t lag) {
  constexpr size_t kLanes = 64;
  const uint8_t* a = block.data() + begin;
  const uint8_t* b = a - lag;
  uint64_t total = 0;
  size_t done = 0;
  while (done + kLanes <= length) {
    uint8_t lane[kLanes] = {};
    for (int round = 0; round < 100 && done + kLanes <= length; ++round, done += kLanes)
      for (size_t k = 0; k < kLanes; ++k) {
        const auto difference = static_cast<uint8_t>(a[done + k] - b[done + k]);
        lane[k] = static_cast<uint8_t>(lane[k] + (difference == 0) + (static_cast<uint8_t>(difference + 4) < 9));
      }
    for (const uint8_t v : lane) total += v;
  }
  return done != 0 ? static_cast<uint32_t>((total << 15) / done) : 0;
}

struct Lags {
  std::vector<uint32_t> score_q16;  // by lag, 0 unused
};

Lags measure_lags(base::ByteSpan block) {
  Lags lags;
  const size_t n = block.size();
  const auto most = static_cast<uint32_t>(std::min<size_t>(kMaxLag, n / 8));
  lags.score_q16.assign(most + 1, 0);
  for (const auto& [first, last, share] : {std::tuple{1u, std::min(1023u, most), size_t{16}}, std::tuple{1024u, most, size_t{64}}}) {
    const size_t total = std::clamp<size_t>(n / share, 1024, 48 * 1024);
    const size_t pieces = total >= 12 * 1024 ? 3 : 1, piece = total / pieces;
    for (uint32_t lag = first; lag <= last; ++lag) {
      uint64_t sum = 0;
      for (size_t k = 0; k < pieces; ++k) {
        const size_t room = n - most - piece;
        sum += likeness_q16(block, most + room * (2 * k + 1) / (2 * pieces), piece, lag);
      }
      lags.score_q16[lag] = static_cast<uint32_t>(sum / pieces);
    }
  }
  return lags;
}

// The shortest lag in [first, last] that comes close to the best there; 0 when none stands out of its surroundings.
uint32_t best_lag(const Lags& lags, uint32_t first, uint32_t last, uint32_t step) {
  const auto& score = lags.score_q16;
  last = std::min<uint32_t>(last, static_cast<uint32_t>(score.size()) - 1);
  if (score.empty() || first > last) return 0;
  uint32_t best = 0;
  uint64_t sum = 0, count = 0;
  for (uint32_t k = (first + step - 1) / step * step; k <= last; k += step) {
    sum += score[k];
    ++count;
    best = std::max(best, score[k]);
  }
  if (count == 0) return 0;
  const auto mean = static_cast<uint32_t>(sum / count);
  if (best < mean + 2500) return 0;
  const uint32_t wanted = best - (best - mean) / 8;
  uint32_t lag = (first + step - 1) / step * step;
  while (score[lag] < wanted) lag += step;
  while (lag + step <= last && score[lag + step] > score[lag]) lag += step;  // the top of this hill
  uint32_t valley = score[lag];
  for (uint32_t k = (first + step - 1) / step * step; k < lag; k += step) valley = std::min(valley, score[k]);
  return valley + (best - mean) / 2 < score[lag] ? lag : 0;
}

// -log2(p / 4096) in 1/256 bit.
const std::array<uint16_t, 4096>& cost_table() {
  static const std::array<uint16_t, 4096> table = [] {
    std::array<uint16_t, 4096> t{};
    for (uint32_t i = 0; i < 4096; ++i) {
      uint64_t v = (uint64_t{2 * i + 1} << 32) >> 1;  // q32 of the middle of the cell
      uint32_t whole = 0;
      while ((v >> (whole + 33)) != 0) ++whole;
      v >>= whole;  // 1 <= v < 2 in q32
      uint32_t fraction = 0;
      for (int bit = 0; bit < 8; ++bit) {
        v = (v >> 1) * (v >> 1) >> 30;
        fraction *= 2;
        if ((v >> 33) != 0) {
          ++fraction;
          v >>= 1;
        }
      }
      t[i] = static_cast<uint16_t>(12 * 256 - std::min<uint32_t>(12 * 256, whole * 256 + fraction));
    }
    return t;
  }();
  return table;
}

struct Runner {
  MixOptions options;
  std::unique_ptr<BitModel> model;
  uint64_t cost = 0;
};

void run(Runner* runner, base::ByteSpan bytes) {
  const auto& cost = cost_table();
  BitModel& model = *runner->model;
  const uint16_t* const p1_q16 = model.nibble_p1_q16();
  for (const uint8_t byte : bytes)
    for (const uint32_t nibble : {uint32_t{byte} >> 4, uint32_t{byte} & 15}) {
      for (int shift = 3; shift >= 0; --shift) {
        const uint32_t p1 = p1_q16[(16u | nibble) >> (shift + 1)];
        runner->cost += cost[((nibble >> shift & 1) ? p1 : 65535 - p1) >> 4];
      }
      model.update_nibble(nibble);
    }
}

constexpr int kRaceTier = 3;  // of nibble_mix, whichever model will code the block

MixOptions race(base::ByteSpan block, const std::vector<MixOptions>& candidates) {
  if (candidates.size() == 1) return candidates[0];
  const size_t n = block.size(), part_of_share = candidates[0].tier == 1 ? 4 : 1;  // the fastest level takes less time
  const size_t total = std::clamp(n / kSampleShare / part_of_share, std::min(n, kLeastSample), kMostSample / part_of_share);
  const size_t pieces = std::clamp<size_t>(total / (8 * 1024), 1, 8), piece = total / pieces;
  std::vector<uint8_t> sample;
  sample.reserve(total);
  for (size_t k = 0; k < pieces; ++k) {
    const uint8_t* const from = block.data() + (n - piece) * (2 * k + 1) / (2 * pieces);
    sample.insert(sample.end(), from, from + piece);
  }
  std::vector<Runner> runners;
  for (const MixOptions& options : candidates) {
    MixOptions small = options;
    small.tier = kRaceTier;
    runners.push_back({options, make_nibble_mix(write_options(small), sample.size()), 0});
  }
  size_t done = 0;
  for (const size_t part : {4, 2, 1}) {  // a quarter, half, all; the field narrows to 3, then 2
    const size_t end = sample.size() / part;
    for (Runner& runner : runners) run(&runner, {sample.data() + done, end - done});
    done = end;
    std::stable_sort(runners.begin(), runners.end(), [](const Runner& a, const Runner& b) { return a.cost < b.cost; });
    const size_t keep = part == 4 ? 3 : part == 2 ? 2 : 1;
    while (runners.size() > keep || (runners.size() > 1 && runners.back().cost > runners.front().cost + runners.front().cost / 8)) runners.pop_back();
    if (runners.size() == 1) break;
  }
  return runners.front().options;
}

MixOptions choose(base::ByteSpan block, int tier) {
  const Statistics s = measure(block);
  const size_t n = s.size;
  MixOptions from_header;
  if (read_header(block, tier, &from_header)) return from_header;
  const bool texty = s.control * 100 <= n && s.high * 4 <= n;
  if (texty) {
    const size_t line_ends = s.count['\n'] + s.count['\r'];
    if (s.distinct <= 20 && line_ends * 32 <= n && n >= 64) return candidate(tier, Profile::kSymbols);
    return candidate(tier, n >= 64 && has_bases(s) ? Profile::kSequences : Profile::kText);
  }
  if (n < kNoSearch) return candidate(tier, s.text * 10 >= n * 8 ? Profile::kText : Profile::kBinary);

  std::vector<MixOptions> field{candidate(tier, Profile::kBinary)};
  if (s.text * 2 >= n) field.push_back(candidate(tier, Profile::kText));
  const bool program = starts_with(block, "MZ", 2) || starts_with(block, "\x7F" "ELF", 4) || starts_with(block, "\xCF\xFA\xED\xFE", 4);
  if (program || s.calls * 400 >= n) field.push_back(candidate(tier, Profile::kExecutable));
  if (s.distinct <= 16) field.push_back(candidate(tier, Profile::kSymbols));

  const Lags lags = measure_lags(block);
  const auto& score = lags.score_q16;
  const uint32_t noise = s.chance_q16 + s.chance_q16 / 8 + 1500;
  auto add = [&](Profile profile, uint32_t width, uint32_t step) {
    if (width == 0) return;
    for (const auto& other : field)
      if (other.profile == profile && other.width == width && other.step == step) return;
    field.push_back(candidate(tier, profile, width, step));
  };
  const uint32_t near = best_lag(lags, 2, 63, 1), middle = best_lag(lags, 64, 1023, 1), far = best_lag(lags, 1024, kMaxLag, 1);
  add(Profile::kRecord, near, 0);
  add(Profile::kRecord, middle, 0);
  if (middle == 0) add(Profile::kRecord, far, 0);
  // Numbers and pixels: bytes one element apart are alike.
  for (const uint32_t step : {1u, 2u, 3u, 4u, 8u}) {
    if (step >= score.size() || score[step] < noise) continue;
    if (step > 1 && score[step] < score[step - 1] + 1000) continue;
    if (step == 8 && score[8] <= score[4]) continue;
    uint32_t row = best_lag(lags, 64, kMaxLag, step);
    if (step != 2 && step != 8 && row != 0) add(Profile::kImage, row, step);
    if (step != 1) add(Profile::kNumbers, row != 0 ? row : near > step && near % step == 0 ? near : 2 * step, step);
  }
  return race(block, field);
}

}  // namespace

std::vector<uint8_t> choose_mix_options(base::ByteSpan block, int tier) { return write_options(choose(block, tier)); }

}  // namespace fastnz::models

#include "models/context_mix/options.h"

#include <algorithm>
#include <bit>
#include <string>

#include "base/error.h"
#include "kernels/context_mix.h"

namespace fastnz::models {
namespace {

struct Tier {
  int contexts;
  int sets;
  int table_bits;  // log2 of the most bytes of bit histories
  int apm_bits;    // log2 of the most rows of an adaptive probability map
};

constexpr Tier kTierTable[kTiers] = {{4, 1, 24, 10},  {6, 2, 25, 11},  {8, 2, 26, 12},
                                      {10, 3, 27, 12}, {12, 3, 28, 12}, {20, 4, 29, 16}};

}  // namespace

std::vector<uint8_t> write_options(const ContextMixOptions& options) {
  std::vector<uint8_t> bytes{static_cast<uint8_t>(options.tier), static_cast<uint8_t>(options.profile)};
  if (profile_row(options.profile).has_width) {
    for (int shift = 0; shift < 24; shift += 8) bytes.push_back(static_cast<uint8_t>(options.width >> shift));
    bytes.push_back(static_cast<uint8_t>(options.step));
  }
  return bytes;
}

ContextMixOptions read_options(base::ByteSpan bytes, const char* model, int tiers) {
  auto refuse = [&](const std::string& what) { throw base::Error(base::ErrorKind::kUnsupported, std::string(model) + ": " + what); };
  if (bytes.size() < 2) refuse("expected at least 2 option bytes, found " + std::to_string(bytes.size()));
  if (bytes[0] < 1 || bytes[0] > tiers) refuse("tier " + std::to_string(bytes[0]) + ", this version knows 1 to " + std::to_string(tiers));
  if (bytes[1] >= kProfiles) refuse("profile " + std::to_string(bytes[1]) + ", this version knows 0 to " + std::to_string(kProfiles - 1));
  ContextMixOptions options;
  options.tier = bytes[0];
  options.profile = static_cast<Profile>(bytes[1]);
  const bool has_width = profile_row(options.profile).has_width;
  const size_t expected = has_width ? 6 : 2;
  if (bytes.size() != expected) refuse("expected " + std::to_string(expected) + " option bytes, found " + std::to_string(bytes.size()));
  if (has_width) {
    options.width = bytes[2] | static_cast<uint32_t>(bytes[3]) << 8 | static_cast<uint32_t>(bytes[4]) << 16;
    options.step = bytes[5];
    const uint32_t low = options.profile == Profile::kRecord ? 0 : options.profile == Profile::kImage ? 1 : 2;
    const uint32_t most = options.profile == Profile::kRecord ? 0 : options.profile == Profile::kImage ? 4 : 8;
    if (options.step < low || options.step > most)
      refuse("step " + std::to_string(options.step) + ", expected " + std::to_string(low) + " to " + std::to_string(most));
    const uint32_t least = options.step + 1;
    if (options.width < least) refuse("width " + std::to_string(options.width) + ", expected at least " + std::to_string(least));
  }
  return options;
}

ContextMixShape shape_of(const ContextMixOptions& options, uint64_t content_size) {
  const Tier& tier = kTierTable[options.tier - 1];
  ContextMixShape shape;
  shape.contexts = std::min<int>(tier.contexts, static_cast<int>(profile_row(options.profile).contexts.size()));
  shape.sets = tier.sets;
  // A context claims at most two slots a byte, most of them in small contents; in large ones contexts recur, and a
  // table of a quarter of that costs 0.1 % of the size and far fewer cache misses.
  const uint64_t start = std::min<uint64_t>(content_size, 1 << 16), rest = content_size - start;
  const uint64_t wanted = std::max<uint64_t>(start * 24 + rest * 4, 1 << 14) * static_cast<uint64_t>(shape.contexts);
  shape.table_bytes = std::min(std::bit_floor(wanted), uint64_t{1} << tier.table_bits);
  shape.match_entries = std::min(std::bit_ceil(std::max<uint64_t>(content_size, 1024)), uint64_t{1} << 22);
  shape.apm_rows = static_cast<uint32_t>(std::clamp<uint64_t>(std::bit_ceil(content_size / 4), 1u << 10, 1u << tier.apm_bits));
  return shape;
}

int input_count(const ContextMixShape& shape) {
  const int used = 2 * shape.contexts + kernels::kDirectInputs + kernels::kMatchInputs + 1;
  return (used + kernels::kInputAlign - 1) / kernels::kInputAlign * kernels::kInputAlign;
}

uint64_t memory_of(const ContextMixShape& shape, uint64_t content_size) {
  const uint64_t rows = kernels::kMatchClasses * 256 + (kernels::kMaxOrder + 1) * 8 + static_cast<uint64_t>(shape.sets) * kSetRows * 8;
  return shape.table_bytes + shape.match_entries * 4 + content_size + 65536 * 4 + 2 * shape.apm_rows * 64 +
         rows * static_cast<uint64_t>(input_count(shape)) * 4 + static_cast<uint64_t>(shape.contexts) * 1024 + (uint64_t{1} << 20);
}

}  // namespace fastnz::models

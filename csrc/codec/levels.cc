#include "codec/levels.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "models/context_mix/context_mix.h"

namespace fastnz::codec {
namespace {

// 32 MiB: large enough that a block's fresh start costs less than 1 % on text, small enough that 64 MB feeds two
// threads.
constexpr uint64_t kBlockSize = uint64_t{32} << 20;

// What other options may take beyond the neutral ones: large tables have a fixed size per level, small ones may double.
constexpr uint64_t kOptionsMargin = uint64_t{64} << 20;

constexpr Level kLevels[] = {
    {1, "nibble_mix", 1, kBlockSize}, {2, "nibble_mix", 2, kBlockSize}, {3, "nibble_mix", 3, kBlockSize},
    {4, "nibble_mix", 4, kBlockSize}, {5, "nibble_mix", 5, kBlockSize}, {6, "context_mix", 5, kBlockSize},
};

}  // namespace

std::span<const Level> levels() noexcept { return kLevels; }

const Level& find_level(int level) {
  for (const Level& row : kLevels)
    if (row.level == level) return row;
  if (level < 1 || level > kMaxLevel)
    throw base::Error(base::ErrorKind::kInvalidArgument,
                      "level must be from 1 to " + std::to_string(kMaxLevel) + ", not " + std::to_string(level));
  throw base::Error(base::ErrorKind::kUnsupported,
                    "level " + std::to_string(level) + " is not in this build; the highest that is, is level " +
                        std::to_string(levels().back().level));
}

const models::ModelRow& model_of(const Level& level) {
  const models::ModelRow* row = models::find_model(level.model);
  if (!row)
    throw base::Error(base::ErrorKind::kUnsupported, std::string("model ") + level.model + " is not in this build");
  return *row;
}

std::vector<uint8_t> choose_options(const Level& level, base::ByteSpan residual) {
  return models::choose_context_mix_options(residual, level.tier);
}

std::vector<uint8_t> neutral_options(const Level& level) {
  return models::choose_context_mix_options(base::ByteSpan(), level.tier);
}

uint64_t model_memory_bound(const Level& level, uint64_t size) {
  const uint64_t neutral = model_of(level).memory(neutral_options(level), size);
  return neutral + std::min(neutral, kOptionsMargin);
}

}  // namespace fastnz::codec

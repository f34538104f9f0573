#include "codec/levels.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "models/context_mix/context_mix.h"
#include "models/gru8/gru8.h"
#include "models/weights_store.h"

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

const models::ModelRow& row_of(const Level& level) {
  const models::ModelRow* row = models::find_model(level.model);
  if (!row)
    throw base::Error(base::ErrorKind::kUnsupported, std::string("model ") + level.model + " is not in this build");
  return *row;
}

}  // namespace

std::span<const Level> levels() noexcept { return kLevels; }

Level find_level(int level, uint64_t model_id) {
  for (Level row : kLevels) {
    if (row.level != level) continue;
    if (model_id != 0 && !models::find_weights(model_id))
      throw base::Error(base::ErrorKind::kModelMissing,
                        "the model " + models::weights_name(model_id) + " is not loaded");
    row.model_id = model_id;
    return row;
  }
  if (level < 1 || level > kMaxLevel)
    throw base::Error(base::ErrorKind::kInvalidArgument,
                      "level must be from 1 to " + std::to_string(kMaxLevel) + ", not " + std::to_string(level));
  throw base::Error(base::ErrorKind::kUnsupported,
                    "level " + std::to_string(level) + " is not in this build; the highest that is, is level " +
                        std::to_string(levels().back().level));
}

// A network that the user named codes alone: it was trained for these data.
Choice choose_model(const Level& level, base::ByteSpan residual) {
  if (const auto weights = level.model_id != 0 ? models::find_weights(level.model_id) : nullptr)
    return {models::find_model(weights->model()), models::gru8_options(level.model_id)};
  return {&row_of(level), models::choose_context_mix_options(residual, level.tier)};
}

Choice neutral_model(const Level& level) { return choose_model(level, base::ByteSpan()); }

uint64_t model_memory_bound(const Level& level, uint64_t size) {
  const Choice choice = neutral_model(level);
  const uint64_t neutral = choice.row->memory(choice.options, size);
  return neutral + std::min(neutral, kOptionsMargin);
}

}  // namespace fastnz::codec

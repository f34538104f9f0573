#include "codec/levels.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/error.h"
#include "codec/incompressible.h"
#include "models/mixing/choose.h"
#include "models/configuration.h"
#include "models/hybrid/hybrid.h"
#include "models/hybrid/priors.h"
#include "models/hybrid_online/hybrid_online.h"
#include "models/lane_mix/options.h"
#include "models/nibble_mix/mixer.h"
#include "models/primed_mix/dictionary.h"
#include "models/weights_store.h"

namespace fastnz::codec {
namespace {

// 32 MiB: large enough that a block's fresh start costs less than 1 % on text, small enough that 64 MB feeds two
// threads.
constexpr uint64_t kBlockSize = uint64_t{32} << 20;

// The default level takes the network for contents that it codes in less than a tenth of a second.
constexpr uint64_t kSmallContent = uint64_t{16} << 10, kAnyContent = ~uint64_t{0};

constexpr Level kLevels[] = {
    {1, "symbol_mix", 1, kBlockSize},
    {2, "nibble_mix", 2, kBlockSize},
    {3, "nibble_mix", 3, kBlockSize, 5, {models::kSmallPrior}, kSmallContent},
    {4, "nibble_mix", 4, kBlockSize},
    {5, "nibble_mix", 5, kBlockSize},
    {6, "nibble_mix", 7, kBlockSize},
    {7, "nibble_mix", 7, kBlockSize, 7, {models::kSmallPrior}, kAnyContent, 0, true},
    {8, "nibble_mix", 7, kBlockSize, 7, {models::kLargePrior}, kAnyContent, 0, true},
    {9, "nibble_mix", 7, kBlockSize, 7, {models::kLargePrior}, kAnyContent, 1, true},
};

// More contexts than those of tier 5 only pay where there is time to learn whom to trust: beside the network, 16 of them make
// text of up to 16 KB half a percent longer, 24 of them one percent, and 24 make 64 KB shorter.
constexpr size_t kFewContexts = 32 << 10;
constexpr int kFewContextsTier = 5;

// Trials of the network: on how much of a content, and from which size on one with text in it is tried at all.
constexpr size_t kLeastTrial = 2 << 10, kMostTrial = 32 << 10, kTrialShare = 8, kTrialPieces = 4;
constexpr size_t kSurelyText = 4 << 10;
constexpr size_t kRivalFrom = (64 << 10) + 1;  // contents of one compact frame have no rival
constexpr size_t kLearnFrom = (64 << 10) + 1;  // a network that begins from nothing is of no use before

const models::ModelRow& row_of(const Level& level) {
  const models::ModelRow* row = models::find_model(level.model);
  if (!row)
    throw base::Error(base::ErrorKind::kUnsupported, std::string("model ") + level.model + " is not in this build");
  return *row;
}

std::shared_ptr<const models::Configuration> configuration_of(uint64_t model_id) {
  return model_id == 0 ? nullptr : std::dynamic_pointer_cast<const models::Configuration>(models::find_weights(model_id));
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
    if (const auto configuration = configuration_of(model_id); configuration && configuration->block_size() != 0)
      row.block_size = configuration->block_size();
    return row;
  }
  throw base::Error(base::ErrorKind::kInvalidArgument,
                    "level must be from 1 to " + std::to_string(kMaxLevel) + ", not " + std::to_string(level));
}

namespace {

Choice plain_choice(const Level& level, base::ByteSpan residual) {
  return {&row_of(level), models::choose_mix_options(residual, level.tier)};
}

int hybrid_tier(const Level& level, uint64_t size) {
  const int tier = level.network_tier != 0 ? level.network_tier : level.tier;
  return size <= kFewContexts ? std::min(tier, kFewContextsTier) : tier;
}

// The hybrid over the contexts that suit the residual.
Choice hybrid_choice(const Level& level, base::ByteSpan residual, int tier) {
  models::HybridOptions options;
  options.mix = models::read_options(models::choose_mix_options(residual, tier), "hybrid", models::kNibbleMixTiers);
  options.weights_id = level.model_id;
  for (const uint8_t prior : level.priors)
    if (level.model_id == 0 && prior != 0) options.priors.push_back(prior);
  return {models::find_model("hybrid"), models::write_hybrid_options(options)};
}

// A network that learns beside it, where the content is long enough to learn from.
Choice with_learner(const Level& level, Choice hybrid, uint64_t size) {
  if (level.learner == 0 || size < kLearnFrom) return hybrid;
  const models::HybridOnlineOptions options{level.learner, models::read_hybrid_options(hybrid.options)};
  return {models::find_model("hybrid_online"), models::write_hybrid_online_options(options)};
}

bool networks_are_here(const Level& level) {
  try {
    for (const uint8_t prior : level.priors)
      if (prior != 0) models::require_weights(models::kPriors[prior]);
  } catch (const base::Error& error) {
    if (level.network_required || error.kind() != base::ErrorKind::kModelMissing) throw;
    return false;
  }
  return true;
}

size_t coded_size(const Choice& choice, base::ByteSpan content) {
  std::vector<uint8_t> coded;
  encode_with_model(content, *choice.row, choice.options, &coded, nullptr);
  return choice.options.size() + coded.size();
}

// Does the network make a few pieces of the content at least 2 % shorter, else it is not worth its time? Both codes of
// them are made and compared.
bool network_helps(const Choice& hybrid, const Choice& plain, base::ByteSpan residual) {
  const size_t total = std::min(residual.size(), std::clamp(residual.size() / kTrialShare, kLeastTrial, kMostTrial));
  const size_t piece = total / kTrialPieces;
  std::vector<uint8_t> sample;
  for (size_t k = 0; k < kTrialPieces; ++k) {
    const base::ByteSpan part = residual.subspan((residual.size() - piece) * k / (kTrialPieces - 1), piece);
    sample.insert(sample.end(), part.begin(), part.end());
  }
  return coded_size(hybrid, sample) * 51 < coded_size(plain, sample) * 50;
}

// A dictionary that the user named serves contents that are short enough; the others are coded as the level would.
Level without_model(Level level) {
  level.model_id = 0;
  return level;
}
std::shared_ptr<const models::Weights> dictionary_of(const Level& level) {
  if (level.model_id == 0) return nullptr;
  auto weights = models::require_weights(level.model_id);
  return std::strcmp(weights->model(), "primed_mix") == 0 ? weights : nullptr;
}
Choice primed_choice(const Level& level) {
  return {models::find_model("primed_mix"), models::primed_options(level.model_id)};
}

// Where content repeats itself much, a head spares the lanes to find that out each.
constexpr size_t kHeadShare = 5;  // of the head's bytes that its code may have, to be worth it: 1.6 bits a byte

std::vector<uint8_t> with_head(const std::vector<uint8_t>& options, uint64_t size) {
  models::LaneMixOptions lanes = models::read_lane_mix_options(options);
  lanes.head = models::most_lane_head(size);
  return models::write_lane_mix_options(lanes);
}

// A configuration that the user named codes everything.
Choice configured_choice(const models::Configuration& configuration, base::ByteSpan residual) {
  Choice choice{models::find_model(configuration.model()), configuration.options_for(residual.size())};
  if (choice.row->lane_layout) choice.options = models::lane_options_for(choice.options, residual.size());
  const int head = choice.row->lane_layout ? models::most_lane_head(residual.size()) : 0;
  if (head == 0) return choice;
  std::vector<uint8_t> code;
  const uint32_t size = models::lane_head_bytes(head);
  encode_with_model(residual.first(size), *models::find_model(models::kLaneHeadModel), models::lane_head_options(), &code, nullptr);
  if (code.size() * kHeadShare < size) choice.options = with_head(choice.options, residual.size());
  return choice;
}

}  // namespace

Choice choose_model(const Level& level, base::ByteSpan residual) {
  if (const auto configuration = configuration_of(level.model_id)) return configured_choice(*configuration, residual);
  if (dictionary_of(level))
    return residual.size() <= models::kMaxPrimedContent ? primed_choice(level) : choose_model(without_model(level), residual);
  const bool named = level.model_id != 0;
  Choice plain = plain_choice(level, residual);
  if (!named && (level.network_tier == 0 || residual.size() > level.network_most)) return plain;
  if (!named && !networks_are_here(level)) return plain;
  Choice hybrid = hybrid_choice(level, residual, hybrid_tier(level, residual.size()));
  const bool text = models::read_hybrid_options(hybrid.options).mix.profile == models::Profile::kText;
  const size_t surely = named ? kRivalFrom - 1 : text ? kSurelyText : 0;  // a network that the user names was made for the data
  if (residual.size() <= surely) return with_learner(level, std::move(hybrid), residual.size());
  return network_helps(hybrid, plain, residual) ? with_learner(level, std::move(hybrid), residual.size()) : plain;
}

Choice rival_model(const Level& level, const Choice& choice, base::ByteSpan residual) {
  const bool hybrid = choice.row->id == models::kHybridModel || choice.row->id == models::kHybridOnlineModel;
  if (!hybrid || residual.size() < kRivalFrom) return {};
  return plain_choice(level, residual);
}

bool wants_words(const Level& level) {
  const auto configuration = configuration_of(level.model_id);
  return configuration && configuration->words();
}

uint64_t training_memory(const Level& level) {
  const auto configuration = configuration_of(level.model_id);
  return configuration ? configuration->training_memory() : 0;
}

Choice neutral_model(const Level& level) { return plain_choice(level, base::ByteSpan()); }

uint64_t model_memory_bound(const Level& level, uint64_t size) {
  if (const auto configuration = configuration_of(level.model_id)) {
    const models::ModelRow& chosen = *models::find_model(configuration->model());
    if (!chosen.lane_layout) return chosen.memory(configuration->options_for(size), size);
    uint64_t most = 0;  // a smaller content may have longer lanes
    for (const uint64_t n : {size, std::min(size, (uint64_t{8} << 20) - 1), std::min(size, (uint64_t{32} << 20) - 1)}) {
      const std::vector<uint8_t> options = models::lane_options_for(configuration->option_bytes(), n);
      most = std::max<uint64_t>({most, chosen.memory(options, n), chosen.memory(with_head(options, n), n)});
    }
    return most;
  }
  if (dictionary_of(level)) {
    const Choice primed = primed_choice(level);
    return std::max<uint64_t>(primed.row->memory(primed.options, std::min(size, models::kMaxPrimedContent)),
                              model_memory_bound(without_model(level), size));
  }
  const models::ModelRow& row = row_of(level);
  uint64_t most_memory = 0;  // of all profiles
  for (uint8_t p = 0; p < models::kProfiles; ++p) {
    models::MixOptions mix{.tier = level.tier, .profile = static_cast<models::Profile>(p)};
    mix.step = mix.profile == models::Profile::kImage ? 1 : mix.profile == models::Profile::kNumbers ? 2 : 0;
    mix.width = mix.step + 1;
    most_memory = std::max<uint64_t>(most_memory, row.memory(models::write_options(mix), size));
  }
  if (level.model_id != 0) {
    const Choice hybrid = with_learner(level, hybrid_choice(level, base::ByteSpan(), hybrid_tier(level, size)), size);
    most_memory = std::max<uint64_t>(most_memory, hybrid.row->memory(hybrid.options, size));
  } else if (level.network_tier != 0) {
    const uint64_t most = std::min(size, level.network_most);
    const models::MixOptions mix{.tier = level.network_tier, .profile = models::Profile::kText};
    const auto priors = std::count_if(std::begin(level.priors), std::end(level.priors), [](uint8_t prior) { return prior != 0; });
    const models::NibbleMixShape shape = models::nibble_mix_shape(mix, most, static_cast<int>(priors) + (level.learner != 0), models::Readout::kMost);
    const uint64_t networks = static_cast<uint64_t>(priors) * models::kPriorMemory + (level.learner != 0 ? models::learner_memory(level.learner, most) : 0);
    most_memory = std::max<uint64_t>(most_memory, models::reserved_bytes(shape, most) + networks);
  }
  return most_memory;
}

}  // namespace fastnz::codec

// The rows. One line per model.
#include "models/registry.h"

#include "models/symbol_mix/symbol_mix.h"
#include "models/gru8/gru8.h"
#include "models/hybrid/hybrid.h"
#include "models/hybrid_online/hybrid_online.h"
#include "models/lane_mix/lane_mix.h"
#include "models/nibble_mix/nibble_mix.h"
#include "models/online/online.h"
#include "models/primed_mix/dictionary.h"
#include "models/transformer8/transformer8.h"

namespace fastnz::models {
namespace {

constexpr ModelRow kRows[] = {
    {2, "nibble_mix", nibble_mix_memory, make_nibble_mix, nullptr, nullptr},
    {3, "gru8", gru8_memory, make_gru8_bits, make_gru8, make_gru8_lanes, 8},
    {kHybridModel, "hybrid", hybrid_memory, make_hybrid, nullptr, make_hybrid_lanes, 8},
    {5, "transformer8", transformer8_memory, make_transformer8_bits, make_transformer8, make_transformer8_lanes, 8},
    {kPrimedMixModel, "primed_mix", primed_mix_memory, make_primed_mix, nullptr, nullptr, kPrimedNameBytes},
    {7, "symbol_mix", symbol_mix_memory, make_symbol_mix, nullptr, nullptr},
    {8, "online", online_memory, make_online, nullptr, nullptr, 0, online_lanes, nullptr, nullptr, online_preface},
    {kLaneMixModel, "lane_mix", lane_mix_memory, nullptr, nullptr, nullptr, 0, nullptr, lane_mix_layout, make_lane_mix},
    {kHybridOnlineModel, "hybrid_online", hybrid_online_memory, make_hybrid_online, nullptr, nullptr, 8, hybrid_online_lanes},
};

}  // namespace

std::span<const ModelRow> model_rows() noexcept { return kRows; }

const ModelRow* find_model(uint8_t id) noexcept {
  for (const ModelRow& row : kRows)
    if (row.id == id) return &row;
  return nullptr;
}

const ModelRow* find_model(std::string_view name) noexcept {
  for (const ModelRow& row : kRows)
    if (name == row.name) return &row;
  return nullptr;
}

}  // namespace fastnz::models

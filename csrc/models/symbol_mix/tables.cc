#include "models/symbol_mix/tables.h"

#include <algorithm>

namespace fastnz::models {
namespace {

using kernels::kSymbolLanes;

kernels::SymbolMixTables make_tables() {
  kernels::SymbolMixTables t{};
  for (int v = 0; v < 16; ++v) {
    t.only[v][v] = 32767;
    for (int lane = 0; lane < kSymbolLanes; ++lane) t.others[v][lane] = lane == v ? 0 : -1;
    for (int lane = v + 1; lane < kSymbolLanes; ++lane) t.target[v][lane] = 32767;
    t.fresh[v] = static_cast<int16_t>(2048 * v);
  }
  for (int visits = 0; visits <= kernels::kSymbolMostVisits; ++visits) {
    const int rate = visits == 0 ? 29491 : std::max(1092, 327670 / (10 * visits + 13));  // 1 / (visits + 1.3)
    std::fill_n(t.rate_q15[visits] + 1, kSymbolLanes - 1, static_cast<int16_t>(rate));
    t.visit[visits][0] = visits < kernels::kSymbolMostVisits;
    t.known[visits] = visits == 0 ? 0 : visits < 4 ? 1 : visits < 20 ? 2 : 3;
  }
  return t;
}

}  // namespace

const kernels::SymbolMixTables& symbol_mix_tables() {
  static const kernels::SymbolMixTables tables = make_tables();
  return tables;
}

}  // namespace fastnz::models

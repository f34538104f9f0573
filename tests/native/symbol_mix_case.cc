// The symbol-mixing kernels on a small state: few lines, so that contexts contend for them; weights small, as learning makes
// them, and large, so that sums saturate, leave 12 to 16 bits, and weights meet their limit.
#include "symbol_mix_case.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "kernels/symbol_mix.h"
#include "models/symbol_mix/tables.h"

namespace fastnz::selftest {
namespace {

using kernels::kSymbolInputs;
using kernels::kSymbolLanes;

constexpr int kContexts[] = {1, 3, 6};
constexpr uint32_t kLines = 64, kDirect = 8, kRows = 16;
constexpr int kBytes = 600;

struct alignas(64) Line {
  int16_t lane[kernels::kSymbolLineLanes];
};
struct alignas(32) Row {
  int32_t weight[kSymbolInputs];
};

struct Memory {
  Memory(Random* random, int contexts, uint32_t variant) : lines(kLines), direct(kDirect), known(size_t{1} << 2 * contexts), rows(kRows) {
    for (Line& node : direct) std::copy_n(models::symbol_mix_tables().fresh, kSymbolLanes, node.lane);
    const int32_t most = variant == 0 ? 1 << 19 : variant == 1 ? 1 << 21 : kernels::kSymbolWeightLimit_q20;
    for (auto* part : {&known, &rows})
      for (Row& row : *part)
        for (int32_t& w : row.weight) w = static_cast<int32_t>(random->below(static_cast<uint32_t>(most))) - (variant == 2 ? most / 2 : most / 8);
  }
  std::vector<Line> lines, direct;
  std::vector<Row> known, rows;
};

template <typename OnPrediction, typename OnMemory>
void run(const kernels::KernelTable& table, OnPrediction on_prediction, OnMemory on_memory) {
  for (const int contexts : kContexts) {
    for (const uint32_t variant : {0u, 1u, 2u}) {
      Random random(61 + variant);
      Memory memory(&random, contexts, variant);
      const auto state = std::make_unique<kernels::SymbolMixState>();
      state->tables = &models::symbol_mix_tables();
      state->contexts = contexts;
      state->lines = memory.lines.data()->lane;
      state->line_mask = kLines - 1;
      for (int byte = 0; byte < kBytes; ++byte) {
        state->rate_shift = 12 + static_cast<int32_t>(random.below(5));
        for (int i = 0; i < contexts; ++i) {
          state->hash[i] = random.below(24) * 0x9E3779B1u;
          state->second_hash[i] = random.below(48) * 0x85EBCA6Bu;
        }
        const bool runs = random.below(4) != 0;  // of one symbol, so that nodes become sure
        for (int half = 0; half < 2; ++half) {
          kernels::SymbolNibble& now = state->nibble[half];
          now.node[0] = memory.direct[random.below(kDirect)].lane;
          now.known_rows = memory.known.data()->weight;
          now.row[1] = memory.rows[random.below(kRows / 2)].weight;
          now.row[2] = memory.rows[kRows / 2 + random.below(kRows / 2)].weight;
          now.match = static_cast<int32_t>(random.below(24)) - 8;
          now.match_q11 = static_cast<int16_t>(-static_cast<int32_t>(random.below(28001)));
          table.symbol_mix_predict(state.get(), half);
          on_prediction(now, contexts);
          // The first nibble is learnt after the second is predicted, as the model does.
          if (half == 1) table.symbol_mix_update(state.get(), 0, runs ? 7 : static_cast<int>(random.below(16)));
        }
        table.symbol_mix_update(state.get(), 1, runs ? 3 : static_cast<int>(random.below(16)));
      }
      on_memory(memory);
    }
  }
}

auto nothing = [](const auto&...) {};

}  // namespace

void run_symbol_mix_predict(const kernels::KernelTable& table, Digest* digest) {
  run(table, [&](const kernels::SymbolNibble& now, int contexts) {
    digest->add(std::span<const uint16_t>(now.start_q15));
    for (int i = 0; i < contexts + 2; ++i) digest->add(std::span<const int16_t>(now.x[i]));
  }, nothing);
}

void run_symbol_mix_update(const kernels::KernelTable& table, Digest* digest) {
  run(table, nothing, [&](const Memory& memory) {
    digest->add(std::span<const Line>(memory.lines));
    for (const Line& node : memory.direct) digest->add(std::span<const int16_t>(node.lane, kSymbolLanes));
    digest->add(std::span<const Row>(memory.known));
    digest->add(std::span<const Row>(memory.rows));
  });
}

}  // namespace fastnz::selftest

// The nibble-tree mixing kernels on a small state with random contents: cells, weights and maps that learning would
// never reach together, so that saturation is met too. Few lines, so that contexts contend for them.
#include "nibble_mix_case.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "kernels/nibble_mix.h"
#include "models/nibble_mix/tables.h"

namespace fastnz::selftest {
namespace {

using kernels::kNibbleLanes;
using kernels::NibbleMixState;

constexpr int kContexts[] = {2, 4, 10, 24};
constexpr uint32_t kLines = 64, kRows = 16;
constexpr int kBytes = 200;

struct alignas(64) Line {
  int16_t lane[kernels::kNibbleLineLanes];
};

struct Memory {
  Memory(Random* random, int contexts, bool small_weights)
      : lines(kLines), overflow(kLines / 2), direct(17), inputs(contexts + kernels::kNibbleDirect + kernels::kNibbleOthers + kernels::kMaxNibbleNetworks * kernels::kNibbleNetwork) {
    auto fill = [&](std::vector<Line>* to) {
      for (Line& line : *to)
        for (int16_t& lane : line.lane) lane = static_cast<int16_t>(random->next());
    };
    for (auto* part : {&lines, &overflow, &direct}) fill(part);
    for (Line& line : lines) line.lane[kernels::kNibbleSecond] = static_cast<int16_t>(random->below(17));
    for (auto& map : maps) {
      map.resize(kNibbleLanes * kernels::kNibbleApmColumns);
      for (uint16_t& cell : map) cell = static_cast<uint16_t>(random->next());
    }
    for (auto& set : weights) {
      set.resize(kRows * static_cast<size_t>(inputs) / 2);
      fill(&set);
      if (!small_weights) continue;
      for (Line& line : set)
        for (int16_t& lane : line.lane) lane = static_cast<int16_t>(lane >> 4);
    }
  }

  std::vector<Line> lines, overflow, direct, weights[kernels::kMaxNibbleSets];
  int inputs;
  std::vector<uint16_t> maps[4];
};

void point(NibbleMixState* state, int contexts, Memory* memory, Random* random) {
  state->tables = &models::nibble_mix_tables();
  state->contexts = contexts;
  state->cells = contexts + kernels::kNibbleDirect;
  state->lines = memory->lines.data()->lane;
  state->overflow = memory->overflow.data()->lane;
  state->line_mask = kLines - 1;
  state->overflow_mask = kLines / 2 - 1;
  state->learning_rate_q9 = 2868;
  state->dither = random->next();
  for (int i = 0; i < state->cells; ++i)
    for (int k = 1; k < kernels::kNibbleSoleStates; ++k) {
      state->sole_q16[i][k] = static_cast<uint16_t>(random->next());
      const auto value = static_cast<uint16_t>(state->tables->stretch_q10[state->sole_q16[i][k] >> 4]);
      state->sole_low[i][k] = state->sole_low[i][k + 16] = static_cast<uint8_t>(value);
      state->sole_high[i][k] = state->sole_high[i][k + 16] = static_cast<uint8_t>(value >> 8);
    }
}

// What the model sets at a nibble, once the cells of its contexts are found.
void begin_nibble(NibbleMixState* state, Memory* memory, int networks, Random* random) {
  const int n = state->contexts;
  for (int k = 0; k < kernels::kNibbleDirect; ++k) state->slot[n + k] = memory->direct[k * 8 + random->below(8)].lane;
  for (int lane = 0; lane < kNibbleLanes; ++lane) {
    state->x[n + 2][lane] = static_cast<int16_t>(static_cast<int32_t>(random->below(26000)) - 13000);
    state->x[n + 3][lane] = 256;
  }
  for (int j = 0; j < kernels::kMaxNibbleSets; ++j)
    state->weights[j] = memory->weights[j].data()->lane + random->below(kRows) * static_cast<uint32_t>(memory->inputs) * kNibbleLanes;
  state->apm = random->below(4) != 0 ? memory->maps[0].data() : nullptr;
  state->networks = networks;
  for (int k = 0; k < networks; ++k) {
    for (int lane = 0; lane < kNibbleLanes; ++lane) state->x[n + 4 + 2 * k][lane] = static_cast<int16_t>(random->next());
    state->network_map[k] = memory->maps[1 + k].data();
  }
  if (networks != 0)
    for (int16_t& odds : state->readout_q10) odds = static_cast<int16_t>(static_cast<int32_t>(random->below(2 * kernels::kReadoutMost_q10)) - kernels::kReadoutMost_q10);
  state->network_apm = memory->maps[3].data();
}

// Runs the kernels as the model does and hands what they answer, and the memory at the end, to the visitors.
template <typename OnSlots, typename OnPrediction, typename OnMemory>
void run(const kernels::KernelTable& table, OnSlots on_slots, OnPrediction on_prediction, OnMemory on_memory) {
  for (const int contexts : kContexts) {
    for (const uint32_t variant : {0u, 1u, 2u, 3u, 4u, 5u}) {
      const bool small_weights = (variant & 1) == 0;
      const int networks = static_cast<int>(variant / 2);
      Random random(51 + variant);
      Memory memory(&random, contexts, small_weights);
      const auto state = std::make_unique<NibbleMixState>();
      point(state.get(), contexts, &memory, &random);
      for (int byte = 0; byte < kBytes; ++byte) {
        for (int i = 0; i < contexts; ++i) state->hash[i] = random.below(200) * 0x9E3779B1u;
        table.nibble_mix_prefetch(state.get());
        for (int second = 0; second < 2; ++second) {
          const uint32_t nibble = random.below(16);
          second ? table.nibble_mix_find_second(state.get(), nibble) : table.nibble_mix_find_first(state.get());
          on_slots(*state, second);
          begin_nibble(state.get(), &memory, networks, &random);
          table.nibble_mix_predict(state.get());
          on_prediction(*state);
          if (!second) table.nibble_mix_prefetch_second(state.get(), nibble ^ 5);
          table.nibble_mix_update(state.get(), static_cast<int>(random.below(16)));
        }
      }
      on_memory(memory, *state);
    }
  }
}

auto nothing = [](const auto&...) {};

void add_memory(Digest* digest, const Memory& memory) {
  for (const auto* part : {&memory.lines, &memory.overflow}) digest->add(std::span<const Line>(*part));
}

// Rows and numbers of a readout of each width, small ones and the greatest that there may be.
template <typename Run>
void run_readout(Run run) {
  for (int width = 32; width <= 480; width += 64)
    for (const bool greatest : {false, true}) {
      Random random(static_cast<uint32_t>(width));
      std::vector<Line> rows(static_cast<size_t>(width) / 2), x(static_cast<size_t>(width) / 32);
      for (Line& line : rows)
        for (int16_t& v : line.lane) v = greatest ? INT16_MIN : static_cast<int16_t>(static_cast<int16_t>(random.next()) >> random.below(12));
      for (Line& line : x)
        for (int16_t& v : line.lane) v = greatest ? -128 : static_cast<int8_t>(random.next());
      run(rows.data()->lane, x.data()->lane, width, &random);
    }
}

}  // namespace

void run_readout_odds_q10(const kernels::KernelTable& table, Digest* digest) {
  run_readout([&](int16_t* rows, const int16_t* x, int width, Random*) {
    alignas(64) int16_t odds[kNibbleLanes] = {};
    table.readout_odds_q10(rows, x, width, odds);
    digest->add(std::span<const int16_t>(odds));
  });
}

void run_readout_learn(const kernels::KernelTable& table, Digest* digest) {
  run_readout([&](int16_t* rows, const int16_t* x, int width, Random* random) {
    for (int node = 0; node < kNibbleLanes; ++node) {
      const auto step = static_cast<int16_t>(node == 0 ? 32767 : node == 1 ? -32767 : static_cast<int16_t>(random->next()) >> random->below(14));
      table.readout_learn(x, width, step, rows + node * width);
    }
    digest->add(std::span<const int16_t>(rows, static_cast<size_t>(kNibbleLanes * width)));
  });
}

// They change nothing; that they run on every instruction set is the case.
void run_nibble_mix_prefetch_second(const kernels::KernelTable& table, Digest* digest) { run_nibble_mix_prefetch(table, digest); }
void run_nibble_mix_prefetch(const kernels::KernelTable& table, Digest* digest) {
  run(table, nothing, nothing, [&](const Memory& memory, const NibbleMixState&) { add_memory(digest, memory); });
}

void run_nibble_mix_find_first(const kernels::KernelTable& table, Digest* digest) {
  run(table, [&](const NibbleMixState& s, int second) {
    for (int i = 0; !second && i < s.contexts; ++i) digest->add(std::span<const int16_t>(s.slot[i], kNibbleLanes));
  }, nothing, nothing);
}

void run_nibble_mix_find_second(const kernels::KernelTable& table, Digest* digest) {
  run(table, [&](const NibbleMixState& s, int second) {
    for (int i = 0; second && i < s.contexts; ++i) digest->add(std::span<const int16_t>(s.slot[i], kNibbleLanes));
  }, nothing, nothing);
}

void run_nibble_mix_predict(const kernels::KernelTable& table, Digest* digest) {
  run(table, nothing, [&](const NibbleMixState& s) {
    digest->add(std::span<const uint16_t>(s.p1_q16));
    digest->add(std::span<const int16_t>(s.mixed_q15));
    for (int i = 0; i < s.cells + kernels::kNibbleOthers + s.networks * kernels::kNibbleNetwork; ++i)
      digest->add(std::span<const int16_t>(s.x[i]));
  }, nothing);
}

void run_nibble_mix_update(const kernels::KernelTable& table, Digest* digest) {
  run(table, nothing, nothing, [&](const Memory& memory, const NibbleMixState& s) {
    add_memory(digest, memory);
    digest->add(std::span<const Line>(memory.direct));
    for (const auto& set : memory.weights) digest->add(std::span<const Line>(set));
    for (const auto& map : memory.maps) digest->add(std::span<const uint16_t>(map));
    for (int i = 0; i < s.cells; ++i) digest->add(std::span<const uint16_t>(s.sole_q16[i]));
  });
}

}  // namespace fastnz::selftest

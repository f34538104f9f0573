// The context-mixing kernels on a small state with random contents: histories, maps and weights that learning would
// never reach together, so that wrapping and saturation are met too.
#include "context_mix_case.h"

#include <algorithm>
#include <vector>

#include "kernels/context_mix.h"
#include "models/context_mix/tables.h"

namespace fastnz::selftest {
namespace {

using kernels::ContextMixState;

// One shape for each number of weight sets; the contexts leave every kind of remainder beside a vector's lanes.
struct Shape {
  int contexts, sets;
  int inputs() const {
    const int used = 2 * contexts + kernels::kDirectInputs + kernels::kMatchInputs + 1;
    return (used + kernels::kInputAlign - 1) / kernels::kInputAlign * kernels::kInputAlign;
  }
};
constexpr Shape kShapes[] = {{3, 1}, {7, 4}, {12, 2}, {20, 3}, {32, 4}};
constexpr int kOrdered = 3;
constexpr uint32_t kApmRows = 256, kDirectRows = 1 << 12, kSlots = 1 << 10, kSetRows = 64;
constexpr int kBytes = 100;

struct alignas(64) Line {
  uint8_t bytes[64];
};

template <typename T>
std::vector<T> draw(Random* random, size_t size) {
  std::vector<T> values(size);
  for (T& value : values) value = static_cast<T>(random->next());
  return values;
}

// Everything that a state points to, filled at random; small weights, as learning leaves them, or any.
struct Memory {
  Memory(Random* random, Shape shape, bool small_weights)
      : map(draw<uint32_t>(random, static_cast<size_t>(shape.contexts) * 256)),
        match_map(draw<uint32_t>(random, (kernels::kMaxMatchBucket + 1) * 256 * 2)),
        final_weights(draw<int32_t>(random, 8 * kernels::kInputAlign)),
        slots(kSlots / 4) {
    for (auto& table : direct) table = draw<uint16_t>(random, kDirectRows * 2);
    for (auto& table : apm) table = draw<uint16_t>(random, kApmRows * kernels::kApmColumns);
    const size_t rows[] = {kernels::kMatchClasses * 256, (kernels::kMaxOrder + 1) * 8, kSetRows * 8, kSetRows * 8};
    for (int j = 0; j < shape.sets; ++j) weights[j] = draw<int32_t>(random, rows[j] * static_cast<size_t>(shape.inputs()));
    if (!small_weights) return;
    for (auto& table : weights)
      for (int32_t& weight : table) weight >>= 6;
    for (int32_t& weight : final_weights) weight >>= 4;
  }

  std::vector<uint32_t> map, match_map;
  std::vector<uint16_t> direct[kernels::kDirectOrders], apm[2];
  std::vector<int32_t> weights[kernels::kMaxWeightSets], final_weights;
  std::vector<Line> slots;
};

void point(ContextMixState* state, Shape shape, Memory* memory) {
  state->tables = &models::context_mix_tables();
  state->contexts = shape.contexts;
  state->ordered_contexts = kOrdered;
  state->inputs = shape.inputs();
  state->sets = shape.sets;
  state->state_limit = 255;
  state->learning_rate_q4 = 24;
  state->map = memory->map.data();
  state->match_map = memory->match_map.data();
  state->final_weights = memory->final_weights.data();
  for (int k = 0; k < kernels::kDirectOrders; ++k) state->direct[k] = memory->direct[k].data();
  for (int k = 0; k < 2; ++k) {
    state->apm[k] = memory->apm[k].data();
    state->apm_mask[k] = kApmRows - 1;
  }
  for (int j = 0; j < shape.sets; ++j) state->weights[j] = memory->weights[j].data();
}

// What the model sets between bytes.
void begin_byte(ContextMixState* state, Random* random) {
  state->partial = 1;
  state->bit_index = 0;
  state->previous_byte = random->below(256);
  state->match_length = random->below(2) * (1 + random->below(100));
  state->expected_byte = static_cast<int32_t>(random->below(256));
  for (uint32_t& base : state->set_base) base = random->below(kSetRows);
  for (uint32_t& base : state->apm_base) base = random->below(1 << 16);
  state->direct_base[0] = 0;
  state->direct_base[1] = 256 * random->below(kDirectRows / 256);
}

void begin_nibble(const kernels::KernelTable& table, ContextMixState* state, Memory* memory, Random* random) {
  uint32_t line[kernels::kMaxContexts];
  uint8_t check[kernels::kMaxContexts];
  for (int i = 0; i < state->contexts; ++i) {
    line[i] = random->below(kSlots);
    check[i] = static_cast<uint8_t>(1 + random->below(6));  // few, so that contexts meet
  }
  table.context_mix_find(state->tables, memory->slots.data()->bytes, line, check, state->slot, state->contexts);
  state->node = 1;
}

// Runs the three kernels as the model does and hands every prediction and the memory at the end to the visitors.
template <typename OnPrediction, typename OnMemory>
void run(const kernels::KernelTable& table, OnPrediction on_prediction, OnMemory on_memory) {
  for (const Shape shape : kShapes) {
    for (const bool small_weights : {true, false}) {
      Random random(small_weights ? 41 : 42);
      Memory memory(&random, shape, small_weights);
      ContextMixState state{};
      point(&state, shape, &memory);
      for (int byte = 0; byte < kBytes; ++byte) {
        begin_byte(&state, &random);
        for (int bit = 0; bit < 8; ++bit) {
          if (bit % 4 == 0) begin_nibble(table, &state, &memory, &random);
          const uint32_t p = table.context_mix_predict(&state);
          on_prediction(p);
          table.context_mix_update(&state, random.below(65536) < p);
        }
      }
      on_memory(memory);
    }
  }
}

}  // namespace

void run_context_mix_find(const kernels::KernelTable& table, Digest* digest) {
  run(table, [](uint32_t) {}, [&](const Memory& memory) { digest->add(std::span<const Line>(memory.slots)); });
}

void run_context_mix_predict(const kernels::KernelTable& table, Digest* digest) {
  run(table, [&](uint32_t p) { digest->add_value(p); }, [](const Memory&) {});
}

void run_context_mix_update(const kernels::KernelTable& table, Digest* digest) {
  run(table, [](uint32_t) {}, [&](const Memory& memory) {
    digest->add(std::span<const uint32_t>(memory.map));
    digest->add(std::span<const uint32_t>(memory.match_map));
    digest->add(std::span<const int32_t>(memory.final_weights));
    for (const auto& values : memory.weights) digest->add(std::span<const int32_t>(values));
    for (const auto& values : memory.direct) digest->add(std::span<const uint16_t>(values));
    for (const auto& values : memory.apm) digest->add(std::span<const uint16_t>(values));
  });
}

}  // namespace fastnz::selftest

#include "models/online/network.h"

#include <algorithm>
#include <cmath>

#include "kernels/dispatch.h"
#include "kernels/float_environment.h"

namespace fastnz::models {
namespace {

constexpr size_t kObjects = 16384;  // what objects themselves take, for any compiler

float rate_of(int code) noexcept {
  float rate = static_cast<float>(16 + (code & 15));
  for (int i = 4 + (code >> 4); i > 0; --i) rate *= 0.5f;
  return rate;
}

size_t optimisers_of(const OnlineOptions& o) noexcept { return o.schedule.every > 0 && o.schedule.apart ? 2 : 1; }
size_t uses_of(const OnlineOptions& o) noexcept {
  return static_cast<size_t>(std::max(o.streams, o.schedule.lanes)) * static_cast<size_t>(o.period * o.horizons);
}

kernels::FloatAdam adam(const OnlineOptions& o, float rate, uint32_t count) noexcept {
  const float share = 1.0f / static_cast<float>(std::min(count, uint32_t{1} << o.memory));
  return {rate, share, 0x1p-64f, 16.0f, o.with_mean ? 0.875f : 0.0f};
}

}  // namespace

OnlineNetwork::OnlineNetwork(const OnlineOptions& options, uint64_t lane_size, const kernels::KernelTable* kernels)
    : core_{options, kernels ? kernels : &kernels::kernels(), {}, {}}, pass_(options, &core_.parameters) {
  const kernels::FloatEnvironment environment;
  DenseParameters same;  // a replay's pass places what is placed already
  if (options.schedule.every > 0) replay_.emplace(options, lane_size, &same);
  core_.parameters.reserve(options.with_mean, optimisers_of(options));
  for (const TableShape& shape : tables_of(options))
    core_.tables.emplace_back(shape.rows, shape.width, uses_of(options), options.with_mean, optimisers_of(options));
  pass_.draw(&core_);
  if (options.bootstrap.units > 0) bootstrap_.emplace(options, *core_.kernels);
}

size_t OnlineNetwork::memory(const OnlineOptions& options, uint64_t lane_size) noexcept {
  const size_t optimisers = optimisers_of(options);
  size_t total = kObjects + NetworkPass::bytes(options) +
                 DenseParameters::bytes(static_cast<size_t>(dense_parameters(options)), options.with_mean, optimisers);
  for (const TableShape& shape : tables_of(options))
    total += EmbeddingTable::bytes(shape.rows, shape.width, uses_of(options), options.with_mean, optimisers);
  if (options.bootstrap.units > 0) total += Bootstrap::bytes(options);
  return total + (options.schedule.every > 0 ? Replay::bytes(options, lane_size) : 0);
}

void OnlineNetwork::predict(uint32_t* freq) noexcept {
  const kernels::FloatEnvironment environment;
  if (!bootstrap_) {
    pass_.predict(&core_, freq);
    return;
  }
  const Bootstrap::Step step = bootstrap_->predict();
  core_.bootstrap_state = step.state;
  pass_.predict(&core_, freq, &step.logits);
}

void OnlineNetwork::update(const int* symbols) noexcept {
  const kernels::FloatEnvironment environment;
  if (replay_) replay_->record(symbols);
  if (bootstrap_) bootstrap_->update(symbols);
  if (!pass_.update(&core_, symbols) || !learns_) return;
  learn(core_.options.rate, 0);
  if (replay_ && replay_->update(&core_)) learn(core_.options.schedule.rate, core_.options.schedule.apart ? 1 : 0);
}

void OnlineNetwork::learn(int rate_code, size_t optimiser) noexcept {
  const OnlineOptions& o = core_.options;
  uint32_t& updates = updates_[optimiser];
  float rate = rate_of(rate_code);
  if (o.decay > 0)
    rate = rate / std::sqrt(1.0f + static_cast<float>(updates) / static_cast<float>(uint32_t{1} << o.decay));
  ++updates;
  core_.parameters.learn(*core_.kernels, adam(o, rate, updates), optimiser);
  for (EmbeddingTable& table : core_.tables)
    table.learn(*core_.kernels, optimiser, [&](uint32_t count) { return adam(o, rate, count); });
}

}  // namespace fastnz::models

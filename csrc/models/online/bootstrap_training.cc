#include "models/online/bootstrap_training.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "models/online/bootstrap.h"
#include "models/online/bootstrap_reader.h"
#include "models/online/network.h"

namespace fastnz::models {
namespace {

// Tuned on pieces of the training corpus (docs/lab.md).
constexpr int kPasses = 12, kStreams = 8, kPeriod = 20;
constexpr int kRate = 0x60, kDecay = 8, kMemory = 11;
constexpr uint64_t kStepsBetweenPauses = 16;

OnlineOptions trainer_options(const OnlineOptions& options) noexcept {
  OnlineOptions trainer = bootstrap_network(options);
  trainer.streams = kStreams;
  trainer.period = kPeriod;
  trainer.rate = kRate;
  trainer.decay = kDecay;
  trainer.memory = kMemory;
  return trainer;
}

// The content in lanes, again and again; states go on from the end of one pass to the next.
void train(OnlineNetwork* network, base::ByteSpan content, const std::function<void()>& pause) {
  std::vector<uint32_t> freq(size_t{kStreams} * kernels::kFloatSymbols);
  std::array<int, kStreams> symbols{};
  const uint64_t lane = (content.size() + kStreams - 1) / kStreams;
  for (int pass = 0; pass < kPasses; ++pass)
    for (uint64_t step = 0; step < lane; ++step) {
      for (uint64_t s = 0; s < kStreams; ++s) {
        const uint64_t at = s * lane + step;
        symbols[s] = at < content.size() ? content[at] : -1;
      }
      network->predict(freq.data());
      network->update(symbols.data());
      if (step % kStepsBetweenPauses == 0) pause();
    }
}

}  // namespace

std::vector<uint8_t> train_bootstrap(const OnlineOptions& options, base::ByteSpan content, const std::function<void()>& pause) {
  const OnlineNetwork before(trainer_options(options), 0);
  OnlineNetwork network(trainer_options(options), 0);
  train(&network, content, pause);

  std::vector<uint8_t> stored(kSymbolMapBytes), occurring;
  for (const uint8_t byte : content) stored[byte / 8] |= static_cast<uint8_t>(1 << (byte % 8));
  for (size_t symbol = 0; symbol < kernels::kFloatSymbols; ++symbol)
    if (stored[symbol / 8] >> (symbol % 8) & 1) occurring.push_back(static_cast<uint8_t>(symbol));
  const float steps = std::ldexp(1.0f, options.bootstrap.step);
  for (int k = 0; k < kStoredMatrices; ++k) {
    const StoredMatrix matrix = stored_matrix(options.bootstrap.units, occurring.size(), k);
    for (int row = 0; row < matrix.rows; ++row)
      for (int column = 0; column < matrix.columns; ++column) {
        const StoredPlace place = stored_place(options.bootstrap.units, occurring, k, row, column);
        const auto number = [&](const OnlineNetwork& of) {
          return place.in_table ? of.tables()[0].row(0)[place.at] : of.parameters().weights()[place.at];
        };
        const float moved = std::floor((number(network) - number(before)) * steps + 0.5f);
        stored.push_back(fold(static_cast<int>(std::clamp(moved, -128.0f, 127.0f))));
      }
  }
  return stored;
}

size_t bootstrap_training_memory(const OnlineOptions& options) noexcept {
  return 2 * OnlineNetwork::memory(trainer_options(options), 0);
}

}  // namespace fastnz::models

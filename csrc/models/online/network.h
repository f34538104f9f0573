// A network that learns what it predicts, S streams in lockstep with shared weights. docs/online.md, sections 3 to 6 and 9 to
// 12. Invariant: what it computes depends on its options and the symbols it was told, on nothing else; all its memory is
// reserved when it is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/online/bootstrap.h"
#include "models/online/pass.h"
#include "models/online/replay.h"

namespace fastnz::models {

class OnlineNetwork {
 public:
  // `kernels` must outlive the network; only tests pass another table than the dispatched one.
  // `lane_size`: steps that will come, for networks that learn again from the past.
  explicit OnlineNetwork(const OnlineOptions& options, uint64_t lane_size, const kernels::KernelTable* kernels = nullptr);

  // Frequencies of the next byte of each stream, freq[S][256] with sum 2^22 each.
  void predict(uint32_t* freq) noexcept;
  // The bytes that came; negative for a stream that has none any more. Every P steps the network learns.
  void update(const int* symbols) noexcept;

  // Null where the options have none. It is to be whole before anything is predicted.
  Bootstrap* bootstrap() noexcept { return bootstrap_ ? &*bootstrap_ : nullptr; }

  static size_t memory(const OnlineOptions& options, uint64_t lane_size) noexcept;

  // For tests: everything that was learnt, in the order of section 3; and the gradients of the last update.
  const DenseParameters& parameters() const noexcept { return core_.parameters; }
  const std::vector<EmbeddingTable>& tables() const noexcept { return core_.tables; }
  void stop_learning() noexcept { learns_ = false; }  // gradients are found, nothing is changed

 private:
  void learn(int rate_code, size_t optimiser) noexcept;

  OnlineCore core_;
  NetworkPass pass_;
  std::optional<Replay> replay_;
  std::optional<Bootstrap> bootstrap_;
  uint32_t updates_[2] = {0, 0};  // of each optimiser
  bool learns_ = true;
};

}  // namespace fastnz::models

// A network that learns what it predicts: stacked recurrent layers over bytes, S streams in lockstep with shared weights,
// truncated back-propagation through time. docs/online.md, sections 3 to 6. Invariant: what it computes depends on its
// options and the symbols it was told, on nothing else; all its memory is reserved when it is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/table.h"
#include "models/online/dense.h"
#include "models/online/options.h"
#include "models/online/recurrent.h"
#include "models/online/table.h"

namespace fastnz::models {

class OnlineNetwork {
 public:
  // `kernels` must outlive the network; only tests pass another table than the dispatched one.
  explicit OnlineNetwork(const OnlineOptions& options, const kernels::KernelTable* kernels = nullptr);

  // Frequencies of the next byte of each stream, freq[S][256] with sum 2^22 each.
  void predict(uint32_t* freq) noexcept;
  // The bytes that came; negative for a stream that has none any more. Every P steps the network learns.
  void update(const int* symbols) noexcept;

  static size_t memory(const OnlineOptions& options) noexcept;

  // For tests: everything that was learnt, in the order of section 3; and the gradients of the last update.
  const DenseParameters& parameters() const noexcept { return parameters_; }
  const std::vector<EmbeddingTable>& tables() const noexcept { return tables_; }
  void stop_learning() noexcept { learns_ = false; }  // gradients are found, nothing is changed

 private:
  struct Sizes;
  RecurrentLayer::Places places(int layer) const noexcept;
  void train() noexcept;
  void forget(int steps) noexcept;  // the oldest ones that are kept
  kernels::FloatAdam adam(float rate, uint32_t count) const noexcept;

  OnlineOptions options_;
  const kernels::KernelTable* kernels_;
  int row_width_ = 0;      // of all layers' h and of the features
  int steps_ = 0;          // kept for the way back, the newest last
  int fresh_ = 0;          // of them, since the last update
  uint32_t updates_ = 0;
  bool learns_ = true;

  DenseParameters parameters_;
  std::vector<RecurrentLayer> layers_;
  DenseLayer output_;
  std::vector<EmbeddingTable> tables_;   // one of bytes for each layer, then those of hashed contexts
  std::vector<uint32_t> history_;        // [S]: the last four bytes, the newest lowest
  std::vector<uint32_t> rows_;           // [tables of contexts + 1][T * S]: the row of each at each step
  FloatBuffer hidden_;                   // [T + 1][S][row_width]: h of all layers after a step, and its features
  FloatBuffer hidden_gradients_;         // [T][S][row_width]
  FloatBuffer logits_;                   // [S][256]
  FloatBuffer output_gradients_;         // [P][S][256]: probabilities, then their gradients
};

}  // namespace fastnz::models

// Stacked recurrent layers over bytes and tables of hashed contexts, truncated back-propagation through time.
// docs/online.md, sections 3 to 5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/online/body.h"
#include "models/online/recurrent.h"

namespace fastnz::models {

class RecurrentBody final : public NetworkBody {
 public:
  RecurrentBody(const OnlineOptions& options, DenseParameters* parameters);
  static size_t bytes(const OnlineOptions& options) noexcept;  // of all its arrays
  static std::vector<TableShape> tables(const OnlineOptions& options);

  int row_width() const noexcept override { return row_width_; }
  void draw(OnlineCore* core) const override;
  FloatRows forward(OnlineCore* core, const OnlineHistory* histories) noexcept override;
  Ends ends() noexcept override;
  void backward(OnlineCore* core) noexcept override;
  void restart() noexcept override;
  void forget(int steps) noexcept;  // the oldest ones that are kept

 private:
  RecurrentLayer::Places places(int layer) const noexcept;

  OnlineOptions options_;
  int row_width_ = 0;      // of all layers' h and of the features
  int steps_ = 0;          // kept for the way back, the newest last
  std::vector<RecurrentLayer> layers_;
  std::vector<uint32_t> rows_;           // [tables of contexts + 1][T * S]: the row of each at each step
  FloatBuffer hidden_;                   // [T + 1][S][row_width]: h of all layers after a step, and its features
  FloatBuffer hidden_gradients_;         // [T][S][row_width]
};

}  // namespace fastnz::models

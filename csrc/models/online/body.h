// What stands between a stream's history and the output layer: recurrent layers or attention. A body has the activations of
// one pass, S streams in lockstep; parameters are the core's. Invariant: two bodies of the same options place the same
// parameters. Knows no output layer, no symbols that came and no learning.
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/online/core.h"

namespace fastnz::models {

// Of a table of learnt rows, of which each step uses one for each stream.
struct TableShape {
  size_t rows;
  int width;
};

class NetworkBody {
 public:
  virtual ~NetworkBody() = default;

  virtual int row_width() const noexcept = 0;  // of what the output layer reads
  // Once, when all parameters have their place: what they and the tables begin as.
  virtual void draw(OnlineCore* core) const = 0;
  // A step: the rows [S] that the output layer reads.
  virtual FloatRows forward(OnlineCore* core, const OnlineHistory* histories) noexcept = 0;
  // Of the newest P steps: those rows, and cleared ones for their gradients.
  struct Ends {
    FloatRows rows, gradients;
  };
  virtual Ends ends() noexcept = 0;
  // From these gradients to those of the core's parameters; then the oldest steps are forgotten.
  virtual void backward(OnlineCore* core) noexcept = 0;
  // As if nothing had come yet.
  virtual void restart() noexcept = 0;
};

}  // namespace fastnz::models

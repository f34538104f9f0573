// One pass over S streams in lockstep: predicts a byte of each, is told what came, and after every P steps has found the
// gradients. The content itself is one pass; replaying the past is another over the same parameters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/online/body.h"

namespace fastnz::models {

// What `options` ask for, placed in `parameters`.
std::unique_ptr<NetworkBody> make_body(const OnlineOptions& options, DenseParameters* parameters);
size_t body_bytes(const OnlineOptions& options) noexcept;
std::vector<TableShape> tables_of(const OnlineOptions& options);

class NetworkPass {
 public:
  // options.streams are those of this pass. Places the same parameters whenever it is made. `dropout`: of what the output layer
  // reads, sixteenths that are left out.
  NetworkPass(const OnlineOptions& options, DenseParameters* parameters, int dropout = 0);
  static size_t bytes(const OnlineOptions& options, int dropout = 0) noexcept;
  void draw(OnlineCore* core) const;

  // Frequencies of the next byte of each stream, freq[S][256] with sum 2^22 each. `beside`: logits [S][256] of a bootstrap.
  void predict(OnlineCore* core, uint32_t* freq, const FloatRows* beside = nullptr) noexcept;
  // The bytes that came; negative for a stream that has none. True: a period is over, the gradients are the core's.
  bool update(OnlineCore* core, const int* symbols) noexcept;
  // As if nothing had come yet, but for the parameters.
  void restart() noexcept;

 private:
  void add_beside(OnlineCore* core, FloatRows beside, FloatRows logits, size_t first) noexcept;
  void learn_beside(OnlineCore* core) noexcept;
  FloatRows without_dropped(const OnlineCore& core, FloatRows rows, size_t first) noexcept;

  int streams_, period_, dropout_;
  int fresh_ = 0;       // steps since the last update
  uint32_t steps_ = 0;  // in all, whatever was restarted
  std::unique_ptr<NetworkBody> body_;
  DenseLayer output_;
  std::vector<OnlineHistory> histories_;  // [S]
  FloatBuffer logits_;                    // [S][256]
  FloatBuffer output_gradients_;          // [P][S][256]: probabilities, then their gradients
  size_t beside_weights_ = 0;             // place of the parameters
  FloatBuffer beside_;                    // [P][S][256] with a bootstrap: its logits
  FloatBuffer factors_, dropped_;         // [P][S][row width] with dropout: the mask, and the rows under it
};

}  // namespace fastnz::models

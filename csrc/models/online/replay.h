// Learning again from what has been coded: now and then a pass over a window of the past, as a schedule among the options says,
// cut into lanes of its own. One update of it follows each update by the content until it is over, so that no byte waits for
// the whole of it. docs/online.md, section 12.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/online/pass.h"

namespace fastnz::models {

class Replay {
 public:
  // Places the same parameters as the pass over the content. `lane_size` is that of the content's lanes.
  Replay(const OnlineOptions& options, uint64_t lane_size, DenseParameters* parameters);
  static size_t bytes(const OnlineOptions& options, uint64_t lane_size) noexcept;

  // What came in a step of the content's pass; negative for a stream that has nothing any more.
  void record(const int* symbols) noexcept;
  // After the content's pass has learnt: true if there is an update to make, of which the gradients are then the core's.
  bool update(OnlineCore* core) noexcept;

 private:
  uint8_t recorded(uint64_t lane, uint64_t step) const noexcept;

  OnlineSchedule schedule_;
  uint64_t streams_, lane_size_;
  int lanes_, period_;
  NetworkPass pass_;
  std::vector<uint8_t> past_;           // [streams][lane_size]
  std::vector<uint32_t> freq_;          // [lanes][256], which nobody reads
  std::vector<int> symbols_;            // [lanes]
  uint64_t steps_ = 0;                  // recorded
  uint64_t due_;                        // steps at which the next replay begins
  uint64_t window_ = 0, begin_ = 0;     // of the replay under way: steps of each stream, and the first of them
  uint64_t length_ = 0, at_ = 0;        // steps of a lane, and those done in this turn
  int turns_ = 0;                       // left
};

}  // namespace fastnz::models

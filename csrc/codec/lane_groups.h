// Items of a list whose models may share lanes, put together: equal model, equal options. Which items meet in a group
// depends on the list and the threads, what each of them codes does not (lockstep.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/span.h"
#include "models/registry.h"

namespace fastnz::codec {

// Longer ones are coded alone: a few of them would keep a group's other lanes waiting.
inline constexpr uint64_t kMaxLaneContent = uint64_t{64} << 10;

struct LaneGroup {
  const models::ModelRow* row;
  std::vector<uint8_t> options;
  std::vector<size_t> items;
  int lanes;  // as many as memory allows
};

class LaneGroups {
 public:
  // False, and nothing is added, where lanes would share nothing.
  bool add(size_t item, const models::ModelRow& row, base::ByteSpan options, uint64_t content_size);

  // Groups for `threads` at once, all of whose lanes together take no more than `max_memory`; a single lane each if
  // that is too little.
  std::vector<LaneGroup> cut(size_t threads, uint64_t max_memory) const;

 private:
  struct Bucket {
    std::vector<size_t> items;
    uint64_t longest = 0;
  };
  std::map<std::pair<uint8_t, std::vector<uint8_t>>, Bucket> buckets_;
};

}  // namespace fastnz::codec

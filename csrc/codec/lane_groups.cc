#include "codec/lane_groups.h"

#include <algorithm>

#include "codec/lockstep.h"

namespace fastnz::codec {
namespace {

// A lane that ends an item takes the next one, so that only a group's last items leave lanes idle.
constexpr size_t kItemsPerLane = 16;

}  // namespace

bool LaneGroups::add(size_t item, const models::ModelRow& row, base::ByteSpan options, uint64_t content_size) {
  if (!row.make_lanes || content_size > kMaxLaneContent) return false;
  Bucket& bucket = buckets_[{row.id, std::vector<uint8_t>(options.begin(), options.end())}];
  bucket.items.push_back(item);
  bucket.longest = std::max(bucket.longest, content_size);
  return true;
}

std::vector<LaneGroup> LaneGroups::cut(size_t threads, uint64_t max_memory) const {
  std::vector<LaneGroup> groups;
  threads = std::max<size_t>(threads, 1);
  for (const auto& [key, bucket] : buckets_) {
    const models::ModelRow* row = models::find_model(key.first);
    const uint64_t each = std::max<uint64_t>(row->memory(key.second, bucket.longest), 1);
    const int lanes = static_cast<int>(std::clamp<uint64_t>(max_memory / threads / each, 1, kLockstepLanes));
    const size_t most = static_cast<size_t>(lanes) * kItemsPerLane;
    const size_t share = std::clamp<size_t>((bucket.items.size() + threads - 1) / threads, 1, most);
    for (size_t begin = 0; begin < bucket.items.size(); begin += share) {
      const auto first = bucket.items.begin() + static_cast<ptrdiff_t>(begin);
      const auto last = first + static_cast<ptrdiff_t>(std::min(share, bucket.items.size() - begin));
      groups.push_back({row, key.second, std::vector<size_t>(first, last), lanes});
    }
  }
  return groups;
}

}  // namespace fastnz::codec

#include "codec/many_items.h"

#include <string>

namespace fastnz::codec {
namespace {

constexpr size_t kWindowItems = size_t{1} << 16;
constexpr uint64_t kWindowBytes = uint64_t{64} << 20;

}  // namespace

void FirstFailure::run(size_t item, const std::function<void()>& work) {
  {
    const std::lock_guard lock(mutex_);
    if (item > item_) return;
  }
  try {
    work();
  } catch (const base::Error& error) {
    const std::lock_guard lock(mutex_);
    if (item > item_) return;
    item_ = item;
    failure_ = base::Error(error.kind(), "item " + std::to_string(item) + ": " + error.what(), error.offset());
  }
}

void FirstFailure::rethrow() const {
  const std::lock_guard lock(mutex_);
  if (failure_) throw *failure_;
}

void for_each_window(const std::vector<uint64_t>& sizes, const std::function<void(size_t begin, size_t end)>& work) {
  for (size_t begin = 0; begin < sizes.size();) {
    size_t end = begin;
    for (uint64_t bytes = 0; end < sizes.size() && end - begin < kWindowItems && bytes < kWindowBytes; ++end)
      bytes += sizes[end];
    work(begin, end);
    begin = end;
  }
}

}  // namespace fastnz::codec

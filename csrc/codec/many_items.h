// What both directions of lists have in common: windows that bound what is held of a long list at once, and the failure
// of the first item at fault, whatever order the items are worked on in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "base/error.h"

namespace fastnz::codec {

class FirstFailure {
 public:
  // Runs `work` and keeps an Error that it throws, unless an item before this one has failed; then work is spared too.
  void run(size_t item, const std::function<void()>& work);
  // Throws what is kept, with the item's number.
  void rethrow() const;

 private:
  mutable std::mutex mutex_;
  size_t item_ = ~size_t{0};
  std::optional<base::Error> failure_;
};

// Calls work(begin, end) for stretches of the list, one after another.
void for_each_window(const std::vector<uint64_t>& sizes, const std::function<void(size_t begin, size_t end)>& work);

}  // namespace fastnz::codec

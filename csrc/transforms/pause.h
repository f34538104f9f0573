// Where work that hostile side data can make long may be ended: the caller's function is called every few milliseconds and ends
// the work by throwing. Knows no progress and no thread.
#pragma once

#include <functional>

namespace fastnz::transforms {

using Pause = std::function<void()>;

}  // namespace fastnz::transforms

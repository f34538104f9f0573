// What a model is besides that may work on more than one thread.
#pragma once

#include <cstddef>

namespace fastnz::models {

class UsesThreads {
 public:
  virtual ~UsesThreads() = default;
  // So many threads may work for the model, the caller's among them, from now on. Predictions do not depend on it.
  virtual void use_threads(size_t threads) noexcept = 0;
};

}  // namespace fastnz::models

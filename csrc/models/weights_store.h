// The networks that this process has loaded, by id. Invariant: weights never change once they are here, so any number
// of model instances and threads share them. Knows no file: a finder, set from above, is asked for what is missing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/network.h"

namespace fastnz::models {

// The part that all families have in common.
class Weights {
 public:
  Weights(uint64_t id, const char* model) : id_(id), model_(model) {}
  virtual ~Weights() = default;
  uint64_t id() const noexcept { return id_; }
  const char* model() const noexcept { return model_; }  // name of the registry row that they belong to
  virtual size_t memory() const noexcept = 0;            // bytes, shared by all instances
  virtual int last_inputs() const noexcept { return 0; }  // of the model's last_inputs()
  virtual std::vector<std::pair<const char*, int>> sizes() const = 0;  // its shape, for people
  virtual std::vector<const kernels::NetworkMatrix*> matrices() const = 0;  // of one step, for measurements

 private:
  uint64_t id_;
  const char* model_;
};

// An id as people see it: sixteen hexadecimal digits.
std::string weights_name(uint64_t id);

void add_weights(std::shared_ptr<const Weights> weights);

// Null when they are not loaded.
std::shared_ptr<const Weights> find_weights(uint64_t id);

// Asks the finder when they are not loaded; throws kModelMissing when they still are not, kCorrupt when they belong to
// another model. Without a model, those of any.
std::shared_ptr<const Weights> require_weights(uint64_t id, const char* model = nullptr);

// Called, from any thread and without a lock, with an id that is missing; it may add_weights() them.
using WeightsFinder = std::function<void(uint64_t id)>;
void set_weights_finder(WeightsFinder finder);

}  // namespace fastnz::models

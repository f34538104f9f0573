#include "models/weights_store.h"

#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include "base/error.h"

namespace fastnz::models {
namespace {

struct Store {
  std::mutex mutex;
  std::map<uint64_t, std::shared_ptr<const Weights>> loaded;
  std::shared_ptr<const WeightsFinder> finder;
};

// Never destroyed: threads may still look things up while the process ends.
Store& store() {
  static Store* const only = new Store;
  return *only;
}

}  // namespace

std::string weights_name(uint64_t id) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(id));
  return text;
}

void add_weights(std::shared_ptr<const Weights> weights) {
  const std::lock_guard<std::mutex> lock(store().mutex);
  const uint64_t id = weights->id();
  store().loaded.try_emplace(id, std::move(weights));  // the first stays: equal ids are equal weights
}

std::shared_ptr<const Weights> find_weights(uint64_t id) {
  const std::lock_guard<std::mutex> lock(store().mutex);
  const auto found = store().loaded.find(id);
  return found == store().loaded.end() ? nullptr : found->second;
}

std::shared_ptr<const Weights> require_weights(uint64_t id, const char* model) {
  std::shared_ptr<const Weights> weights = find_weights(id);
  if (!weights) {
    std::shared_ptr<const WeightsFinder> finder;
    {
      const std::lock_guard<std::mutex> lock(store().mutex);
      finder = store().finder;
    }
    if (finder) {
      (*finder)(id);
      weights = find_weights(id);
    }
  }
  if (!weights)
    throw base::Error(base::ErrorKind::kModelMissing,
                      "the weights " + weights_name(id) + (model ? " of model " + std::string(model) : "") +
                          " are not installed here");
  if (model && std::strcmp(weights->model(), model) != 0)
    throw base::Error(base::ErrorKind::kCorrupt,
                      "the weights " + weights_name(id) + " are of model " + weights->model() + ", not of " + model);
  return weights;
}

void set_weights_finder(WeightsFinder finder) {
  auto shared = finder ? std::make_shared<const WeightsFinder>(std::move(finder)) : nullptr;
  const std::lock_guard<std::mutex> lock(store().mutex);
  store().finder.swap(shared);
}

}  // namespace fastnz::models

// The rows. One line per family.
#include "models/network/families.h"

#include <cstring>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "models/gru8/gru8.h"
#include "models/transformer8/transformer8.h"

namespace fastnz::models {
namespace {

template <typename FamilyWeights>
std::shared_ptr<const Weights> load(uint64_t id, std::span<const base::ByteSpan> sections) {
  return std::make_shared<const FamilyWeights>(id, sections);
}

template <typename Model, typename FamilyWeights>
std::unique_ptr<SymbolModel> make(std::shared_ptr<const Weights> weights, int lanes,
                                  const kernels::KernelTable* kernels) {
  return std::make_unique<Model>(std::static_pointer_cast<const FamilyWeights>(std::move(weights)), lanes, kernels);
}

template <typename Model, typename FamilyWeights>
size_t state_bytes(const Weights& weights, int lanes) {
  return Model::state_bytes(static_cast<const FamilyWeights&>(weights).shape(), lanes);
}

constexpr NetworkFamily kFamilies[] = {
    {1, "gru8", load<Gru8Weights>, make<Gru8, Gru8Weights>, state_bytes<Gru8, Gru8Weights>},
    {2, "transformer8", load<Transformer8Weights>, make<Transformer8, Transformer8Weights>,
     state_bytes<Transformer8, Transformer8Weights>},
};

}  // namespace

std::span<const NetworkFamily> network_families() noexcept { return kFamilies; }

const NetworkFamily& require_family(uint8_t id) {
  for (const NetworkFamily& family : kFamilies)
    if (family.id == id) return family;
  throw base::Error(base::ErrorKind::kUnsupported, "network family " + std::to_string(id) + " is not in this build", 5);
}

const NetworkFamily& family_of(const Weights& weights) {
  for (const NetworkFamily& family : kFamilies)
    if (std::strcmp(family.model, weights.model()) == 0) return family;
  throw base::Error(base::ErrorKind::kUnsupported, "no network is called " + std::string(weights.model()));
}

std::shared_ptr<const Weights> weights_of_options(base::ByteSpan options, const char* model) {
  if (options.size() != sizeof(uint64_t))
    throw base::Error(base::ErrorKind::kUnsupported, std::string(model) + ": " + std::to_string(options.size()) +
                                                         " option bytes, expected the 8 of an id");
  return require_weights(base::load_le<uint64_t>(options.data()), model);
}

}  // namespace fastnz::models

// The families of pretrained networks: one row per kind of weight file, found by the family byte in its header. Adding
// one adds a row here and, for coding, one in the registry; neither the container nor Python changes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/span.h"
#include "kernels/table.h"
#include "models/model.h"
#include "models/weights_store.h"

namespace fastnz::models {

struct NetworkFamily {
  uint8_t id;
  const char* model;  // the registry row of its networks
  // From the plain sections (docs/weights.md). Throws kUnsupported or kCorrupt.
  std::shared_ptr<const Weights> (*load)(uint64_t id, std::span<const base::ByteSpan> sections);
  // Precondition: the weights are of this family. Null kernels: the dispatched ones; others must outlive the model.
  std::unique_ptr<SymbolModel> (*make)(std::shared_ptr<const Weights> weights, int lanes,
                                       const kernels::KernelTable* kernels);
  size_t (*state_bytes)(const Weights& weights, int lanes);  // of such a model
};

std::span<const NetworkFamily> network_families() noexcept;
// Throws kUnsupported for a family that is not here.
const NetworkFamily& require_family(uint8_t id);
const NetworkFamily& family_of(const Weights& weights);

// The option bytes of a model that are the id of its weights, and the weights that they name.
std::shared_ptr<const Weights> weights_of_options(base::ByteSpan options, const char* model);

}  // namespace fastnz::models

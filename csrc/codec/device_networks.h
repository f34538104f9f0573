// Networks on devices: the weights that are already there. Invariant: a network is uploaded once for each device and kept for
// the life of the process, as the store of weights keeps its own.
#pragma once

#include <memory>

#include "cuda/gru8_lanes.h"
#include "models/gru8/weights.h"

namespace fastnz::codec {

std::shared_ptr<const cuda::Gru8Lanes> gru8_on(const std::shared_ptr<cuda::Device>& device,
                                               const models::Gru8Weights& weights);

}  // namespace fastnz::codec

// Networks on devices: which device a name means, and the weights that are already there. Invariant: a network is uploaded
// once for each device and kept for the life of the process, as the store of weights keeps its own.
#pragma once

#include <memory>
#include <string_view>

#include "cuda/gru8_lanes.h"
#include "models/gru8/weights.h"

namespace fastnz::codec {

// "cuda" and "cuda:N". Throws kDevice when there is no such device, kInvalidArgument for any other name.
std::shared_ptr<cuda::Device> device_of(std::string_view name);

std::shared_ptr<const cuda::Gru8Lanes> gru8_on(const std::shared_ptr<cuda::Device>& device,
                                               const models::Gru8Weights& weights);

}  // namespace fastnz::codec

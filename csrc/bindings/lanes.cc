// The lanes mode as a model that a user names; and for tests, its payload by instruction set, its layout and its memory.
#include <pybind11/pybind11.h>

#include <memory>

#include "bindings/bindings.h"
#include "bindings/buffers.h"
#include "models/hybrid/priors.h"
#include "models/lane_mix/options.h"
#include "models/network/families.h"
#include "models/weights_store.h"

namespace fastnz::bindings {
namespace {

// A network that comes with fastnz is named by its number. 0 bits for a lane: as suits the content.
uint64_t load_lanes(uint64_t weights, int lane_bits, int group_bits) {
  models::family_of(*models::require_weights(weights));  // refuses what is no network
  models::LaneMixOptions options;
  options.lane_bits = lane_bits;
  options.group_bits = group_bits;
  options.prior = 0;
  options.weights_id = weights;
  for (uint8_t prior = 1; prior < models::kPriorCount; ++prior)
    if (models::kPriors[prior] == weights) options.prior = prior;
  models::read_lane_mix_options(models::lane_options_for(models::write_lane_mix_options(options), 0));  // checked as a frame's are
  auto configuration = std::make_shared<const models::LaneMixConfiguration>(options);
  const uint64_t id = configuration->id();
  models::add_weights(std::move(configuration));
  return id;
}

}  // namespace

void bind_lanes(pybind11::module_& module) {
  namespace py = pybind11;
  module.def("load_lanes", load_lanes, py::arg("weights"), py::arg("lane_bits"), py::arg("group_bits"));
}

}  // namespace fastnz::bindings

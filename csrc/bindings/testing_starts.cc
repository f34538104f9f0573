// Learning what the mixer of `hybrid` begins with, in `_core.testing`: for the script that makes the table.
#include <pybind11/stl.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "bindings/bindings.h"
#include "models/hybrid/learn_starts.h"

namespace py = pybind11;

namespace fastnz::bindings {
namespace {

// The rounded starts as bytes of int16 [644][18] and uint16 [272][16].
py::tuple learn_starts(uint64_t id, const std::vector<std::string>& records, const std::vector<double>& steps) {
  if (records.size() != steps.size()) throw std::invalid_argument("one step for each record");
  models::Starts starts;
  {
    py::gil_scoped_release release;
    models::StartLearner learner(id);
    for (size_t k = 0; k < records.size(); ++k)
      if (!records[k].empty())
        learner.learn({reinterpret_cast<const uint8_t*>(records[k].data()), records[k].size()}, steps[k]);
    starts = learner.starts();
  }
  return py::make_tuple(py::bytes(reinterpret_cast<const char*>(starts.weights), sizeof starts.weights),
                        py::bytes(reinterpret_cast<const char*>(starts.maps), sizeof starts.maps));
}

}  // namespace

void bind_testing_starts(py::module_& module) {
  auto testing = py::cast<py::module_>(module.attr("testing"));
  testing.def("learn_starts", learn_starts, py::arg("id"), py::arg("records"), py::arg("steps"));
}

}  // namespace fastnz::bindings

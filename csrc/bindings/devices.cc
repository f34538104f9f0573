// Accelerators as Python sees them: a list, read from the driver each time it is asked for, and what a name means.
#include <vector>

#include "bindings/bindings.h"
#include "codec/device_choice.h"
#include "cuda/device.h"

namespace py = pybind11;

namespace fastnz::bindings {
namespace {

py::list devices() {
  std::vector<cuda::DeviceInfo> found;
  {
    const py::gil_scoped_release release;
    found = cuda::list_devices();
  }
  py::list out;
  for (const cuda::DeviceInfo& info : found) {
    py::dict device;
    device["device"] = "cuda:" + std::to_string(out.size());
    device["index"] = out.size();
    device["name"] = info.name;
    device["memory"] = info.memory;
    device["multiprocessors"] = info.multiprocessors;
    device["compute_capability"] = py::make_tuple(info.capability / 10, info.capability % 10);
    out.append(device);
  }
  return out;
}

}  // namespace

codec::DeviceChoice named_device(const std::string& name) {
  const py::gil_scoped_release release;
  return codec::DeviceChoice::named(name);
}

void bind_devices(py::module_& module) {
  module.def("devices", devices);
  module.def("check_device", [](const std::string& device) { named_device(device); }, py::arg("device"));
  module.def("built_with_cuda", cuda::built_with_cuda);
}

}  // namespace fastnz::bindings

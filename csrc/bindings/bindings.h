// One function per topic; each fills the extension module (or a submodule) with that topic's names. module.cc calls
// them all. Only files of this folder include pybind11.
#pragma once

#include <pybind11/pybind11.h>

namespace fastnz::bindings {

void bind_testing(pybind11::module_& module);  // submodule `testing`: coders, checksums and kernels, for tests only

}  // namespace fastnz::bindings

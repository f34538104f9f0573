// The submodule `_core.testing`: coders, checksums and kernels as Python functions, so that the tests can reach them.
// Not part of the public interface; nothing here is kept stable.
#include "bindings/bindings.h"

namespace py = pybind11;

namespace fastnz::bindings {

void bind_testing(py::module_& module) {
  py::module_ testing = module.def_submodule("testing", "Internals for the test suite; not a public interface.");
}

}  // namespace fastnz::bindings

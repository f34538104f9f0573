// The extension module `_core`. Refuses to load when FASTNZ_ISA forces an instruction set that is unknown or that this
// CPU lacks.
#include "bindings/bindings.h"

#include <string>

#include "kernels/dispatch.h"

namespace py = pybind11;

namespace fastnz::bindings {
namespace {

std::string available_isa_names() {
  std::string names;
  for (const kernels::Isa isa : kernels::kIsas) {
    if (!kernels::isa_available(isa)) continue;
    if (!names.empty()) names += ", ";
    names += kernels::isa_name(isa);
  }
  return names;
}

void require_dispatch() {
  const kernels::Dispatch& chosen = kernels::dispatch();
  if (chosen.status == kernels::DispatchStatus::kOk) return;
  const char* problem = chosen.status == kernels::DispatchStatus::kUnknownIsa
                            ? "is not an instruction set fastnz knows"
                            : "is not supported by this CPU or this build";
  std::string requested = chosen.requested;
  for (char& byte : requested)
    if (byte < ' ' || byte > '~') byte = '?';  // an environment holds any bytes, a message only text
  throw py::import_error("FASTNZ_ISA=" + requested + " " + problem +
                         "; available here: " + available_isa_names());
}

}  // namespace

PYBIND11_MODULE(_core, module, py::mod_gil_not_used()) {
  require_dispatch();
  module.attr("__version__") = FASTNZ_VERSION;
  module.def("isa", [] { return kernels::isa_name(kernels::dispatch().isa); });
  module.def("isas", [] {
    py::list names;
    for (const kernels::Isa isa : kernels::kIsas)
      if (kernels::isa_available(isa)) names.append(kernels::isa_name(isa));
    return names;
  });
  bind_errors();
  bind_tables(module);
  bind_frames(module);
  bind_many(module);
  bind_streams(module);
  bind_block_reader(module);
  bind_testing(module);
  bind_testing_transforms(module);
  bind_weights(module);
  bind_dictionaries(module);
  bind_lanes(module);
  bind_online(module);
  bind_testing_networks(module);
  bind_testing_dictionaries(module);
  bind_testing_online(module);
  bind_testing_starts(module);
  bind_devices(module);
  bind_testing_cuda(module);
}

}  // namespace fastnz::bindings

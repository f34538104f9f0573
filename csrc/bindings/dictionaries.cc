// Dictionaries from Python: which samples to take, and the file of them. Loading them is weights.cc's.
#include <memory>
#include <vector>

#include <pybind11/stl.h>

#include "bindings/bindings.h"
#include "bindings/buffers.h"
#include "codec/dictionary.h"

namespace py = pybind11;

namespace fastnz::bindings {
namespace {

std::vector<size_t> choose_samples(const py::sequence& list, uint64_t size, const py::object& progress) {
  const BufferList samples(list);
  uint64_t total = 0;
  for (const base::ByteSpan sample : samples.spans) total += sample.size();
  codec::Monitor monitor(total, make_poll(progress));
  const py::gil_scoped_release release;
  return codec::choose_samples(samples.spans, size, &monitor);
}

py::bytes make_dictionary(const py::sequence& list, int tier, uint64_t network) {
  const BufferList samples(list);
  std::vector<uint8_t> made;
  {
    const py::gil_scoped_release release;
    made = codec::make_dictionary(samples.spans, tier, network);
  }
  return to_bytes(made);
}

// The bytes that these records come to, each alone, with a dictionary that nobody else sees.
uint64_t primed_size(const py::object& file, const py::sequence& list) {
  const BufferView view(file);
  const BufferList records(list);
  codec::Monitor monitor(0, make_poll(py::none()));
  const py::gil_scoped_release release;
  const auto dictionary = codec::read_dictionary(view.bytes());
  uint64_t size = 0;
  for (const base::ByteSpan record : records.spans) {
    size += codec::code_primed(*dictionary, record).size();
    monitor.tick(record.size());
  }
  return size;
}

// The code of a record by a model primed for it alone.
py::bytes code_primed(const py::object& file, const py::object& record) {
  const BufferView view(file), content(record);
  return to_bytes(codec::code_primed(*codec::read_dictionary(view.bytes()), content.bytes()));
}

}  // namespace

void bind_dictionaries(py::module_& module) {
  module.def("choose_samples", choose_samples, py::arg("samples"), py::arg("size"), py::arg("progress") = py::none());
  module.def("primed_size", primed_size, py::arg("dictionary"), py::arg("records"));
  module.def("make_dictionary", make_dictionary, py::arg("samples"), py::arg("tier"), py::arg("network") = 0);
}

void bind_testing_dictionaries(py::module_& module) {
  auto testing = module.attr("testing").cast<py::module_>();
  testing.def("code_primed", code_primed, py::arg("dictionary"), py::arg("record"));
}

}  // namespace fastnz::bindings

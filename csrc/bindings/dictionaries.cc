// Dictionaries from Python: which samples to take, and the file of them. Loading them is weights.cc's.
#include <memory>
#include <vector>

#include <pybind11/stl.h>

#include "bindings/bindings.h"
#include "bindings/buffers.h"
#include "codec/code_byte.h"
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

py::bytes make_dictionary(const py::sequence& list, int tier) {
  const BufferList samples(list);
  std::vector<uint8_t> made;
  {
    const py::gil_scoped_release release;
    made = codec::make_dictionary(samples.spans, tier);
  }
  return to_bytes(made);
}

// The code of a record by a model primed for it alone, without a body around it.
py::bytes code_primed(const py::object& file, const py::object& record) {
  const BufferView view(file), content(record);
  const auto dictionary = codec::read_dictionary(view.bytes());
  const std::unique_ptr<models::NibbleMix> model = dictionary->borrow();
  model->begin_sample(content.bytes().size());
  std::vector<uint8_t> coded;
  coding::BinaryRangeEncoder encoder(&coded);
  for (const uint8_t byte : content.bytes()) codec::encode_byte(byte, model.get(), &encoder);
  encoder.finish();
  return to_bytes(coded);
}

}  // namespace

void bind_dictionaries(py::module_& module) {
  module.def("choose_samples", choose_samples, py::arg("samples"), py::arg("size"), py::arg("progress") = py::none());
  module.def("make_dictionary", make_dictionary, py::arg("samples"), py::arg("tier"));
}

void bind_testing_dictionaries(py::module_& module) {
  auto testing = module.attr("testing").cast<py::module_>();
  testing.def("code_primed", code_primed, py::arg("dictionary"), py::arg("record"));
}

}  // namespace fastnz::bindings

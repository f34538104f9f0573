// _core.testing: each transform on its own, both ways.
#include "bindings/bindings.h"

#include "bindings/buffers.h"
#include "transforms/transform.h"

namespace py = pybind11;

namespace fastnz::bindings {
namespace {

const transforms::TransformRow& row_named(const std::string& name) {
  const transforms::TransformRow* row = transforms::find_transform(name);
  if (!row) throw py::key_error(name);
  return *row;
}

py::object forward(const std::string& name, py::handle data) {
  const BufferView in(data);
  std::vector<uint8_t> out, side;
  bool helps = false;
  {
    const py::gil_scoped_release release;
    helps = row_named(name).forward(in.bytes(), &out, &side);
  }
  if (!helps) return py::none();
  return py::make_tuple(to_bytes(out), to_bytes(side));
}

py::bytes inverse(const std::string& name, py::handle data, py::handle side, size_t size) {
  const BufferView in(data), side_view(side);
  py::bytes out = new_bytes(size, "size");
  const base::MutableByteSpan room = fillable(out);
  const py::gil_scoped_release release;
  row_named(name).inverse(in.bytes(), side_view.bytes(), room, [] {});
  return out;
}

}  // namespace

void bind_testing_transforms(py::module_& module) {
  py::module_ testing = module.def_submodule("testing");
  testing.def("transform_forward", &forward, py::arg("name"), py::arg("data"));
  testing.def("transform_inverse", &inverse, py::arg("name"), py::arg("data"), py::arg("side"), py::arg("size"));
  testing.def("transform_max_output", [](const std::string& name, uint64_t in_size, uint64_t side_size) {
    return row_named(name).max_output(in_size, side_size);
  });
}

}  // namespace fastnz::bindings

// Weight files from Python: loading, packing, what is in them, and the function that is asked for missing ones.
#include <memory>
#include <string>
#include <vector>

#include "bindings/bindings.h"
#include "bindings/buffers.h"
#include "codec/dictionary.h"
#include "codec/weights.h"
#include "format/dictionary_file.h"
#include "format/weight_file.h"
#include "models/network/families.h"

namespace py = pybind11;

namespace fastnz::bindings {
namespace {

uint64_t load_weights(const py::object& data) {
  const BufferView view(data);
  const py::gil_scoped_release release;
  return codec::load_weights(view.bytes())->id();
}

template <std::vector<uint8_t> (*Convert)(base::ByteSpan)>
py::bytes convert(const py::object& data) {
  const BufferView view(data);
  std::vector<uint8_t> made;
  {
    const py::gil_scoped_release release;
    made = Convert(view.bytes());
  }
  return to_bytes(made);
}

py::dict describe(const models::Weights& weights) {
  py::dict info;
  info["id"] = weights.id();
  info["model"] = weights.model();
  for (const auto& [name, value] : weights.sizes()) info[name] = value;
  return info;
}

py::dict dictionary_info(base::ByteSpan in) {
  std::shared_ptr<const models::Dictionary> dictionary;
  {
    const py::gil_scoped_release release;
    dictionary = codec::read_dictionary(in);
  }
  py::dict info = describe(*dictionary);
  info["plain_size"] = dictionary->memory();
  info["notes"] = py::bytes();
  std::string networks;
  for (const uint64_t id : dictionary->networks()) networks += (networks.empty() ? "" : " and ") + models::weights_name(id);
  info["network"] = networks.empty() ? "none" : networks;
  return info;
}

py::dict weights_info(const py::object& data) {
  const BufferView view(data);
  if (format::is_dictionary_file(view.bytes())) return dictionary_info(view.bytes());
  std::vector<uint8_t> plain;
  format::WeightFile file;
  std::shared_ptr<const models::Weights> weights;
  {
    const py::gil_scoped_release release;
    plain = codec::unpack_weights(view.bytes());
    file = format::read_weight_file(plain);
    std::vector<base::ByteSpan> sections;
    for (const auto& section : file.sections) sections.push_back(section.stored);
    weights = models::require_family(file.family).load(file.id, sections);
  }
  py::dict info = describe(*weights);
  info["plain_size"] = plain.size();
  info["notes"] = to_bytes(file.sections.back().stored);
  return info;
}

// The store keeps the finder for the life of the process and may drop it on a thread without the GIL.
void set_weights_finder(const py::object& finder) {
  if (finder.is_none()) {
    models::set_weights_finder({});
    return;
  }
  const std::shared_ptr<py::object> held(new py::object(finder), [](py::object* object) {
    const py::gil_scoped_acquire gil;
    delete object;
  });
  models::set_weights_finder([held](uint64_t id) {
    const py::gil_scoped_acquire gil;
    const py::object found = (*held)(id);
    if (!found.is_none()) load_weights(found);
  });
}

}  // namespace

void bind_weights(py::module_& module) {
  module.def("load_weights", load_weights, py::arg("data"));
  module.def("pack_weights", convert<codec::pack_weights>, py::arg("data"));
  module.def("unpack_weights", convert<codec::unpack_weights>, py::arg("data"));
  module.def("weights_info", weights_info, py::arg("data"));
  module.def("set_weights_finder", set_weights_finder, py::arg("finder"));
  module.def("has_weights", [](uint64_t id) { return models::find_weights(id) != nullptr; }, py::arg("id"));
}

}  // namespace fastnz::bindings

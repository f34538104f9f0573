// Lists in, lists out: compress_many and decompress_many.
#include "bindings/bindings.h"

#include <numeric>
#include <optional>
#include <string>

#include <pybind11/stl.h>

#include "bindings/buffers.h"
#include "codec/levels.h"
#include "codec/many.h"

namespace py = pybind11;

namespace fastnz::bindings {
namespace {

// A monitor's own total is that of one item after the other; the caller is told that of all.
codec::Monitor::Poll make_poll_of_all(py::handle progress, uint64_t total) {
  return [poll = make_poll(progress), total](uint64_t done, uint64_t) { poll(done, total); };
}

py::list compress_many(py::sequence list, int level, uint64_t model, size_t threads, bool raw, uint64_t max_memory,
                       const std::string& device, py::object progress) {
  const BufferList items(list);
  const codec::DeviceChoice choice = named_device(device);
  uint64_t total = 0;
  for (const base::ByteSpan item : items.spans) total += item.size();
  codec::Monitor monitor(0, make_poll_of_all(progress, total));
  std::vector<std::vector<uint8_t>> made;
  {
    const py::gil_scoped_release release;
    made = codec::compress_many(items.spans, {level, model, threads, raw, max_memory, choice}, &monitor);
  }
  if (!progress.is_none()) monitor.poll();
  py::list out(made.size());
  for (size_t i = 0; i < made.size(); ++i) out[i] = to_bytes(made[i]);
  return out;
}

py::list decompress_many(py::sequence list, uint64_t max_output_size, uint64_t max_memory, size_t threads,
                         std::optional<std::vector<uint64_t>> raw_sizes, int level, uint64_t model,
                         const std::string& device, py::object progress) {
  codec::find_level(level, model);
  const BufferList items(list);
  if (raw_sizes && raw_sizes->size() != items.spans.size())
    throw base::Error(base::ErrorKind::kInvalidArgument,
                      "raw_sizes has " + std::to_string(raw_sizes->size()) + " entries for " +
                          std::to_string(items.spans.size()) + " items");
  const codec::DeviceChoice choice = named_device(device);
  std::optional<codec::ManyDecoder> decoder;
  {
    codec::Monitor checking(0, make_poll({}));
    const py::gil_scoped_release release;
    decoder.emplace(items.spans, raw_sizes.value_or(std::vector<uint64_t>{}), model,
                    codec::Limits{max_output_size, max_memory}, codec::Workers{threads, choice}, &checking);
  }
  py::list out(items.spans.size());
  std::vector<base::MutableByteSpan> rooms;
  rooms.reserve(items.spans.size());
  for (size_t i = 0; i < items.spans.size(); ++i) {
    py::bytes made = new_bytes(decoder->sizes()[i], "max_output_size");
    rooms.push_back(fillable(made));
    out[i] = std::move(made);
  }
  const uint64_t total = std::accumulate(decoder->sizes().begin(), decoder->sizes().end(), uint64_t{0});
  codec::Monitor monitor(0, make_poll_of_all(progress, total));
  {
    const py::gil_scoped_release release;
    decoder->decode(rooms, &monitor);
  }
  if (!progress.is_none()) monitor.poll();
  return out;
}

}  // namespace

void bind_many(py::module_& module) {
  module.def("compress_many", &compress_many, py::arg("items"), py::arg("level") = codec::kDefaultLevel, py::kw_only(),
             py::arg("model") = 0, py::arg("threads") = 1, py::arg("raw") = false,
             py::arg("max_memory") = ~uint64_t{0}, py::arg("device") = "auto", py::arg("progress") = py::none());
  module.def("decompress_many", &decompress_many, py::arg("items"), py::kw_only(), py::arg("max_output_size"),
             py::arg("max_memory"), py::arg("threads") = 1, py::arg("raw_sizes") = py::none(),
             py::arg("level") = codec::kDefaultLevel, py::arg("model") = 0, py::arg("device") = "auto",
             py::arg("progress") = py::none());
}

}  // namespace fastnz::bindings

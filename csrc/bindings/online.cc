// Networks that learn while they code: the named presets, and a configuration as a model that a user names. And for tests:
// kernels of fp32 by instruction set, frequencies, gradients and parameters of whole networks.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bindings/bindings.h"
#include "bindings/buffers.h"
#include "kernels/dispatch.h"
#include "models/online/network.h"
#include "models/online/online.h"
#include "models/online/philox.h"

namespace py = pybind11;

namespace fastnz::bindings {
namespace {

template <typename T>
using Array = py::array_t<T, py::array::c_style | py::array::forcecast>;

using models::OnlineOptions;

py::dict fields_of(const OnlineOptions& o) {
  py::dict fields;
  fields["cell"] = static_cast<int>(o.cell);
  fields["normalised"] = static_cast<int>(o.normalised);
  fields["with_mean"] = static_cast<int>(o.with_mean);
  fields["units"] = o.units;
  fields["layers"] = o.layers;
  fields["streams"] = o.streams;
  fields["period"] = o.period;
  fields["horizons"] = o.horizons;
  fields["rate"] = o.rate;
  fields["decay"] = o.decay;
  fields["memory"] = o.memory;
  fields["table_bits"] = o.table_bits;
  fields["table_width"] = o.table_width;
  fields["contexts"] = o.contexts;
  fields["heads"] = o.heads;
  fields["places"] = o.places;
  fields["inner"] = o.inner;
  fields["seed"] = static_cast<int>(o.seed);
  if (o.bootstrap.units > 0) {
    fields["bootstrap"] = o.bootstrap.units;
    fields["bootstrap_step"] = o.bootstrap.step;
  }
  const models::OnlineSchedule& schedule = o.schedule;
  if (schedule.every == 0) return fields;
  fields["every"] = schedule.every;
  fields["doubling"] = static_cast<int>(schedule.doubling);
  fields["window"] = schedule.window;
  fields["passes"] = schedule.passes;
  fields["lanes"] = schedule.lanes;
  fields["replay_rate"] = schedule.rate;
  fields["apart"] = static_cast<int>(schedule.apart);
  fields["dropout"] = schedule.dropout;
  return fields;
}

// Checked as a frame's are: written and read again.
OnlineOptions options_of(const py::dict& fields) {
  OnlineOptions o;
  const auto number = [&](const char* name) { return fields[name].cast<int>(); };
  o.cell = static_cast<models::OnlineCell>(number("cell"));
  o.normalised = number("normalised") != 0;
  o.with_mean = number("with_mean") != 0;
  o.units = number("units");
  o.layers = number("layers");
  o.streams = number("streams");
  o.period = number("period");
  o.horizons = number("horizons");
  o.rate = number("rate");
  o.decay = number("decay");
  o.memory = number("memory");
  o.table_bits = number("table_bits");
  o.table_width = number("table_width");
  o.contexts = number("contexts");
  o.heads = number("heads");
  o.places = number("places");
  o.inner = number("inner");
  o.seed = static_cast<uint8_t>(number("seed"));
  if (fields.contains("bootstrap")) o.bootstrap = {number("bootstrap"), number("bootstrap_step")};
  if (fields.contains("every"))
    o.schedule = {number("every"), number("doubling") != 0, number("window"), number("passes"), number("lanes"),
                  number("replay_rate"), number("apart") != 0, number("dropout")};
  const OnlineOptions read = models::read_online_options(models::write_online_options(o));
  if (!fields_of(read).equal(fields))
    throw base::Error(base::ErrorKind::kInvalidArgument,
                      "options of a network that do not fit their bytes: units and table_width are multiples of 16, inner of 32, "
                      "lanes of replays a power of two");
  return read;
}

py::dict online_presets() {
  py::dict presets;
  for (const models::OnlinePreset& preset : models::online_presets()) presets[preset.name] = fields_of(preset.options);
  return presets;
}

uint64_t load_online(const py::dict& fields, bool words) {
  auto configuration = std::make_shared<const models::OnlineConfiguration>(options_of(fields), words);
  const uint64_t id = configuration->id();
  models::add_weights(std::move(configuration));
  return id;
}

kernels::KernelTable table_of(const std::string& name) {
  if (name.empty()) return kernels::dispatch().table;
  for (const kernels::Isa isa : kernels::kIsas)
    if (name == kernels::isa_name(isa) && kernels::isa_available(isa)) return kernels::table_for(isa);
  throw std::invalid_argument("no instruction set " + name + " here");
}

py::array_t<float> functions(const std::string& isa, int which, const Array<float>& x) {
  if (x.size() % kernels::kFloatLanes != 0) throw std::invalid_argument("not a multiple of 16 numbers");
  py::array_t<float> y(x.size());
  table_of(isa).functions_f32(which, x.data(), y.mutable_data(), static_cast<int>(x.size()));
  return y;
}

template <typename Floats>
py::array_t<float> copied(const Floats* from, size_t size) {
  py::array_t<float> out(static_cast<py::ssize_t>(size));
  std::copy_n(from, size, out.mutable_data());
  return out;
}

// The bytes that a bootstrap is told, if there is one.
void tell(models::Bootstrap* bootstrap, base::ByteSpan stored) {
  if (!bootstrap) return;
  models::BootstrapReader reader(bootstrap);
  for (const uint8_t byte : stored)
    for (int shift = 7; shift >= 0 && !reader.done(); --shift) reader.update(byte >> shift & 1);
  if (!reader.done()) throw std::invalid_argument("not all of the bootstrap");
}

py::bytes online_preface(const py::dict& fields, const py::bytes& content) {
  const std::vector<uint8_t> options = models::write_online_options(options_of(fields));
  return to_bytes(models::online_preface(options, BufferView(content).bytes(), [] {}));
}

// symbols [n][S] -> frequencies [n][S][256], all parameters, and those of the last update's gradients. `learns` false: the
// parameters stay as they were drawn.
py::dict run_online(const py::dict& fields, const Array<int32_t>& symbols, const std::string& isa, bool learns,
                    const py::bytes& stored) {
  const OnlineOptions options = options_of(fields);
  if (symbols.ndim() != 2 || symbols.shape(1) != options.streams) throw std::invalid_argument("symbols must be [n][streams]");
  const kernels::KernelTable table = table_of(isa);
  models::OnlineNetwork network(options, static_cast<uint64_t>(symbols.shape(0)), &table);
  tell(network.bootstrap(), BufferView(stored).bytes());
  if (!learns) network.stop_learning();
  if (!learns && symbols.shape(0) > options.period) throw std::invalid_argument("more than one period needs a network that learns");
  const size_t steps = static_cast<size_t>(symbols.shape(0)), streams = static_cast<size_t>(options.streams);
  py::array_t<uint32_t> freq({symbols.shape(0), symbols.shape(1), py::ssize_t{kernels::kFloatSymbols}});
  for (size_t t = 0; t < steps; ++t) {
    network.predict(freq.mutable_data() + t * streams * kernels::kFloatSymbols);
    network.update(symbols.data() + t * streams);
  }
  py::list tables, table_gradients;
  for (const models::EmbeddingTable& rows : network.tables()) {
    tables.append(copied(rows.row(0), rows.rows() * rows.width()));
    py::dict gradients;
    for (uint32_t i = 0; i < rows.rows(); ++i)
      if (const float* const gradient = rows.gradient(i)) gradients[py::int_(i)] = copied(gradient, rows.width());
    table_gradients.append(gradients);
  }
  py::dict out;
  out["frequencies"] = freq;
  out["parameters"] = copied(network.parameters().weights(), network.parameters().size());
  out["gradients"] = copied(network.parameters().gradients(), network.parameters().size());
  out["tables"] = tables;
  out["table_gradients"] = table_gradients;
  return out;
}

}  // namespace

void bind_online(py::module_& module) {
  module.def("online_presets", online_presets);
  module.def("load_online", load_online, py::arg("options"), py::arg("words") = false);
}

void bind_testing_online(py::module_& module) {
  py::module_ testing = module.attr("testing");
  testing.def("philox", [](std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
    return models::philox(counter, key);
  });
  testing.def("functions_f32", functions, py::arg("isa"), py::arg("which"), py::arg("x"));
  testing.def("run_online", run_online, py::arg("options"), py::arg("symbols"), py::arg("isa") = "", py::arg("learns") = true,
              py::arg("stored") = py::bytes());
  testing.def("online_preface", online_preface, py::arg("options"), py::arg("content"));
  testing.def("online_options", [](const py::dict& fields) { return to_bytes(models::write_online_options(options_of(fields))); });
  testing.def("online_memory", [](const py::object& options, uint64_t size) { return models::online_memory(BufferView(options).bytes(), size); },
              py::arg("options"), py::arg("size") = 1);
}

}  // namespace fastnz::bindings

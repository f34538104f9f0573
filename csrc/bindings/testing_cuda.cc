// Lanes on devices in `_core.testing`: networks with the many-symbol coder, on a GPU, on the host in its place, and by the
// CPU's own models, with the same arguments and, so the tests demand, the same answers.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "bindings/bindings.h"
#include "bindings/buffers.h"
#include "codec/device_networks.h"
#include "coding/symbol_range_coder.h"
#include "models/gru8/gru8.h"

namespace py = pybind11;

namespace fastnz::bindings {
namespace {

using Sizes = std::vector<uint32_t>;
constexpr int kEmulatedShared = 232448;  // an H100's

std::shared_ptr<const models::Gru8Weights> weights_of(uint64_t id) {
  return std::static_pointer_cast<const models::Gru8Weights>(models::require_weights(id, "gru8"));
}

// "emulated", "emulated:ORDER" and "emulated:ORDER:SHARED" besides what users may name.
std::shared_ptr<cuda::Device> device_named(const std::string& name) {
  static std::map<std::string, std::shared_ptr<cuda::Device>> emulated;
  if (!name.starts_with("emulated")) return codec::DeviceChoice::named(name).device();
  std::shared_ptr<cuda::Device>& device = emulated[name];
  if (!device) {
    const size_t order = name.find(':'), shared = order == name.npos ? order : name.find(':', order + 1);
    device = cuda::open_emulated(order == name.npos ? 0 : static_cast<uint32_t>(std::stoul(name.substr(order + 1))),
                                 shared == name.npos ? kEmulatedShared : std::stoi(name.substr(shared + 1)));
  }
  return device;
}

std::shared_ptr<const cuda::Gru8Lanes> network_on(const std::string& device, uint64_t id) {
  return codec::gru8_on(device_named(device), *weights_of(id));
}

void require_sizes(const Sizes& sizes, size_t bytes) {
  if (std::accumulate(sizes.begin(), sizes.end(), uint64_t{0}) != bytes)
    throw std::invalid_argument("sizes do not sum to the bytes given");
}

// Calls code(lane, step, freq) for each byte of each lane, in lockstep; what it returns is the byte.
template <typename Code>
void step_on_cpu(uint64_t id, const Sizes& sizes, Code code) {
  models::Gru8 model(weights_of(id), static_cast<int>(sizes.size()));
  std::vector<uint32_t> freq(sizes.size() * kernels::kNetworkSymbols);
  std::vector<uint16_t> symbols(sizes.size(), 0);
  const uint32_t steps = *std::max_element(sizes.begin(), sizes.end());
  for (uint32_t step = 0; step < steps; ++step) {
    model.predict(freq.data());
    for (size_t lane = 0; lane < sizes.size(); ++lane)
      symbols[lane] = step < sizes[lane] ? code(lane, step, freq.data() + lane * kernels::kNetworkSymbols) : uint16_t{0};
    model.update(symbols.data());
  }
}

struct Coded {
  cuda::LaneCodes codes;
  double seconds = 0;
};

Coded encode_on_cpu(uint64_t id, base::ByteSpan content, const Sizes& sizes) {
  std::vector<std::vector<uint8_t>> codes(sizes.size());
  std::vector<coding::SymbolRangeEncoder> encoders;
  std::vector<size_t> at(sizes.size(), 0);
  for (auto& code : codes) encoders.emplace_back(&code);
  std::exclusive_scan(sizes.begin(), sizes.end(), at.begin(), size_t{0});
  step_on_cpu(id, sizes, [&](size_t lane, uint32_t step, const uint32_t* freq) {
    const uint8_t symbol = content[at[lane] + step];
    encoders[lane].encode(std::accumulate(freq, freq + symbol, 0u), freq[symbol], kernels::kNetworkTotalBits);
    return uint16_t{symbol};
  });
  Coded coded;
  for (size_t lane = 0; lane < sizes.size(); ++lane) {
    encoders[lane].finish();
    coded.codes.bytes.insert(coded.codes.bytes.end(), codes[lane].begin(), codes[lane].end());
    coded.codes.sizes.push_back(static_cast<uint32_t>(codes[lane].size()));
  }
  return coded;
}

std::vector<bool> decode_on_cpu(uint64_t id, base::ByteSpan codes, const Sizes& code_sizes, base::MutableByteSpan out,
                                const Sizes& sizes) {
  std::vector<coding::SymbolRangeDecoder> decoders;
  std::vector<size_t> at(sizes.size(), 0);
  std::exclusive_scan(sizes.begin(), sizes.end(), at.begin(), size_t{0});
  size_t code_at = 0;
  for (const uint32_t size : code_sizes) {
    decoders.emplace_back(codes.subspan(code_at, size));
    code_at += size;
  }
  step_on_cpu(id, sizes, [&](size_t lane, uint32_t step, const uint32_t* freq) {
    const uint32_t target = decoders[lane].target(kernels::kNetworkTotalBits);
    uint32_t cum = 0, symbol = 0;
    while (target - cum >= freq[symbol]) cum += freq[symbol++];
    decoders[lane].consume(cum, freq[symbol], kernels::kNetworkTotalBits);
    out[at[lane] + step] = static_cast<uint8_t>(symbol);
    return static_cast<uint16_t>(symbol);
  });
  std::vector<bool> whole;
  for (const auto& decoder : decoders) whole.push_back(!decoder.overran());
  return whole;
}

// -> codes one after the other, their sizes, seconds of the device's kernels
py::tuple device_encode(const std::string& device, uint64_t id, const py::object& content, const Sizes& sizes,
                        size_t at_once, int groups, int shared) {
  const BufferView view(content);
  require_sizes(sizes, view.bytes().size());
  Coded coded;
  {
    const py::gil_scoped_release release;
    if (device == "cpu") {
      coded = encode_on_cpu(id, view.bytes(), sizes);
    } else {
      const auto network = network_on(device, id);
      coded.codes = network->encode(view.bytes(), sizes, {at_once, groups, shared});
      coded.seconds = network->seconds();
    }
  }
  return py::make_tuple(to_bytes(coded.codes.bytes), coded.codes.sizes, coded.seconds);
}

// -> content, whether each code was whole, seconds of the device's kernels
py::tuple device_decode(const std::string& device, uint64_t id, const py::object& codes, const Sizes& code_sizes,
                        const Sizes& sizes, size_t at_once, int groups, int shared) {
  const BufferView view(codes);
  require_sizes(code_sizes, view.bytes().size());
  std::vector<uint8_t> out(std::accumulate(sizes.begin(), sizes.end(), size_t{0}));
  std::vector<bool> whole;
  double seconds = 0;
  {
    const py::gil_scoped_release release;
    if (device == "cpu") {
      whole = decode_on_cpu(id, view.bytes(), code_sizes, out, sizes);
    } else {
      const auto network = network_on(device, id);
      whole = network->decode(view.bytes(), code_sizes, out, sizes, {at_once, groups, shared});
      seconds = network->seconds();
    }
  }
  return py::make_tuple(to_bytes(out), whole, seconds);
}

// content of equal lanes -> [lanes][steps][256]
py::array_t<uint32_t> device_frequencies(const std::string& device, uint64_t id, const py::object& content,
                                         size_t lanes) {
  const BufferView view(content);
  std::vector<uint32_t> freq;
  {
    const py::gil_scoped_release release;
    freq = network_on(device, id)->frequencies(view.bytes(), lanes);
  }
  py::array_t<uint32_t> out({lanes, lanes > 0 ? view.bytes().size() / lanes : 0, size_t{256}});
  std::copy(freq.begin(), freq.end(), out.mutable_data());
  return out;
}

// What a launch for so many lanes takes of a block's shared memory.
py::dict device_plan(const std::string& device, uint64_t id, size_t lanes) {
  const cuda::Gru8Plan plan = network_on(device, id)->plan(lanes);
  py::dict out;
  out["groups"] = plan.groups;
  out["group_bytes"] = plan.group_bytes;
  out["logit_halves"] = plan.logit_halves;
  out["gate_blocks"] = plan.gate_blocks;
  out["shared_bytes"] = plan.shared_bytes;
  return out;
}

}  // namespace

void bind_testing_cuda(py::module_& module) {
  py::module_ testing = module.attr("testing");
  testing.def("device_encode", device_encode, py::arg("device"), py::arg("id"), py::arg("content"), py::arg("sizes"),
              py::arg("at_once") = 0, py::arg("groups") = 0, py::arg("shared") = 0);
  testing.def("device_decode", device_decode, py::arg("device"), py::arg("id"), py::arg("codes"), py::arg("code_sizes"),
              py::arg("sizes"), py::arg("at_once") = 0, py::arg("groups") = 0, py::arg("shared") = 0);
  testing.def("device_frequencies", device_frequencies);
  testing.def("device_plan", device_plan);
}

}  // namespace fastnz::bindings

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
#include "codec/compress.h"
#include "codec/decompress.h"
#include "codec/device_networks.h"
#include "coding/symbol_range_coder.h"
#include "models/gru8/gru8.h"
#include "models/lane_mix/lane_mix.h"

namespace py = pybind11;

namespace fastnz::bindings {
namespace {

using Sizes = std::vector<uint32_t>;
constexpr int kEmulatedShared = 232448;  // an H100's
constexpr size_t kEmulatedMemory = size_t{1} << 30;

std::shared_ptr<const models::Gru8Weights> weights_of(uint64_t id) {
  return std::static_pointer_cast<const models::Gru8Weights>(models::require_weights(id, "gru8"));
}

// "emulated", "emulated:ORDER", "emulated:ORDER:SHARED" and "emulated:ORDER:SHARED:MEMORY" besides what users may name.
codec::DeviceChoice choice_named(const std::string& name, bool automatic = false) {
  static std::map<std::string, std::shared_ptr<cuda::Device>> emulated;
  if (!name.starts_with("emulated")) return codec::DeviceChoice::named(name);
  std::shared_ptr<cuda::Device>& device = emulated[name];
  if (!device) {
    std::vector<size_t> numbers;
    for (size_t at = name.find(':'); at != name.npos; at = name.find(':', at + 1)) numbers.push_back(std::stoul(name.substr(at + 1)));
    numbers.resize(3, 0);
    device = cuda::open_emulated(static_cast<uint32_t>(numbers[0]),
                                 numbers[1] > 0 ? static_cast<int>(numbers[1]) : kEmulatedShared,
                                 numbers[2] > 0 ? numbers[2] : kEmulatedMemory);
  }
  return codec::DeviceChoice(device, automatic);
}

std::shared_ptr<cuda::Device> device_named(const std::string& name) { return choice_named(name).device(); }

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

// Lanes of lane_mix of any length, in groups of any size.
models::LaneLayout mixed_layout(size_t size, uint32_t lane_bytes, uint32_t group, uint32_t head) {
  models::LaneLayout layout;
  layout.size = size;
  layout.head = head;
  layout.lane_bytes = lane_bytes;
  layout.lanes = static_cast<uint32_t>((size - head + lane_bytes - 1) / lane_bytes);
  layout.group = std::min(group, std::max(layout.lanes, 1u));
  return layout;
}

struct HeadTables {
  std::vector<kernels::LaneSlot> slots;
  std::vector<uint32_t> entries;
};

cuda::MixLayout on_device(const models::LaneLayout& layout, const uint8_t* content, HeadTables* tables) {
  const int bits = models::LaneMix::slot_bits(layout);
  const size_t each = size_t{1} << bits;
  tables->slots.resize(static_cast<size_t>(kernels::kLaneContexts) * each);
  tables->entries.resize(2 * each);
  kernels::lane_mix_learn_head(content, layout.head, bits, tables->slots.data(), tables->entries.data(), tables->entries.data() + each);
  return {layout.head, layout.lane_bytes, layout.group, bits, tables->slots.data(), tables->entries.data()};
}

// code(lane, its frequencies, where its byte is) for each byte of each lane, as codec/lane_codes goes through them.
template <typename Code>
void mix_on_cpu(uint64_t id, const models::LaneLayout& layout, const uint8_t* content, Code code) {
  std::vector<uint32_t> freq(size_t{layout.group} * kernels::kNetworkSymbols);
  for (uint32_t group = 0; group < layout.groups(); ++group) {
    models::LaneMix model(std::make_unique<models::Gru8>(weights_of(id), static_cast<int>(layout.lanes_of(group))), layout, content,
                          group);
    for (uint64_t step = 0; model.active() > 0; ++step) {
      model.predict(freq.data());
      for (uint32_t s = 0; s < static_cast<uint32_t>(model.active()); ++s) {
        const uint32_t lane = group * layout.group + s;
        code(lane, freq.data() + size_t{s} * kernels::kNetworkSymbols, layout.begin(lane) + step);
      }
      model.update();
    }
  }
}

// -> codes one after the other, their sizes, seconds of the device's kernels
py::tuple device_mix_encode(const std::string& device, uint64_t id, const py::object& content, uint32_t lane_bytes,
                            uint32_t group, uint32_t head, size_t at_once, int shared) {
  const BufferView view(content);
  const models::LaneLayout layout = mixed_layout(view.bytes().size(), lane_bytes, group, head);
  Coded coded;
  {
    const py::gil_scoped_release release;
    if (device == "cpu") {
      std::vector<std::vector<uint8_t>> codes(layout.lanes);
      std::vector<coding::SymbolRangeEncoder> encoders;
      for (auto& code : codes) encoders.emplace_back(&code);
      mix_on_cpu(id, layout, view.bytes().data(), [&](uint32_t lane, const uint32_t* freq, uint64_t at) {
        const uint8_t symbol = view.bytes()[static_cast<size_t>(at)];
        encoders[lane].encode(std::accumulate(freq, freq + symbol, 0u), freq[symbol], kernels::kNetworkTotalBits);
      });
      for (size_t lane = 0; lane < codes.size(); ++lane) {
        encoders[lane].finish();
        coded.codes.bytes.insert(coded.codes.bytes.end(), codes[lane].begin(), codes[lane].end());
        coded.codes.sizes.push_back(static_cast<uint32_t>(codes[lane].size()));
      }
    } else {
      const auto network = network_on(device, id);
      HeadTables tables;
      coded.codes = network->encode_mixed(view.bytes(), on_device(layout, view.bytes().data(), &tables), {at_once, 0, shared});
      coded.seconds = network->seconds();
    }
  }
  return py::make_tuple(to_bytes(coded.codes.bytes), coded.codes.sizes, coded.seconds);
}

// -> content of `size` bytes with the head, whether each code was whole, seconds of the device's kernels
py::tuple device_mix_decode(const std::string& device, uint64_t id, const py::object& codes, const Sizes& code_sizes,
                            const py::object& head, size_t size, uint32_t lane_bytes, uint32_t group, size_t at_once, int shared) {
  const BufferView view(codes), known(head);
  require_sizes(code_sizes, view.bytes().size());
  const models::LaneLayout layout = mixed_layout(size, lane_bytes, group, static_cast<uint32_t>(known.bytes().size()));
  std::vector<uint8_t> out(size);
  std::copy(known.bytes().begin(), known.bytes().end(), out.begin());
  std::vector<bool> whole;
  double seconds = 0;
  {
    const py::gil_scoped_release release;
    if (device == "cpu") {
      std::vector<coding::SymbolRangeDecoder> decoders;
      size_t code_at = 0;
      for (const uint32_t each : code_sizes) {
        decoders.emplace_back(view.bytes().subspan(code_at, each));
        code_at += each;
      }
      mix_on_cpu(id, layout, out.data(), [&](uint32_t lane, const uint32_t* freq, uint64_t at) {
        const uint32_t target = decoders[lane].target(kernels::kNetworkTotalBits);
        uint32_t cum = 0, symbol = 0;
        while (target - cum >= freq[symbol]) cum += freq[symbol++];
        decoders[lane].consume(cum, freq[symbol], kernels::kNetworkTotalBits);
        out[static_cast<size_t>(at)] = static_cast<uint8_t>(symbol);
      });
      for (const auto& decoder : decoders) whole.push_back(!decoder.overran());
    } else {
      const auto network = network_on(device, id);
      HeadTables tables;
      whole = network->decode_mixed(view.bytes(), code_sizes, out, on_device(layout, out.data(), &tables), {at_once, 0, shared});
      seconds = network->seconds();
    }
  }
  return py::make_tuple(to_bytes(out), whole, seconds);
}

// Whole frames on a device that may be an emulated one; `automatic`: as if nobody had asked for it.
py::bytes compress_on(const std::string& device, const py::object& data, int level, uint64_t model, bool automatic) {
  const BufferView view(data);
  std::vector<uint8_t> out;
  {
    const py::gil_scoped_release release;
    codec::Monitor monitor;
    out = codec::compress(view.bytes(), {.level = level, .model_id = model, .device = choice_named(device, automatic)}, &monitor);
  }
  return to_bytes(out);
}

py::bytes decompress_on(const std::string& device, const py::object& data, bool automatic) {
  const BufferView view(data);
  std::vector<uint8_t> out;
  {
    const py::gil_scoped_release release;
    codec::Monitor monitor;
    const codec::Limits limits;
    const codec::Contents contents = codec::read_frames(view.bytes(), limits, codec::Proof::kAll);
    out.resize(static_cast<size_t>(contents.content_size));
    codec::decode_frames(view.bytes(), contents, out, limits, {1, choice_named(device, automatic)}, &monitor);
  }
  return to_bytes(out);
}

// What a launch for so many lanes takes of a block's shared memory; `group`: of lanes that learn together, 0: none do.
py::dict device_plan(const std::string& device, uint64_t id, size_t lanes, uint32_t group) {
  cuda::MixLayout mix;
  mix.group = group;
  const cuda::Gru8Plan plan = network_on(device, id)->plan(lanes, {}, group > 0 ? &mix : nullptr);
  py::dict out;
  out["groups"] = plan.groups;
  out["threads"] = cuda::block_threads(plan);
  out["mix_bytes"] = plan.mix_bytes;
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
  testing.def("device_plan", device_plan, py::arg("device"), py::arg("id"), py::arg("lanes"), py::arg("group") = 0);
  testing.def("device_mix_encode", device_mix_encode, py::arg("device"), py::arg("id"), py::arg("content"),
              py::arg("lane_bytes"), py::arg("group"), py::arg("head") = 0, py::arg("at_once") = 0, py::arg("shared") = 0);
  testing.def("device_mix_decode", device_mix_decode, py::arg("device"), py::arg("id"), py::arg("codes"),
              py::arg("code_sizes"), py::arg("head"), py::arg("size"), py::arg("lane_bytes"), py::arg("group"),
              py::arg("at_once") = 0, py::arg("shared") = 0);
  testing.def("compress_on", compress_on, py::arg("device"), py::arg("data"), py::arg("level") = codec::kDefaultLevel,
              py::arg("model") = 0, py::arg("automatic") = false);
  testing.def("decompress_on", decompress_on, py::arg("device"), py::arg("data"), py::arg("automatic") = false);
}

}  // namespace fastnz::bindings

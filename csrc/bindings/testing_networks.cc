// Networks and their kernels in `_core.testing`: frequencies of whole strings, single kernels by instruction set, the
// byte-to-bit adapter, and coding with any row of the registry.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <ctime>
#include <stdexcept>
#include <string>
#include <vector>

#include "bindings/bindings.h"
#include "bindings/buffers.h"
#include "codec/code_byte.h"
#include "codec/incompressible.h"
#include "codec/lane_groups.h"
#include "codec/lane_codes.h"
#include "codec/lane_order.h"
#include "codec/lockstep.h"
#include "kernels/dispatch.h"
#include "models/gru8/gru8.h"
#include "models/network/families.h"
#include "models/registry.h"
#include "models/symbol_bits.h"

namespace py = pybind11;

namespace fastnz::bindings {
namespace {

template <typename T>
using Array = py::array_t<T, py::array::c_style | py::array::forcecast>;

constexpr py::ssize_t kSymbols = kernels::kNetworkSymbols;

void require(bool condition, const char* message) {
  if (!condition) throw std::invalid_argument(message);
}

// The dispatched table for "".
kernels::KernelTable table_of(const std::string& name) {
  if (name.empty()) return kernels::dispatch().table;
  for (const kernels::Isa isa : kernels::kIsas)
    if (name == kernels::isa_name(isa) && kernels::isa_available(isa)) return kernels::table_for(isa);
  throw std::invalid_argument("no instruction set " + name + " here");
}

std::shared_ptr<const models::Gru8Weights> weights_of(uint64_t id) {
  return std::static_pointer_cast<const models::Gru8Weights>(models::require_weights(id, "gru8"));
}

// Any network that is loaded.
std::unique_ptr<models::SymbolModel> model_of(uint64_t id, int lanes, const kernels::KernelTable* table) {
  const auto weights = models::require_weights(id);
  return models::family_of(*weights).make(weights, lanes, table);
}

// streams [S][n] -> frequencies before each byte [S][n][256]
py::array_t<uint32_t> lane_frequencies(const Array<uint8_t>& streams, uint64_t id, const std::string& isa) {
  require(streams.ndim() == 2 && streams.shape(0) >= 1, "streams must be [S][n]");
  const size_t lanes = static_cast<size_t>(streams.shape(0)), n = static_cast<size_t>(streams.shape(1));
  py::array_t<uint32_t> out({streams.shape(0), streams.shape(1), kSymbols});
  uint32_t* const to = out.mutable_data();
  const uint8_t* const from = streams.data();
  const kernels::KernelTable table = table_of(isa);
  const auto model = model_of(id, static_cast<int>(lanes), &table);
  const py::gil_scoped_release release;
  std::vector<uint32_t> freq(lanes * kSymbols);
  std::vector<uint16_t> symbols(lanes);
  for (size_t i = 0; i < n; ++i) {
    model->predict(freq.data());
    for (size_t s = 0; s < lanes; ++s) {
      std::copy_n(freq.data() + s * kSymbols, kSymbols, to + (s * n + i) * kSymbols);
      symbols[s] = from[s * n + i];
    }
    model->update(symbols.data());
  }
  return out;
}

py::array_t<uint32_t> frequencies(const py::bytes& data, uint64_t id, const std::string& isa) {
  const std::string_view text = data;
  const py::ssize_t n = static_cast<py::ssize_t>(text.size());
  py::array_t<uint8_t> stream({py::ssize_t{1}, n});
  std::copy(text.begin(), text.end(), stream.mutable_data());
  return lane_frequencies(stream, id, isa).reshape({n, kSymbols});
}

// Rows of the feature tables before each byte [n][4].
py::array_t<uint32_t> gru8_rows(const py::bytes& data, int bits) {
  require(bits >= 1 && bits <= 31, "bits outside 1..31");
  const std::string_view text = data;
  py::array_t<uint32_t> out({static_cast<py::ssize_t>(text.size()), py::ssize_t{models::kFeatureTables}});
  uint32_t* to = out.mutable_data();
  models::ByteFeatures features;
  for (const char c : text) {
    for (const uint32_t row : features.rows(bits)) *to++ = row;
    features.push(static_cast<uint8_t>(c));
  }
  return out;
}

// Processor time of `steps` steps of `lanes` streams, or of their products with weights only.
double network_seconds(uint64_t id, const std::string& isa, int lanes, int steps, bool only_products) {
  require(lanes >= 1 && lanes <= 4096, "lanes outside 1..4096");
  const auto weights = models::require_weights(id);
  const kernels::KernelTable table = table_of(isa);
  const size_t streams = static_cast<size_t>(lanes);
  const auto model = model_of(id, lanes, &table);
  std::vector<uint32_t> freq(streams * kSymbols);
  std::vector<uint16_t> symbols(streams);
  const auto matrices = weights->matrices();
  size_t columns = 0, rows = 0;
  for (const kernels::NetworkMatrix* matrix : matrices) {
    columns = std::max(columns, static_cast<size_t>(matrix->columns));
    rows = std::max(rows, static_cast<size_t>(matrix->rows));
  }
  std::vector<int8_t> inputs(streams * columns, 3);
  std::vector<int32_t> sums(streams * rows);
  const py::gil_scoped_release release;
  const std::clock_t start = std::clock();
  for (int i = 0; i < steps; ++i) {
    if (only_products) {
      for (const kernels::NetworkMatrix* matrix : matrices)
        table.multiply_i8(matrix, inputs.data(), columns, lanes, sums.data(), rows);
      continue;
    }
    model->predict(freq.data());
    for (size_t s = 0; s < streams; ++s)
      symbols[s] = static_cast<uint16_t>((static_cast<size_t>(i) * 2654435761u + s * 40503u) >> 7 & 255);
    model->update(symbols.data());
  }
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// Processor time of following `steps` changes of the state in the products that read it, when of every hundred groups
// of four units `percent` change each time (evenly spread; all features change).
double changes_seconds(uint64_t id, const std::string& isa, int percent, int steps) {
  require(percent >= 0 && percent <= 100, "percent outside 0..100");
  const auto weights = weights_of(id);
  const kernels::KernelTable table = table_of(isa);
  const size_t stride = static_cast<size_t>(weights->shape().inputs());
  const size_t state_groups = static_cast<size_t>(weights->shape().hidden) / kernels::kTileColumns;
  std::vector<int8_t> inputs[2] = {std::vector<int8_t>(stride, 3), std::vector<int8_t>(stride, 3)};
  std::vector<uint16_t> groups;
  size_t of_state = 0;
  for (size_t g = 0; g < stride / kernels::kTileColumns; ++g) {
    const size_t share = static_cast<size_t>(percent);
    if (g < state_groups && (g + 1) * share / 100 == g * share / 100) continue;
    of_state += g < state_groups;
    groups.push_back(static_cast<uint16_t>(g));
    inputs[1][g * kernels::kTileColumns] = -100;
  }
  std::vector<int32_t> state_sums(static_cast<size_t>(weights->from_state().rows)), logit_sums(kSymbols);
  const py::gil_scoped_release release;
  const std::clock_t start = std::clock();
  for (int i = 0; i < steps; ++i) {
    const int8_t* const before = inputs[i & 1].data();
    const int8_t* const now = inputs[~i & 1].data();
    table.multiply_changes_i8(&weights->from_state(), before, now, groups.data(), static_cast<int>(of_state),
                              state_sums.data());
    table.multiply_changes_i8(&weights->to_logits(), before, now, groups.data(), static_cast<int>(groups.size()),
                              logit_sums.data());
  }
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

base::ByteSpan bytes_of(const py::array& array) {
  return {static_cast<const uint8_t*>(array.data()), static_cast<size_t>(array.nbytes())};
}

// w [rows][columns], x [S][columns] -> [S][rows]
py::array_t<int32_t> multiply_i8(const std::string& isa, const Array<int8_t>& w, const Array<int8_t>& x) {
  require(w.ndim() == 2 && x.ndim() == 2 && w.shape(1) == x.shape(1) && x.shape(0) >= 1,
          "w [rows][columns], x [S][columns]");
  require(w.shape(0) % 32 == 0 && w.shape(1) % 32 == 0, "rows and columns must be multiples of 32");
  const std::vector<int16_t> ones(static_cast<size_t>(w.shape(0)), 1);
  const models::TiledMatrix matrix(bytes_of(w), {reinterpret_cast<const uint8_t*>(ones.data()), 2 * ones.size()},
                                   static_cast<int>(w.shape(0)), static_cast<int>(w.shape(1)), 4, "w");
  py::array_t<int32_t> out({x.shape(0), w.shape(0)});
  table_of(isa).multiply_i8(&matrix.get(), x.data(), static_cast<size_t>(x.shape(1)), static_cast<int>(x.shape(0)),
                            out.mutable_data(), static_cast<size_t>(w.shape(0)));
  return out;
}

// w [rows][columns], x [n][columns] -> [n][rows]: each product from the one before
py::array_t<int32_t> multiply_changes_i8(const std::string& isa, const Array<int8_t>& w, const Array<int8_t>& x) {
  require(w.ndim() == 2 && x.ndim() == 2 && w.shape(1) == x.shape(1), "w [rows][columns], x [n][columns]");
  require(w.shape(0) % 32 == 0 && w.shape(1) % 32 == 0, "rows and columns must be multiples of 32");
  const std::vector<int16_t> ones(static_cast<size_t>(w.shape(0)), 1);
  const models::TiledMatrix matrix(bytes_of(w), {reinterpret_cast<const uint8_t*>(ones.data()), 2 * ones.size()},
                                   static_cast<int>(w.shape(0)), static_cast<int>(w.shape(1)), 4, "w");
  const kernels::KernelTable table = table_of(isa);
  py::array_t<int32_t> out({x.shape(0), w.shape(0)});
  std::vector<int8_t> before(static_cast<size_t>(x.shape(1)), 0);
  std::vector<int32_t> sums(static_cast<size_t>(w.shape(0)), 0);
  for (py::ssize_t i = 0; i < x.shape(0); ++i) {
    const int8_t* const now = x.data(i, 0);
    std::vector<uint16_t> groups;
    for (size_t g = 0; g < before.size() / 4; ++g)
      if (!std::equal(now + 4 * g, now + 4 * g + 4, before.data() + 4 * g)) groups.push_back(static_cast<uint16_t>(g));
    table.multiply_changes_i8(&matrix.get(), before.data(), now, groups.data(), static_cast<int>(groups.size()),
                              sums.data());
    std::copy(sums.begin(), sums.end(), out.mutable_data(i, 0));
    std::copy_n(now, before.size(), before.begin());
  }
  return out;
}

kernels::NetworkMatrix scales_of(const Array<int16_t>& multipliers, int shift) {
  return {nullptr, nullptr, multipliers.data(), static_cast<int32_t>(multipliers.size()), 32, shift};
}

// a [n][256] -> frequencies [n][256]
py::array_t<uint32_t> frequencies_q22(const std::string& isa, const Array<int32_t>& a,
                                      const Array<int16_t>& multipliers, int shift, const Array<int32_t>& bias) {
  require(a.ndim() == 2 && a.shape(1) == kSymbols && multipliers.size() == kSymbols && bias.size() == kSymbols,
          "a [n][256], multipliers [256], bias [256]");
  require(shift >= 4 && shift <= 24, "shift outside 4..24");
  const kernels::NetworkMatrix matrix = scales_of(multipliers, shift);
  const kernels::KernelTable table = table_of(isa);
  py::array_t<uint32_t> out({a.shape(0), kSymbols});
  for (py::ssize_t i = 0; i < a.shape(0); ++i)
    table.frequencies_q22(&matrix, a.data(i, 0), bias.data(), out.mutable_data(i, 0));
  return out;
}

// ah, af [n][3H], x [n][3H], h [n][H] -> the next h [n][H]
py::array_t<int16_t> gru8_gates(const std::string& isa, const Array<int32_t>& ah, const Array<int16_t>& mh, int kh,
                                const Array<int32_t>& af, const Array<int16_t>& mf, int kf, const Array<int16_t>& bn,
                                const Array<int16_t>& x, const Array<int16_t>& h) {
  require(h.ndim() == 2 && h.shape(1) % 32 == 0, "h [n][H], H a multiple of 32");
  const py::ssize_t n = h.shape(0), hidden = h.shape(1);
  for (const py::array& array : {py::array(ah), py::array(af), py::array(x)})
    require(array.ndim() == 2 && array.shape(0) == n && array.shape(1) == 3 * hidden, "ah, af, x [n][3H]");
  require(mh.size() == 3 * hidden && mf.size() == 3 * hidden && bn.size() == hidden, "mh, mf [3H], bn [H]");
  require(kh >= 4 && kh <= 24 && kf >= 4 && kf <= 24, "shift outside 4..24");
  const kernels::NetworkMatrix from_state = scales_of(mh, kh), from_features = scales_of(mf, kf);
  const kernels::Gru8Gates gates = {&from_state, &from_features, bn.data(), static_cast<int32_t>(hidden)};
  const kernels::KernelTable table = table_of(isa);
  py::array_t<int16_t> next({n, hidden});
  std::copy_n(h.data(), n * hidden, next.mutable_data());
  std::vector<int8_t> h8(static_cast<size_t>(hidden));
  for (py::ssize_t i = 0; i < n; ++i)
    table.gru8_gates(&gates, ah.data(i, 0), af.data(i, 0), x.data(i, 0), next.mutable_data(i, 0), h8.data());
  return next;
}

// freq [n][256], bytes [n] -> odds at the nodes of both nibbles [n][2][16]
py::array_t<int16_t> nibble_odds(const std::string& isa, const Array<uint32_t>& freq, const Array<uint8_t>& bytes) {
  require(freq.ndim() == 2 && freq.shape(1) == kSymbols && freq.shape(0) == bytes.size(), "freq [n][256], bytes [n]");
  const kernels::KernelTable table = table_of(isa);
  py::array_t<int16_t> out({freq.shape(0), py::ssize_t{2}, py::ssize_t{16}});
  for (py::ssize_t i = 0; i < freq.shape(0); ++i) {
    uint32_t sums[16];
    table.nibble_sums(freq.data(i, 0), sums);
    table.nibble_odds_q10(sums, out.mutable_data(i, 0, 0));
    table.nibble_odds_q10(freq.data(i, bytes.data()[i] & 0xF0), out.mutable_data(i, 1, 0));
  }
  return out;
}

// P(1) of each bit of each byte: freq [n][256], bytes [n] -> [n][8]
py::array_t<uint32_t> byte_bits(const Array<uint32_t>& freq, const Array<uint8_t>& bytes, int total_bits) {
  require(freq.ndim() == 2 && freq.shape(1) == kSymbols && freq.shape(0) == bytes.size(), "freq [n][256], bytes [n]");
  py::array_t<uint32_t> out({freq.shape(0), py::ssize_t{8}});
  models::ByteBits bits;
  for (py::ssize_t i = 0; i < freq.shape(0); ++i) {
    bits.begin(freq.data(i, 0), total_bits);
    for (int k = 0; k < 8; ++k) {
      *out.mutable_data(i, k) = bits.p1_q16();
      bits.update(bytes.data()[i] >> (7 - k) & 1);
    }
  }
  return out;
}

const models::ModelRow& row_of(const std::string& name) {
  const models::ModelRow* row = models::find_model(name);
  require(row != nullptr, "no such model");
  return *row;
}

py::bytes model_encode(const std::string& name, const py::bytes& options, const py::object& data) {
  const BufferView view(data), chosen(options);
  std::vector<uint8_t> out;
  {
    const py::gil_scoped_release release;
    codec::encode_with_model(view.bytes(), row_of(name), chosen.bytes(), &out, nullptr);
  }
  return to_bytes(out);
}

py::bytes model_decode(const std::string& name, const py::bytes& options, const py::object& coded, size_t size) {
  const BufferView view(coded), chosen(options);
  std::vector<uint8_t> out(size);
  {
    const py::gil_scoped_release release;
    const models::ModelRow& row = row_of(name);
    bool whole = false;
    if (row.lane_layout) {
      codec::check_lanes(view.bytes(), row.lane_layout(chosen.bytes(), size), 0);
      whole = codec::decode_lanes(view.bytes(), out, row, chosen.bytes(), {}, nullptr, 0);
    } else {
      const auto model = row.make_bit_model(chosen.bytes(), size);
      coding::BinaryRangeDecoder decoder(view.bytes());
      codec::decode_preface(model.get(), &decoder);
      codec::for_each_in_lanes(
          size, codec::content_lanes(row, chosen.bytes()), size,
          [&](size_t i) { out[i] = codec::decode_byte(model.get(), &decoder); }, [](size_t) {});
      whole = !decoder.overran();
    }
    require(whole, "the code is too short");
  }
  return to_bytes(out);
}

size_t model_memory(const std::string& name, const py::bytes& options, uint64_t size) {
  return row_of(name).memory(BufferView(options).bytes(), size);
}

// What a list of items with these options and sizes is cut into: items and number of lanes of each group.
py::list lane_groups(const std::string& name, const py::bytes& options, const std::vector<uint64_t>& sizes,
                     size_t threads, uint64_t max_memory) {
  codec::LaneGroups lanes;
  for (size_t i = 0; i < sizes.size(); ++i) lanes.add(i, row_of(name), BufferView(options).bytes(), sizes[i]);
  py::list groups;
  for (const codec::LaneGroup& group : lanes.cut(threads, max_memory))
    groups.append(py::make_tuple(group.items, group.lanes));
  return groups;
}

// Lists of contents and codes through lanes.
std::vector<py::bytes> lockstep_encode(const std::string& name, const py::bytes& options,
                                       const std::vector<py::bytes>& items, int lanes) {
  std::vector<base::ByteSpan> contents;
  for (const py::bytes& item : items) contents.push_back(BufferView(item).bytes());
  const BufferView chosen(options);
  std::vector<std::vector<uint8_t>> made;
  {
    const py::gil_scoped_release release;
    made = codec::encode_lockstep(contents, row_of(name), chosen.bytes(), lanes, nullptr);
  }
  std::vector<py::bytes> out;
  for (const auto& code : made) out.push_back(to_bytes(code));
  return out;
}

std::vector<py::bytes> lockstep_decode(const std::string& name, const py::bytes& options,
                                       const std::vector<py::bytes>& items, const std::vector<size_t>& sizes,
                                       int lanes) {
  require(items.size() == sizes.size(), "a size for each code");
  std::vector<base::ByteSpan> codes;
  for (const py::bytes& item : items) codes.push_back(BufferView(item).bytes());
  const BufferView chosen(options);
  std::vector<std::vector<uint8_t>> made;
  for (const size_t size : sizes) made.emplace_back(size);
  const std::vector<base::MutableByteSpan> outs(made.begin(), made.end());
  {
    const py::gil_scoped_release release;
    for (const bool whole : codec::decode_lockstep(codes, outs, row_of(name), chosen.bytes(), lanes, nullptr))
      require(whole, "a code is too short");
  }
  std::vector<py::bytes> out;
  for (const auto& content : made) out.push_back(to_bytes(content));
  return out;
}

}  // namespace

void bind_testing_networks(py::module_& module) {
  py::module_ testing = module.attr("testing");
  testing.def("frequencies", frequencies, py::arg("data"), py::arg("id"), py::arg("isa") = "");
  testing.def("lane_frequencies", lane_frequencies, py::arg("streams"), py::arg("id"), py::arg("isa") = "");
  testing.def("gru8_rows", gru8_rows);
  testing.def("network_seconds", network_seconds, py::arg("id"), py::arg("isa"), py::arg("lanes"), py::arg("steps"),
              py::arg("only_products"));
  testing.def("changes_seconds", changes_seconds, py::arg("id"), py::arg("isa"), py::arg("percent"), py::arg("steps"));
  testing.def("multiply_i8", multiply_i8);
  testing.def("multiply_changes_i8", multiply_changes_i8);
  testing.def("frequencies_q22", frequencies_q22);
  testing.def("gru8_gates", gru8_gates);
  testing.def("byte_bits", byte_bits);
  testing.def("nibble_odds", nibble_odds);
  testing.def("model_encode", model_encode, py::arg("name"), py::arg("options"), py::arg("data"));
  testing.def("lane_groups", lane_groups, py::arg("name"), py::arg("options"), py::arg("sizes"), py::arg("threads"),
              py::arg("max_memory"));
  testing.def("lockstep_encode", lockstep_encode, py::arg("name"), py::arg("options"), py::arg("items"),
              py::arg("lanes"));
  testing.def("lockstep_decode", lockstep_decode, py::arg("name"), py::arg("options"), py::arg("codes"),
              py::arg("sizes"), py::arg("lanes"));
  testing.def("model_memory", model_memory);
  testing.def("model_decode", model_decode, py::arg("name"), py::arg("options"), py::arg("coded"), py::arg("size"));
}

}  // namespace fastnz::bindings

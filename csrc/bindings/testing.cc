// The submodule `_core.testing`: coders, checksums and kernels as Python functions, so that the tests can reach them.
// Not part of the public interface; nothing here is kept stable. Arguments are NumPy arrays where order is per step.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/crc32c.h"
#include "base/xxh3.h"
#include "bindings/bindings.h"
#include "coding/binary_range_coder.h"
#include "coding/rans.h"
#include "coding/symbol_range_coder.h"
#include "kernels/dispatch.h"

namespace py = pybind11;

namespace fastnz::bindings {
namespace {

template <typename T>
using Array = py::array_t<T, py::array::c_style | py::array::forcecast>;

template <typename T>
std::span<const T> view(const Array<T>& array) {
  return {array.data(), static_cast<size_t>(array.size())};
}

base::ByteSpan view(const py::bytes& bytes) {
  const std::string_view text = bytes;
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

py::bytes to_bytes(const std::vector<uint8_t>& bytes) {
  return py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

template <typename A, typename B>
void require_equal_sizes(const A& a, const B& b) {
  if (a.size() != b.size()) throw std::invalid_argument("arrays differ in size");
}

void require(bool condition, const char* message) {
  if (!condition) throw std::invalid_argument(message);
}

kernels::KernelTable table_of(const std::string& name) {
  for (const kernels::Isa isa : kernels::kIsas)
    if (name == kernels::isa_name(isa) && kernels::isa_available(isa)) return kernels::table_for(isa);
  throw std::invalid_argument("no instruction set " + name + " here");
}

py::bytes binary_encode(const Array<uint8_t>& bits, const Array<uint32_t>& p1_q16) {
  require_equal_sizes(bits, p1_q16);
  const auto bit = view(bits);
  const auto p1 = view(p1_q16);
  std::vector<uint8_t> out;
  coding::BinaryRangeEncoder encoder(&out);
  for (size_t i = 0; i < bit.size(); ++i) encoder.encode(bit[i], p1[i]);
  encoder.finish();
  return to_bytes(out);
}

std::pair<py::array_t<uint8_t>, bool> binary_decode(const py::bytes& data, const Array<uint32_t>& p1_q16) {
  const auto p1 = view(p1_q16);
  py::array_t<uint8_t> bits(p1_q16.size());
  uint8_t* bit = bits.mutable_data();
  coding::BinaryRangeDecoder decoder(view(data));
  for (size_t i = 0; i < p1.size(); ++i) bit[i] = static_cast<uint8_t>(decoder.decode(p1[i]));
  return {bits, decoder.overran()};
}

// Steps of the binary coder, each with 16 numbers: where each nibble begins, or the probability of a one 16 times for a bit.
bool is_bit(const uint16_t* start) { return start[0] != 0; }

std::span<const uint16_t> step_starts(const Array<uint16_t>& starts) {
  require(starts.ndim() == 2 && starts.shape(1) == 16, "starts are not [n, 16]");
  for (const uint16_t* row = starts.data(); row != starts.data() + starts.size(); row += 16) {
    bool grows = row[0] == 0 && row[15] < 32768;
    for (int v = 1; v < 16; ++v) grows = grows && row[v] > row[v - 1];
    require(is_bit(row) || grows, "starts do not grow from 0");
  }
  return view(starts);
}

py::bytes nibble_encode(const Array<uint8_t>& values, const Array<uint16_t>& starts) {
  const auto start = step_starts(starts);
  const auto value = view(values);
  require(value.size() * 16 == start.size(), "arrays differ in size");
  std::vector<uint8_t> out;
  coding::BinaryRangeEncoder encoder(&out);
  for (size_t i = 0; i < value.size(); ++i) {
    const uint16_t* const row = start.data() + i * 16;
    require(value[i] < (is_bit(row) ? 2 : 16), "a value that cannot be");
    is_bit(row) ? encoder.encode(value[i], row[0]) : encoder.encode_symbol(value[i], row);
  }
  encoder.finish();
  return to_bytes(out);
}

std::pair<py::array_t<uint8_t>, bool> nibble_decode(const py::bytes& data, const Array<uint16_t>& starts) {
  const auto start = step_starts(starts);
  py::array_t<uint8_t> values(starts.shape(0));
  uint8_t* value = values.mutable_data();
  coding::BinaryRangeDecoder decoder(view(data));
  for (size_t i = 0; i < start.size(); i += 16) {
    const uint16_t* const row = start.data() + i;
    *value++ = static_cast<uint8_t>(is_bit(row) ? static_cast<uint32_t>(decoder.decode(row[0])) : decoder.decode_symbol(row));
  }
  return {values, decoder.overran()};
}

// One step per element, so that a test may change the distribution and its total at every step.
py::bytes symbol_encode(const Array<uint32_t>& cum, const Array<uint32_t>& freq, const Array<int32_t>& total_bits) {
  require_equal_sizes(cum, freq);
  require_equal_sizes(cum, total_bits);
  const auto c = view(cum), f = view(freq);
  const auto bits = view(total_bits);
  std::vector<uint8_t> out;
  coding::SymbolRangeEncoder encoder(&out);
  for (size_t i = 0; i < c.size(); ++i) {
    require(bits[i] >= 1 && bits[i] <= coding::kMaxTotalBits && f[i] >= 1 &&
                uint64_t{c[i]} + f[i] <= uint64_t{1} << bits[i],
            "step outside its total");
    encoder.encode(c[i], f[i], bits[i]);
  }
  encoder.finish();
  return to_bytes(out);
}

// Follows the steps that were encoded; returns how many targets fell into their step's interval before the first miss.
std::pair<size_t, bool> symbol_decode(const py::bytes& data, const Array<uint32_t>& cum, const Array<uint32_t>& freq,
                                      const Array<int32_t>& total_bits) {
  require_equal_sizes(cum, freq);
  require_equal_sizes(cum, total_bits);
  const auto c = view(cum), f = view(freq);
  const auto bits = view(total_bits);
  coding::SymbolRangeDecoder decoder(view(data));
  size_t matched = 0;
  for (; matched < c.size(); ++matched) {
    const uint32_t target = decoder.target(bits[matched]);
    if (target < c[matched] || target - c[matched] >= f[matched]) break;
    decoder.consume(c[matched], f[matched], bits[matched]);
  }
  return {matched, decoder.overran()};
}

coding::RansTable rans_table(const Array<uint32_t>& freq, int total_bits) {
  require(total_bits >= coding::kMinRansBits && total_bits <= coding::kMaxRansBits, "total_bits outside 8..16");
  uint64_t sum = 0;
  for (const uint32_t f : view(freq)) sum += f;
  require(sum == uint64_t{1} << total_bits, "frequencies do not sum to 2^total_bits");
  return coding::RansTable(view(freq), total_bits);
}

py::bytes rans_encode(const Array<uint16_t>& symbols, const Array<uint32_t>& freq, int total_bits) {
  const coding::RansTable table = rans_table(freq, total_bits);
  for (const uint16_t s : view(symbols)) require(s < table.symbols() && table.freq(s) > 0, "symbol without frequency");
  return to_bytes(coding::rans_encode(view(symbols), table));
}

std::pair<py::array_t<uint16_t>, bool> rans_decode(const py::bytes& data, const Array<uint32_t>& freq, int total_bits,
                                                   size_t count) {
  const coding::RansTable table = rans_table(freq, total_bits);
  py::array_t<uint16_t> symbols(static_cast<py::ssize_t>(count));
  const bool ok = coding::rans_decode(view(data), table, {symbols.mutable_data(), count});
  return {symbols, ok};
}

void bind_kernels(py::module_& testing) {
  testing.def("match_length", [](const std::string& isa, const py::bytes& a, const py::bytes& b, size_t offset) {
    const auto left = view(a), right = view(b);
    require(offset <= left.size() && offset <= right.size(), "offset outside the arrays");
    const size_t max = std::min(left.size(), right.size()) - offset;
    return table_of(isa).match_length(left.data() + offset, right.data() + offset, max);
  });
}

}  // namespace

void bind_testing(py::module_& module) {
  py::module_ testing = module.def_submodule("testing", "Internals for the test suite; not a public interface.");
  testing.def("crc32c", [](const py::bytes& data, uint32_t crc) { return base::crc32c(view(data), crc); },
              py::arg("data"), py::arg("crc") = 0);
  testing.def("crc32c_scalar", [](const py::bytes& data, uint32_t crc) { return base::crc32c_scalar(view(data), crc); },
              py::arg("data"), py::arg("crc") = 0);
  testing.def("xxh3_64", [](const py::bytes& data) { return base::xxh3_64(view(data)); });
  py::class_<base::Xxh3Stream>(testing, "Xxh3Stream")
      .def(py::init<>())
      .def("update", [](base::Xxh3Stream& stream, const py::bytes& data) { stream.update(view(data)); })
      .def("digest", &base::Xxh3Stream::digest);

  testing.def("binary_encode", binary_encode);
  testing.def("binary_decode", binary_decode);
  testing.def("nibble_encode", nibble_encode);
  testing.def("nibble_decode", nibble_decode);
  testing.def("symbol_encode", symbol_encode);
  testing.def("symbol_decode", symbol_decode);
  testing.def("rans_encode", rans_encode);
  testing.def("rans_decode", rans_decode);
  testing.def("normalize_frequencies", [](const Array<uint64_t>& counts, int total_bits) {
    return coding::normalize_frequencies(view(counts), total_bits);
  });
  bind_kernels(testing);
}

}  // namespace fastnz::bindings

#include "models/online/bootstrap.h"

#include <algorithm>
#include <cmath>

namespace fastnz::models {
namespace {

constexpr size_t kSymbols = kernels::kFloatSymbols;
size_t size(int n) noexcept { return static_cast<size_t>(n); }

}  // namespace

StoredMatrix stored_matrix(int units, size_t occurring, int index) noexcept {
  const int symbols = static_cast<int>(occurring), gates = 3 * units;
  const StoredMatrix matrices[kStoredMatrices] = {
      {units, gates, 0}, {1, gates, 0}, {units, symbols, 1}, {1, symbols, 1}, {symbols, gates, 2}};
  return matrices[index];
}

StoredPlace stored_place(int units, const std::vector<uint8_t>& occurring, int matrix, int row, int column) noexcept {
  const size_t gates = 3 * size(units), r = size(row), c = size(column);
  if (matrix == 4) return {true, occurring[r] * gates + c};
  if (matrix < 2) return {false, (matrix * size(units) + r) * gates + c};
  return {false, (size(units) + 1) * gates + ((matrix - 2) * size(units) + r) * kSymbols + occurring[c]};
}

Bootstrap::Bootstrap(const OnlineOptions& options, const kernels::KernelTable& kernels)
    : units_(options.bootstrap.units),
      streams_(options.streams),
      step_(std::ldexp(1.0f, -options.bootstrap.step)),
      core_{bootstrap_network(options), &kernels, {}, {}},
      body_(core_.options, &core_.parameters),
      histories_(size(streams_)),
      logits_(size(streams_) * kSymbols) {
  output_.place(&core_.parameters, body_.row_width(), kernels::kFloatSymbols);
  core_.parameters.reserve(false, 0);
  for (const TableShape& shape : RecurrentBody::tables(core_.options)) core_.tables.emplace_back(shape.rows, shape.width, 0, false, 0);
  body_.draw(&core_);
  core_.parameters.draw(output_.weights, size(units_) * kSymbols, 1.0f / std::sqrt(static_cast<float>(units_)), core_.options.seed);
  occurring_.reserve(kSymbols);
}

size_t Bootstrap::bytes(const OnlineOptions& options) noexcept {
  const OnlineOptions network = bootstrap_network(options);
  const size_t streams = size(options.streams);
  size_t total = DenseParameters::bytes(static_cast<size_t>(dense_parameters(network)), false, 0) + RecurrentBody::bytes(network);
  for (const TableShape& shape : RecurrentBody::tables(network)) total += EmbeddingTable::bytes(shape.rows, shape.width, 0, false, 0);
  return total + 16 * streams + kSymbols + FloatBuffer::bytes(streams * kSymbols);
}

void Bootstrap::set_symbols(const std::array<uint8_t, kSymbolMapBytes>& occur) {
  for (size_t symbol = 0; symbol < kSymbols; ++symbol)
    if (occur[symbol / 8] >> (symbol % 8) & 1) occurring_.push_back(static_cast<uint8_t>(symbol));
}

StoredMatrix Bootstrap::matrix(int index) const noexcept { return stored_matrix(units_, occurring_.size(), index); }

void Bootstrap::move(int matrix, int row, int column, int steps) noexcept {
  const StoredPlace place = stored_place(units_, occurring_, matrix, row, column);
  float* const number = place.in_table ? core_.tables[0].row(0) + place.at : core_.parameters.weights(place.at);
  *number += static_cast<float>(steps) * step_;
}

Bootstrap::Step Bootstrap::predict() noexcept {
  const FloatRows state = body_.forward(&core_, histories_.data());
  const FloatRows logits{logits_.data(), kSymbols};
  output_.forward(*core_.kernels, &core_.parameters, state, logits, streams_);
  for (size_t s = 0; s < size(streams_); ++s) {
    size_t next = 0;
    for (const uint8_t symbol : occurring_) {
      std::fill(logits.row(s) + next, logits.row(s) + symbol, kUnusedLogit);
      next = size_t{symbol} + 1;
    }
    std::fill(logits.row(s) + next, logits.row(s) + kSymbols, kUnusedLogit);
  }
  return {state, logits};
}

void Bootstrap::update(const int* symbols) noexcept {
  for (size_t s = 0; s < histories_.size(); ++s) histories_[s].push(static_cast<uint32_t>(std::max(symbols[s], 0)));
  body_.forget(1);
}

}  // namespace fastnz::models

// The stored part of a bootstrap, bit by bit as the codec has it: which symbols occur, then the numbers, one byte each, predicted
// by adaptive probabilities whose context is how large their neighbours are. Integers only. Both directions are told the
// bytes here; who found them is not known. docs/online.md, section 13.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/online/bootstrap.h"

namespace fastnz::models {

class BootstrapReader {
 public:
  explicit BootstrapReader(Bootstrap* bootstrap);
  static size_t bytes(const OnlineBootstrap& bootstrap) noexcept;

  bool done() const noexcept { return matrix_ == kStoredMatrices; }
  uint32_t p1_q16() const noexcept { return nodes_[context_ + node_].p1_q16; }
  void update(int bit);

 private:
  struct Node {
    uint16_t p1_q16 = 1u << 15;
    uint16_t count = 0;
  };
  void take(uint32_t byte);
  void next_number() noexcept;
  void choose_context() noexcept;

  Bootstrap* bootstrap_;
  std::vector<Node> nodes_;
  size_t context_ = 0;  // the first of its nodes
  uint32_t node_ = 1;
  std::array<uint8_t, kSymbolMapBytes> symbols_{};
  size_t symbol_bytes_ = 0;         // of these, known
  int matrix_ = 0, row_ = 0, column_ = 0;
  StoredMatrix shape_{};
  std::vector<uint8_t> above_;      // magnitudes: of the last number of each column of this matrix
  int left_ = 0, second_left_ = 0;  // of the last two of this matrix
};

// Of a number q, -128 to 127, and back: 0, -1, 1, -2, ... are 0, 1, 2, 3, ...
inline uint8_t fold(int q) noexcept { return static_cast<uint8_t>(q >= 0 ? 2 * q : -2 * q - 1); }
inline int unfold(uint32_t byte) noexcept {
  return byte & 1 ? -static_cast<int>(byte >> 1) - 1 : static_cast<int>(byte >> 1);
}

}  // namespace fastnz::models

// The network that DZip calls bootstrap: one layer of `gru` whose numbers the encoder has found by training on the content, and
// that learns nothing more. Its numbers begin as any network's; those of symbols that occur are moved by what is stored.
// Knows no code of them and no training. docs/online.md, section 13.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/online/recurrent_body.h"

namespace fastnz::models {

inline constexpr float kUnusedLogit = -16.0f;  // of symbols that do not occur
inline constexpr size_t kSymbolMapBytes = 32;

// One of the matrices that are stored, of the symbols that occur where it has symbols at all.
struct StoredMatrix {
  int rows, columns;
  int kind;  // 0 the state's, 1 the output layer's, 2 the table of bytes
};
inline constexpr int kStoredMatrices = 5;

class Bootstrap {
 public:
  // `options`: of the network that it stands beside.
  Bootstrap(const OnlineOptions& options, const kernels::KernelTable& kernels);
  static size_t bytes(const OnlineOptions& options) noexcept;

  // First which symbols occur, bit b of byte a for symbol 8 a + b; then the matrices are known, and each number's place.
  void set_symbols(const std::array<uint8_t, kSymbolMapBytes>& occur);
  StoredMatrix matrix(int index) const noexcept;
  void move(int matrix, int row, int column, int steps) noexcept;  // by so many steps of the quantiser

  struct Step {
    FloatRows state, logits;  // [S][units], [S][256]
  };
  Step predict() noexcept;
  void update(const int* symbols) noexcept;  // as of OnlineNetwork

 private:
  int units_, streams_;
  float step_;
  OnlineCore core_;
  RecurrentBody body_;
  DenseLayer output_;
  std::vector<OnlineHistory> histories_;  // [S]
  std::vector<uint8_t> occurring_;        // symbols, ascending
  FloatBuffer logits_;                    // [S][256]
};

// Where number (row, column) of a matrix is: in the dense parameters, or from kInTable on in the table of bytes. `occurring` as
// above. For both who stores and who reads.
struct StoredPlace {
  bool in_table;
  size_t at;
};
StoredMatrix stored_matrix(int units, size_t occurring, int index) noexcept;
StoredPlace stored_place(int units, const std::vector<uint8_t>& occurring, int matrix, int row, int column) noexcept;

}  // namespace fastnz::models

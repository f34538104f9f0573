// Matrix products of networks that train while they code, written once over sixteen virtual lanes. Blocks of rows and
// columns are a matter of registers only: an element's operations and their order never depend on them.
#include "kernels/float.h"

#if defined(__FAST_MATH__)
#error "the order of operations is part of the format: no fast math"
#endif

namespace fastnz::kernels {
namespace {

// Rows x Vectors * 16 elements, each one chain over ascending j from what out holds.
template <int Rows, int Vectors>
inline void multiply_block(const FloatProduct* p, int row, int column) {
  const float* a = p->a + static_cast<size_t>(row) * p->a_row;
  const float* b = p->b + column;
  float* const out = p->out + static_cast<size_t>(row) * p->out_stride + column;
  VectorF32 sum[Rows][Vectors];
  for (int r = 0; r < Rows; ++r)
    for (int v = 0; v < Vectors; ++v) sum[r][v] = load_f32(out + static_cast<size_t>(r) * p->out_stride + v * kFloatLanes);
  for (int32_t j = 0; j < p->depth; ++j) {
    VectorF32 right[Vectors];
    for (int v = 0; v < Vectors; ++v) right[v] = load_f32(b + v * kFloatLanes);
    for (int r = 0; r < Rows; ++r) {
      const VectorF32 left = broadcast_f32(a[static_cast<size_t>(r) * p->a_row]);
      for (int v = 0; v < Vectors; ++v) sum[r][v] = multiply_add_f32(left, right[v], sum[r][v]);
    }
    a += p->a_step;
    b += p->b_stride;
  }
  for (int r = 0; r < Rows; ++r)
    for (int v = 0; v < Vectors; ++v) store_f32(out + static_cast<size_t>(r) * p->out_stride + v * kFloatLanes, sum[r][v]);
}

template <int Vectors>
inline void multiply_columns(const FloatProduct* p, int column) {
  int row = 0;
  for (; row + kFloatRows <= p->rows; row += kFloatRows) multiply_block<kFloatRows, Vectors>(p, row, column);
  for (; row + 2 <= p->rows; row += 2) multiply_block<2, Vectors>(p, row, column);
  if (row < p->rows) multiply_block<1, Vectors>(p, row, column);
}

void multiply_chains_f32(const FloatProduct* p) {
  const int pair = 2 * kFloatLanes;
  int column = 0;
  if (p->rows == 1) {
    for (; column + kFloatVectorsAlone * kFloatLanes <= p->columns; column += kFloatVectorsAlone * kFloatLanes)
      multiply_block<1, kFloatVectorsAlone>(p, 0, column);
    for (; column + pair <= p->columns; column += pair) multiply_block<1, 2>(p, 0, column);
  } else {
    for (; column + kFloatVectors * kFloatLanes <= p->columns; column += kFloatVectors * kFloatLanes)
      multiply_columns<kFloatVectors>(p, column);
    if constexpr (kFloatVectors > 2)
      for (; column + pair <= p->columns; column += pair) multiply_columns<2>(p, column);
  }
  for (; column < p->columns; column += kFloatLanes) multiply_columns<1>(p, column);
}

// Rows x Dots sums over the rows of b: a chain for each lane, then the tree, then what out holds is added.
template <int Rows, int Dots>
inline void multiply_dots(const FloatProduct* p, int row, int column) {
  const float* const a = p->a + static_cast<size_t>(row) * p->a_row;
  const float* const b = p->b + static_cast<size_t>(column) * p->b_stride;
  VectorF32 sum[Rows][Dots];
  for (int r = 0; r < Rows; ++r)
    for (int d = 0; d < Dots; ++d) sum[r][d] = broadcast_f32(0.0f);
  for (int32_t j = 0; j < p->depth; j += kFloatLanes) {
    VectorF32 right[Dots];
    for (int d = 0; d < Dots; ++d) right[d] = load_f32(b + static_cast<size_t>(d) * p->b_stride + j);
    for (int r = 0; r < Rows; ++r) {
      const VectorF32 left = load_f32(a + static_cast<size_t>(r) * p->a_row + j);
      for (int d = 0; d < Dots; ++d) sum[r][d] = multiply_add_f32(left, right[d], sum[r][d]);
    }
  }
  for (int r = 0; r < Rows; ++r)
    for (int d = 0; d < Dots; ++d) {
      float* const to = p->out + static_cast<size_t>(row + r) * p->out_stride + column + d;
      *to = *to + sum_lanes_f32(sum[r][d]);
    }
}

void multiply_transposed_f32(const FloatProduct* p) {
  for (int column = 0; column < p->columns; column += 2 * kFloatDots) {
    int row = 0;
    for (; row + kFloatDotRows <= p->rows; row += kFloatDotRows) {
      multiply_dots<kFloatDotRows, kFloatDots>(p, row, column);
      multiply_dots<kFloatDotRows, kFloatDots>(p, row, column + kFloatDots);
    }
    for (; row < p->rows; ++row) multiply_dots<1, 2 * kFloatDots>(p, row, column);
  }
}

void add_rows_f32(const float* x, float* sum, int columns) {
  for (int i = 0; i < columns; i += kFloatLanes) store_f32(sum + i, add_f32(load_f32(sum + i), load_f32(x + i)));
}

}  // namespace
}  // namespace fastnz::kernels

// What the loops of networks that train while they code work on: fp32, plain data owned by models/online.
// Invariant: one order of operations for every instruction set (docs/online.md, section 2), so that results are equal bit
// for bit: a vector is kFloatLanes virtual lanes wide whatever the registers are, a sum over a vector is one chain of
// fused multiply-adds for each lane and then a fixed tree, anything else is element by element.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace fastnz::kernels {

inline constexpr int kFloatLanes = 16;
inline constexpr int kFloatSymbols = 256;
inline constexpr int kFloatTotalBits = 22;  // sum of the frequencies of a step
inline constexpr int kFloatPlaces = 256;    // most that a row may attend to

// out[i][n] over a[i][j] and b; an element of a is a[i * a_row + j * a_step], a row of b or out begins at its stride.
struct FloatProduct {
  const float* a;
  size_t a_row, a_step;
  const float* b;
  size_t b_stride;
  float* out;
  size_t out_stride;
  int32_t rows, depth, columns;
};

struct FloatAdam {
  float rate;     // of learning
  float share;    // of this gradient in the mean of squares
  float least;    // that mean never falls below it; >= 2^-100
  float clip;     // greatest size of gradient / root
  float keep;     // beta1: of the mean of gradients; 0: there is none
};

// One row of a layer's units. What is not used by a kind of cell is null.
struct FloatCell {
  int32_t units;             // H, a multiple of kFloatLanes
  const float* from_input;   // pre-activations of all gates
  const float* from_state;   // `gru`: the state's products, apart
  const float* before;       // `gru`: h before; `lstm`: c before
  float* gates;              // kept for the way back
  float* after;              // h; and for `lstm`
  float* cell_after;         // c
  // The way back: gradients of h (and of c) in, of the pre-activations and of what was before out.
  const float* from_above;
  float* carried;            // `lstm`: gradient of c, in and out; `gru`: gradient of h before by the direct way, out
  float* to_input;
  float* to_state;           // `gru`: of the state's products
};

// All heads of one row's attention. Place j of those attended is the row j * stride before; place 0 is the row itself.
struct FloatAttention {
  int32_t heads, width;      // of a head, a multiple of kFloatLanes; H = heads * width
  int32_t places;            // >= 1
  bool squares;              // a place counts by the product of squares instead of by the exponential of a product
  float scale;               // of products, where they are exponents
  const float* offsets;      // [heads][weights_stride], added to these
  const float* query;        // [H]
  const float* key;          // [H], of place 0
  const float* value;
  size_t stride;
  const float* relative;     // [places][H], added to the keys
  float* weights;            // [heads][weights_stride], kept for the way back
  size_t weights_stride;     // a multiple of kFloatLanes >= places
  float* inverses;           // [heads]: 1 / what the weights' numerators sum to
  float* out;                // [H]
  // The way back. Gradients of keys, values, `relative` and `offsets` are added to.
  int32_t learning;          // places whose keys and values learn
  const float* from_above;   // [H]
  float* to_query;           // [H]
  float* to_key;             // [H], of place 0
  float* to_value;
  size_t to_stride;
  float* to_relative;
  float* to_offsets;         // where products are exponents
};

}  // namespace fastnz::kernels

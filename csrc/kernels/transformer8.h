// What the loops of the network `transformer8` between its matrix products work on: plain data owned by
// models/transformer8. Fixed point: the stream between layers q11, inputs of products q7, scores q12 in bits
// (docs/transformer8.md, section 3).
#pragma once

#include <stdint.h>

#include "kernels/network.h"

namespace fastnz::kernels {

inline constexpr int kHeadSize = 32;
inline constexpr int kMaxHeads = 16;
inline constexpr int kMaxWindow = 256;
inline constexpr int kMaxWidth = 512;

// The window of one layer of one stream, a ring of slots: a step's key is a row of one matrix, its value a column of
// the other.
struct Transformer8Window {
  NetworkMatrix keys;    // [window][32]
  NetworkMatrix values;  // [32][window]
  const int16_t* bias;   // [heads][2 * window]: that of slot j is at window - 1 - newest + j
  int32_t heads;         // 1 to kMaxHeads
  int32_t window;        // a multiple of 32, at most kMaxWindow
  int32_t newest;        // the slot of distance 0
};

}  // namespace fastnz::kernels

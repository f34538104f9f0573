// The part of a step of the network `gru8` between its matrix products: plain data owned by models/gru8.
// Fixed point: pre-activations q11, gates and state q15 (docs/gru8.md, section 3).
#pragma once

#include <stdint.h>

#include "kernels/network.h"

namespace fastnz::kernels {

struct Gru8Gates {
  const NetworkMatrix* from_state;     // Wh: 3 * hidden rows, r, z, n
  const NetworkMatrix* from_features;  // Wf, the same rows
  const int16_t* bias;                 // bn [hidden]
  int32_t hidden;                      // H, a multiple of 32
};

}  // namespace fastnz::kernels

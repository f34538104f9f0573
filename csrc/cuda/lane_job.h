// What one launch is told: lanes of any lengths, and where their contents and codes lie. Plain data; all pointers are the
// device's. Knows no network.
#pragma once

#include <stdint.h>

#include "kernels/lane_mix.h"

namespace fastnz::cuda {

enum class Direction { kFrequencies, kEncode, kDecode };

// Of lanes that learn together, those of a block; empty without mixing. Positions are those in the launch's content: a head, then
// the launch's lanes, each of lane_bytes but the last. The tables begin as the head leaves them.
struct MixJob {
  kernels::LaneSlot* slots;      // [blocks][contexts][2^slot_bits]
  uint32_t* entries;             // [blocks][2][2^slot_bits]
  const int32_t* first_weights;  // [kLaneWeights]
  uint64_t size;                 // of the content
  uint32_t lane_bytes;
  uint32_t head;
  int32_t slot_bits;
};

struct LaneJob {
  const uint64_t* content_at;  // [lanes]: where a lane begins in `content`
  const uint32_t* length;      // [lanes]
  const uint64_t* code_at;     // [lanes]: where its code lies, most_code_bytes() of room when encoding
  uint32_t* code_size;         // [lanes]: written when encoding, read when decoding
  uint32_t* overran;           // [lanes]: decoding: 1 when the code was too short
  uint8_t* content;            // written when decoding
  uint8_t* code;               // written when encoding
  uint32_t* frequencies;       // kFrequencies: [lanes][steps][256], as many steps as the longest lane has
  int16_t* state;              // [groups][H / 16][2][32][8]: h of a thread's units and lanes
  int32_t lanes;
  int32_t steps;
  int32_t block_lanes;         // lanes of a block: 32 for each group, or as many as learn together
  MixJob mix;
};

}  // namespace fastnz::cuda

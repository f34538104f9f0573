// The many-symbol range coder for one lane, writing to and reading from plain memory: the bytes of
// coding/symbol_range_coder.h. Invariant: the encoder keeps back the last byte and the run of FFh after it, which are all
// that a carry can change, so what has been stored is final until finish(). Frequencies sum to 2^22.
#pragma once

#include <stdint.h>

#include "cuda/numerics.h"
#include "cuda/simt.h"

namespace fastnz::cuda {

// Room for a code of n symbols: a step shifts out at most three bytes.
FASTNZ_BOTH uint64_t most_code_bytes(uint64_t symbols) { return 3 * symbols + 16; }

struct LaneEncoder {
  uint64_t low = 0;
  uint64_t range = ~uint64_t{0};
  uint32_t size = 0;     // bytes stored
  uint32_t pending = 0;  // bytes FFh after `held`
  int32_t held = -1;     // the last byte before them, negative: none yet
};

FASTNZ_BOTH void release_held(LaneEncoder* e, uint8_t* out, uint32_t add) {
  if (e->held >= 0) out[e->size++] = static_cast<uint8_t>(static_cast<uint32_t>(e->held) + add);
  for (; e->pending > 0; --e->pending) out[e->size++] = static_cast<uint8_t>(0xFFu + add);
}

FASTNZ_BOTH void carry(LaneEncoder* e, uint8_t* out) {
  if (e->pending == 0) {
    ++e->held;
    return;
  }
  --e->pending;
  release_held(e, out, 1);
  e->held = 0;  // the last of the run
}

FASTNZ_BOTH void shift_low(LaneEncoder* e, uint8_t* out) {
  const int32_t byte = static_cast<int32_t>(e->low >> 56);
  e->low <<= 8;
  if (byte == 0xFF && e->held >= 0) {
    ++e->pending;
    return;
  }
  release_held(e, out, 0);
  e->held = byte;
}

FASTNZ_BOTH void encode_symbol(LaneEncoder* e, uint8_t* out, uint32_t cum, uint32_t freq) {
  const uint64_t unit = e->range >> kTotalBits, below = unit * cum, low = e->low + below;
  if (low < e->low) carry(e, out);
  e->low = low;
  e->range = cum + freq == kTotal ? e->range - below : unit * freq;
  while (e->range < uint64_t{1} << 56) {
    e->range <<= 8;
    shift_low(e, out);
  }
}

// As few bytes as decode correctly when followed by zeros; returns the size of the code.
FASTNZ_BOTH uint32_t finish_code(LaneEncoder* e, uint8_t* out) {
  if (e->low != 0) {
    const uint64_t mask = (uint64_t{1} << 56) - 1;
    if (uint64_t{0} - e->low < e->range) {  // the distance to a carry, which needs no byte at all
      carry(e, out);
    } else {
      e->low = (e->low + mask) & ~mask;
      shift_low(e, out);
    }
  }
  release_held(e, out, 0);
  const uint32_t floor = e->size > 4 ? e->size - 4 : 0;
  while (e->size > floor && out[e->size - 1] == 0) --e->size;
  return e->size;
}

struct LaneDecoder {
  uint64_t range = ~uint64_t{0};
  uint64_t code = 0;
  uint32_t next = 0;     // of the code's bytes
  uint32_t missing = 0;  // zeros read after its end
};
inline constexpr uint32_t kMostMissing = 12;  // coding::SymbolRangeEncoder::kMaxUnwritten

FASTNZ_BOTH uint64_t next_code_byte(LaneDecoder* d, const uint8_t* in, uint32_t size) {
  if (d->next < size) return in[d->next++];
  ++d->missing;
  return 0;
}

FASTNZ_BOTH void begin_code(LaneDecoder* d, const uint8_t* in, uint32_t size) {
  for (int i = 0; i < 8; ++i) d->code = d->code << 8 | next_code_byte(d, in, size);
}

FASTNZ_BOTH uint32_t code_target(const LaneDecoder& d) {
  const uint64_t target = d.code / (d.range >> kTotalBits);
  return target < kTotal ? static_cast<uint32_t>(target) : kTotal - 1;
}

FASTNZ_BOTH void consume_symbol(LaneDecoder* d, const uint8_t* in, uint32_t size, uint32_t cum, uint32_t freq) {
  const uint64_t unit = d->range >> kTotalBits, below = unit * cum;
  d->code -= below;
  d->range = cum + freq == kTotal ? d->range - below : unit * freq;
  while (d->range < uint64_t{1} << 56) {
    d->range <<= 8;
    d->code = d->code << 8 | next_code_byte(d, in, size);
  }
}

}  // namespace fastnz::cuda

// The arithmetic of the network `gru8` for one element at a time, for host and device alike: docs/gru8.md, sections 2 to
// 4, formula by formula. Invariant: integers only, and no intermediate leaves 32 bits (section 6 there).
#pragma once

#include <stdint.h>

#include "cuda/simt.h"

namespace fastnz::cuda {

inline constexpr int kSymbols = 256;
inline constexpr int kTotalBits = 22;
inline constexpr uint32_t kTotal = uint32_t{1} << kTotalBits;
inline constexpr int kFeatureTables = 4;

FASTNZ_BOTH int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }
FASTNZ_BOTH int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }
FASTNZ_BOTH int32_t sat16(int32_t v) { return smaller(larger(v, -32768), 32767); }
FASTNZ_BOTH int32_t mul15(int32_t a, int32_t b) { return (a * b + 16384) >> 15; }
// (a * m + 2^(k-1)) >> k with `half` = 2^(k-1).
FASTNZ_BOTH int32_t scale(int32_t a, int32_t m, int32_t half, int k) { return (a * m + half) >> k; }

// A piece of the logistic function less one half, eight bytes so that 16 pieces fill the 32 banks of shared memory once.
struct alignas(8) HalfPiece {
  int16_t a, b, c, unused;
};
inline constexpr int kHalfPieces = 16;

FASTNZ_BOTH HalfPiece half_piece(int s) {
  constexpr int16_t a[] = {0,     4011,  7571,  10407, 12479, 13899, 14831, 15424,
                           15795, 16024, 16164, 16251, 16303, 16335, 16354, 16366};
  constexpr int16_t b[] = {4134, 3881, 3227, 2431, 1702, 1134, 726, 459, 283, 174, 108, 64, 38, 23, 14, 9};
  constexpr int16_t c[] = {-119, -320, -392, -360, -283, -204, -134, -89, -54, -33, -21, -12, -6, -4, -2, -2};
  return {a[s], b[s], c[s], 0};
}

FASTNZ_BOTH int32_t logistic_half(const HalfPiece* pieces, int32_t u) {
  const int32_t size = smaller(u < 0 ? -u : u, 16383);
  const HalfPiece piece = pieces[size >> 10];
  const int32_t p = (size & 1023) << 5;
  const int32_t y = piece.a + mul15(p, piece.b + mul15(p, piece.c));
  return u < 0 ? -y : y;
}

// The state of one unit after a step, from its pre-activations: reset and keep before the logistic function, q11.
FASTNZ_BOTH int32_t gru_unit(const HalfPiece* pieces, int32_t u_reset, int32_t u_keep, int32_t v_h, int32_t v_i,
                             int32_t h) {
  const int32_t reset = 16384 + logistic_half(pieces, u_reset), keep = 16384 + logistic_half(pieces, u_keep);
  const int32_t u = sat16(v_i + mul15(reset, v_h));
  const int32_t next = 2 * logistic_half(pieces, sat16(2 * u));
  return sat16(mul15(keep, h) + mul15(32768 - keep, next));
}

FASTNZ_BOTH int32_t upper_byte(int32_t h) { return smaller((h + 128) >> 8, 127); }

// 2^-(d / 4096) as q22 of d >= 0; 2^22 for d = 0 only.
FASTNZ_BOTH uint32_t exponential(int32_t distance) {
  const int32_t d = smaller(distance, 98303), p = d & 4095;
  int32_t y = 60592 - ((p * 10383) >> 12);
  y = 181294 - ((p * y) >> 12);
  y = 262144 - ((p * y) >> 12);
  return static_cast<uint32_t>(y << 4) >> (d >> 12);
}

// What turns exponentials with this sum into frequencies; then frequency = 1 + multiply_high(e, reciprocal).
FASTNZ_BOTH uint32_t reciprocal(uint32_t sum) {
  return static_cast<uint32_t>((uint64_t{kTotal - kSymbols} << 32) / sum);
}

// What the features know of the past, and the row of a table that they point to.
struct FeatureState {
  uint32_t last = 0, word = 0, key3 = 0;
  bool in_word = false;
};

FASTNZ_BOTH void push_byte(FeatureState* state, uint32_t byte) {
  constexpr uint32_t kWordMultiplier = 0x2F0B4C47u;
  state->last = state->last << 8 | byte;
  const bool upper = byte - 'A' < 26, lower = byte - 'a' < 26;
  if (upper || lower || byte >= 128) {
    state->word = (state->in_word ? state->word * kWordMultiplier : 0) + (upper ? byte + 32 : byte);
    state->key3 = state->word;
    state->in_word = true;
  } else {
    state->key3 = state->word * kWordMultiplier + byte;
    state->in_word = false;
  }
}

FASTNZ_BOTH uint32_t feature_row(const FeatureState& state, int table, int bits) {
  const uint32_t key = table == 0   ? state.last & 0xFFFFu
                       : table == 1 ? state.last & 0xFFFFFFu
                       : table == 2 ? state.last
                                    : state.key3;
  const uint32_t multiplier = table == 0   ? 0x9E3779B1u
                              : table == 1 ? 0x85EBCA77u
                              : table == 2 ? 0xC2B2AE3Du
                                           : 0x27D4EB2Fu;
  const uint32_t t = key * multiplier;
  return ((t ^ t >> 15) * 0x2C1B3C6Du) >> (32 - bits);
}

}  // namespace fastnz::cuda

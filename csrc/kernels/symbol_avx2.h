// What symbol mixing asks of sixteen lanes in a 256-bit register, for AVX2 and AVX-512. Same functions and results as
// symbol_scalar.h; included after nibble_<isa>.h.
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "kernels/symbol_mix.h"

namespace fastnz::kernels {
namespace {
namespace tree {

inline Tree lane_numbers() { return _mm256_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }
inline Tree all_but_first_lane() { return _mm256_setr_epi16(0, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1); }
inline Tree first_lane(int16_t v) { return _mm256_zextsi128_si256(_mm_cvtsi32_si128(static_cast<uint16_t>(v))); }

inline Tree gaps(Tree a, int16_t end) {
  const __m256i upper = _mm256_permute2x128_si256(a, _mm256_set1_epi16(end), 0x21);
  return _mm256_sub_epi16(_mm256_alignr_epi8(upper, a, 2), a);
}

// An integer becomes a float exactly, whose exponent and first mantissa bits are the logarithm, of which 16 bits are enough.
inline Tree log2_q11(Tree p) {
  p = _mm256_or_si256(p, _mm256_set1_epi16(4));
  const __m256i even = _mm256_and_si256(p, _mm256_set1_epi32(0xFFFF)), odd = _mm256_srli_epi32(p, 16);
  const __m256i log = _mm256_blend_epi16(_mm256_srli_epi32(_mm256_castps_si256(_mm256_cvtepi32_ps(even)), 12),
                                         _mm256_slli_epi32(_mm256_castps_si256(_mm256_cvtepi32_ps(odd)), 4), 0xAA);
  return _mm256_sub_epi16(log, _mm256_set1_epi16(static_cast<int16_t>((127 + 15) * 2048 & 0xFFFF)));
}

inline Tree negated_greatest(Tree a) {
  const __m256i down = _mm256_xor_si256(a, _mm256_set1_epi16(0x7FFF));  // unsigned, the greatest is the least
  const __m128i least = _mm_minpos_epu16(_mm_min_epu16(_mm256_castsi256_si128(down), _mm256_extracti128_si256(down, 1)));
  return _mm256_broadcastw_epi16(_mm_sub_epi16(least, _mm_set1_epi16(0x7FFF)));
}
inline int32_t sum_of_lanes(Tree a) {
  const __m256i pairs = _mm256_madd_epi16(a, _mm256_set1_epi16(1));
  __m128i half = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
  return _mm_cvtsi128_si32(_mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1)));
}
// a * b / 2^13 of unsigned lanes, modulo 2^16.
inline Tree multiply_q13(Tree a, Tree b) {
  return _mm256_or_si256(_mm256_slli_epi16(_mm256_mulhi_epu16(a, b), 3), _mm256_srli_epi16(_mm256_mullo_epi16(a, b), 13));
}
inline Tree running_sums(Tree a) {
  a = _mm256_add_epi16(a, _mm256_slli_si256(a, 2));
  a = _mm256_add_epi16(a, _mm256_slli_si256(a, 4));
  a = _mm256_add_epi16(a, _mm256_slli_si256(a, 8));
  const __m256i lower = _mm256_broadcastw_epi16(_mm_srli_si128(_mm256_castsi256_si128(a), 14));
  return _mm256_add_epi16(a, _mm256_blend_epi32(_mm256_setzero_si256(), lower, 0xF0));
}
inline uint32_t last_lane(Tree a) { return static_cast<uint16_t>(_mm256_extract_epi16(a, 15)); }

inline __m256i load_row(const int32_t* p) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(p)); }
inline void add_weights(int32_t* const* rows, int16_t* weights_q13) {
  const __m256i sum = _mm256_srai_epi32(_mm256_add_epi32(_mm256_add_epi32(load_row(rows[0]), load_row(rows[1])), load_row(rows[2])), 7);
  const __m128i packed = _mm_packs_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(weights_q13), packed);
}

inline void learn_weights(int32_t* const* rows, Tree error, const int16_t (*x)[kSymbolLanes], int inputs, int shift) {
  __m256i part[kSymbolInputs];
  for (int k = 0; k < kSymbolInputs; ++k) part[k] = k < inputs ? _mm256_madd_epi16(error, load_tree(x[k])) : _mm256_setzero_si256();
  const __m256i low = _mm256_hadd_epi32(_mm256_hadd_epi32(part[0], part[1]), _mm256_hadd_epi32(part[2], part[3]));
  const __m256i high = _mm256_hadd_epi32(_mm256_hadd_epi32(part[4], part[5]), _mm256_hadd_epi32(part[6], part[7]));
  const __m256i sum = _mm256_add_epi32(_mm256_permute2x128_si256(low, high, 0x20), _mm256_permute2x128_si256(low, high, 0x31));
  const __m256i step = _mm256_sra_epi32(sum, _mm_cvtsi32_si128(shift));
  const __m256i half = _mm256_srai_epi32(step, 1), most = _mm256_set1_epi32(kSymbolWeightLimit_q20), least = _mm256_set1_epi32(-kSymbolWeightLimit_q20);
  for (int set = 0; set < kSymbolSets; ++set) {
    const __m256i w = _mm256_add_epi32(load_row(rows[set]), set == 0 ? step : half);
    _mm256_store_si256(reinterpret_cast<__m256i*>(rows[set]), _mm256_max_epi32(_mm256_min_epi32(w, most), least));
  }
}

}  // namespace tree
}  // namespace
}  // namespace fastnz::kernels

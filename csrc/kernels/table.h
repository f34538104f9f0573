// The table of hot loops. Every row is filled by the scalar object first and then overwritten by each stronger
// instruction set that the CPU has, so a row that an instruction set does not implement keeps the next weaker one.
// Invariant: all implementations of a row return the same integers for the same arguments, whatever the alignment.
// Kernels allocate nothing, throw nothing, check nothing: preconditions are written at the row.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernels/float.h"
#include "kernels/gru8.h"
#include "kernels/network.h"
#include "kernels/nibble_mix.h"
#include "kernels/symbol_mix.h"
#include "kernels/transformer8.h"

namespace fastnz::kernels {

struct KernelTable {
  // Length of the common prefix of a and b, at most max. Reads nothing at or beyond a + max, b + max.
  size_t (*match_length)(const uint8_t* a, const uint8_t* b, size_t max);

  // out[s * out_stride + row] = sum over columns of w[row][column] * x[s * x_stride + column], for `lanes` >= 1 vectors
  // x of any bytes. Exact: a sum stays below 2^31 as |w| <= 127 and columns <= 2^16.
  void (*multiply_i8)(const NetworkMatrix* m, const int8_t* x, size_t x_stride, int lanes, int32_t* out,
                      size_t out_stride);

  // The same for one vector that was `before`, whose products `sums` holds, and is `now`: afterwards sums holds its
  // products. groups[count] are the groups of four columns in which the two differ. Modulo 2^32, as the sums themselves.
  void (*multiply_changes_i8)(const NetworkMatrix* m, const int8_t* before, const int8_t* now, const uint16_t* groups,
                              int count, int32_t* sums);

  // The products of one vector whose columns from signed_columns on are in 0..127 and 0 outside the groups of four columns
  // groups[count]. The offset of m is -128 times the sum of the signed columns only.
  void (*multiply_sparse_i8)(const NetworkMatrix* m, const int8_t* x, int signed_columns, const uint16_t* groups,
                             int count, int32_t* out);

  // Frequencies >= 1 with sum 2^22 of 256 symbols, from the dot products a of their rows: docs/gru8.md, section 4.
  // Preconditions: |a * multiplier| + 2^(shift-1) < 2^31 in each row, |bias| <= 2^20.
  void (*frequencies_q22)(const NetworkMatrix* m, const int32_t* a, const int32_t* bias, uint32_t* freq);

  // Its two halves, for who changes logits between them: logits [256] (q12, log2) of the products, of which the
  // greatest is returned, and frequencies >= 1 with sum 2^22 of logits. Preconditions: as above; no two logits are 2^30 or more apart.
  int32_t (*logits_q12)(const NetworkMatrix* m, const int32_t* a, const int32_t* bias, int32_t* logits);
  void (*softmax_q22)(const int32_t* logits, uint32_t* freq);

  // For a mixer that predicts a nibble at a time. The frequencies of 256 symbols summed by their upper four bits; and from
  // the frequencies of 16 nibbles (each >= 1, sum <= 2^24) the log2 odds of a one, q10, at the 15 decisions of a nibble:
  // node 1 is the first, 2n + b follows node n after bit b; odds[0] = 0. docs/gru8.md, section 7.
  void (*nibble_sums)(const uint32_t* freq, uint32_t* sums);
  void (*nibble_odds_q10)(const uint32_t* freq, int16_t* odds);

  // One step of the state h [hidden] from the dot products ah, af [3 * hidden]; h8 [hidden] is h rounded to q7.
  // docs/gru8.md, section 3. Preconditions: as above for each row; h in -32767..32767.
  void (*gru8_gates)(const Gru8Gates* g, const int32_t* ah, const int32_t* af, const int16_t* x_row, int16_t* h,
                     int8_t* h8);

  // Parts of a step of `transformer8`, docs/transformer8.md, section 3; all counts are multiples of 32. norm; rows of W1 to
  // what attention takes (the first `linear` of them) and to units; W2's or Wf's products added to the stream x; attention
  // of one stream in one layer. Preconditions: row scales as above; weights of keys and values in -127..127.
  void (*transformer8_norm)(const int16_t* x, int width, int8_t* y);
  void (*transformer8_units)(const NetworkMatrix* m, const int32_t* sums, const int16_t* bias, int linear,
                             int8_t* straight, int8_t* units);
  void (*transformer8_add)(const NetworkMatrix* m, const int32_t* sums, int16_t* x);
  void (*transformer8_attend)(const Transformer8Window* w, const int8_t* queries, int8_t* result);

  // The nibble-tree mixing model (docs/nibble_mix.md), its calls in the order of use: fetch the lines of the hashes, find
  // or claim the cells of a byte's first nibble; fetch those that a second one will need after such a first one, or find
  // or claim them; P(bit = 1) at all 15 nodes of the nibble; learning from the nibble that came.
  // Preconditions: cells, lines and rows of weights are 32-byte aligned; contexts is even.
  void (*nibble_mix_prefetch)(const NibbleMixState* state);
  void (*nibble_mix_find_first)(NibbleMixState* state);
  void (*nibble_mix_prefetch_second)(const NibbleMixState* state, uint32_t first_nibble);
  void (*nibble_mix_find_second)(NibbleMixState* state, uint32_t first_nibble);
  void (*nibble_mix_predict)(NibbleMixState* state);
  void (*nibble_mix_update)(NibbleMixState* state, int nibble);

  // The symbol-mixing model (docs/symbol_mix.md), for a byte's first or second nibble (half 0 or 1): find or claim its nodes
  // and say where each symbol begins; learn from the one that came. Preconditions: nodes and rows of weights are 32-byte
  // aligned.
  void (*symbol_mix_predict)(SymbolMixState* state, int half);
  void (*symbol_mix_update)(SymbolMixState* state, int half, int symbol);

  // An output layer that follows the content (docs/hybrid.md, section 8): from the 15 rows [node][width] of a nibble's nodes and
  // the network's numbers x [width], -128..127, the odds that it adds at each node; and a node's row learning, `step` being
  // the error over the power of x. Preconditions: width is a multiple of 32 and at most 480, all 32-byte aligned.
  void (*readout_odds_q10)(const int16_t* rows, const int16_t* x, int width, int16_t* odds);
  void (*readout_learn)(const int16_t* x, int width, int16_t step, int16_t* row);

  // Networks that train while they code, fp32 (docs/online.md): every row is equal bit for bit on every instruction set for
  // finite inputs whose results are finite, under round-to-nearest with denormal numbers (kernels/float_environment.h). All
  // lengths are multiples of 16 but rows and, in chains, depth.
  // out[i][n] = out[i][n] + a[i][0] * b[0][n] + a[i][1] * b[1][n] + ..., one fused multiply-add after the other.
  void (*multiply_chains_f32)(const FloatProduct* p);
  // out[i][k] = out[i][k] + (sum over j < depth of a[i][j] * b[k][j]), that sum by 16 lanes and the tree; a_step is 1.
  void (*multiply_transposed_f32)(const FloatProduct* p);
  void (*add_rows_f32)(const float* x, float* sum, int columns);  // sum[i] = sum[i] + x[i]
  // y = e^x (0; |x| <= 80), logistic (1), hyperbolic tangent (2), 1 / square root (3) of n numbers; for tests.
  void (*functions_f32)(int which, const float* x, float* y, int n);
  // Probabilities of 256 symbols and their frequencies, >= 1 with sum 2^22. Precondition: |logits| < 2^60.
  void (*softmax_f32)(const float* logits, float* p, uint32_t* freq);
  // A step of learning of n parameters w by gradients g; v and m are their means of squares and of gradients (or null).
  void (*adam_f32)(const FloatAdam* options, const float* g, float* w, float* v, float* m, size_t n);
  // One row of units from pre-activations to state, and gradients back. Rows do not overlap but where a name says so.
  void (*rnn_forward_f32)(const FloatCell* cell);
  void (*rnn_backward_f32)(const FloatCell* cell);
  void (*gru_forward_f32)(const FloatCell* cell);
  void (*gru_backward_f32)(const FloatCell* cell);
  void (*lstm_forward_f32)(const FloatCell* cell);
  void (*lstm_backward_f32)(const FloatCell* cell);
  // Normalisation by the root of the mean square: x becomes y = x * scale, out = gain * y + offset; scale is returned. And
  // back: d, the gradient of out, becomes that of x; the gradients of gain and offset are added to.
  float (*norm_forward_f32)(float* x, const float* gain, const float* offset, float* out, int n);
  void (*norm_backward_f32)(const float* y, float scale, const float* gain, float* d, float* d_gain, float* d_offset,
                            int n);
  // One row of a transformer that trains while it codes: attention to the rows before, and feed-forward units of `inner`
  // numbers, gated or not; gradients back are bounded. At most kFloatPlaces places.
  void (*attention_forward_f32)(const FloatAttention* attention);
  void (*attention_backward_f32)(const FloatAttention* attention);
  void (*feed_forward_f32)(const float* u, int inner, bool gated, float* out);
  void (*feed_backward_f32)(const float* u, int inner, bool gated, const float* d, float* to_u);
  void (*add_bounded_f32)(const float* y, float* x, float bound, size_t n);  // x = clip(x + y), or clip(x) if y is null
};

}  // namespace fastnz::kernels

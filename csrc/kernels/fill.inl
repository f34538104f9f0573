// Included once by each <isa>.cc after its vector header: the bodies of all kernels, compiled for that instruction set,
// and the function that writes them into a table. A new kernel adds one include and one line here and one row in
// table.h. Everything is in an anonymous namespace, so no two objects can share a function.
#include "kernels/table.h"

#include "kernels/bytes.inl"
#include "kernels/float_products.inl"
#include "kernels/float_functions.inl"
#include "kernels/float_cells.inl"
#include "kernels/float_attention.inl"
#include "kernels/network.inl"
#include "kernels/gru8.inl"
#include "kernels/nibble_mix.inl"
#include "kernels/symbol_mix.inl"
#include "kernels/transformer8.inl"

namespace fastnz::kernels {
namespace {

inline void fill(KernelTable* table) noexcept {
  table->adam_f32 = adam_f32;
  table->add_bounded_f32 = add_bounded_f32;
  table->add_rows_f32 = add_rows_f32;
  table->attention_backward_f32 = attention_backward_f32;
  table->attention_forward_f32 = attention_forward_f32;
  table->feed_backward_f32 = feed_backward_f32;
  table->feed_forward_f32 = feed_forward_f32;
  table->functions_f32 = functions_f32;
  table->gru_backward_f32 = gru_backward_f32;
  table->gru_forward_f32 = gru_forward_f32;
  table->lstm_backward_f32 = lstm_backward_f32;
  table->lstm_forward_f32 = lstm_forward_f32;
  table->multiply_chains_f32 = multiply_chains_f32;
  table->multiply_transposed_f32 = multiply_transposed_f32;
  table->norm_backward_f32 = norm_backward_f32;
  table->norm_forward_f32 = norm_forward_f32;
  table->rnn_backward_f32 = rnn_backward_f32;
  table->rnn_forward_f32 = rnn_forward_f32;
  table->softmax_f32 = softmax_f32;
  table->multiply_changes_i8 = multiply_changes_i8;
  table->nibble_sums = nibble_sums;
  table->nibble_odds_q10 = nibble_odds_q10;
  table->frequencies_q22 = frequencies_q22;
  table->logits_q12 = logits_q12;
  table->softmax_q22 = softmax_q22;
  table->gru8_gates = gru8_gates;
  table->match_length = match_length;
  table->multiply_i8 = multiply_i8;
  table->multiply_sparse_i8 = multiply_sparse_i8;
  table->nibble_mix_find_first = tree::nibble_mix_find_first;
  table->nibble_mix_prefetch_second = tree::nibble_mix_prefetch_second;
  table->nibble_mix_find_second = tree::nibble_mix_find_second;
  table->nibble_mix_predict = tree::nibble_mix_predict;
  table->nibble_mix_prefetch = tree::nibble_mix_prefetch;
  table->nibble_mix_update = tree::nibble_mix_update;
  table->readout_learn = tree::readout_learn;
  table->readout_odds_q10 = tree::readout_odds_q10;
  table->symbol_mix_predict = tree::symbol_mix_predict;
  table->symbol_mix_update = tree::symbol_mix_update;
  table->transformer8_add = transformer8_add;
  table->transformer8_attend = transformer8_attend;
  table->transformer8_norm = transformer8_norm;
  table->transformer8_units = transformer8_units;
}

}  // namespace
}  // namespace fastnz::kernels

// Inputs of shapes that break kernels: sizes around a vector's, misaligned starts, differences at every position. A row of
// KernelTable has exactly one case here.
#include <vector>

#include "cases.h"
#include "float_case.h"
#include "network_case.h"
#include "nibble_mix_case.h"
#include "symbol_mix_case.h"
#include "transformer8_case.h"

namespace fastnz::selftest {
namespace {

void run_match_length(const kernels::KernelTable& table, Digest* digest) {
  Random random(2);
  for (size_t max = 0; max <= 200; ++max) {
    const size_t a_offset = random.below(64), b_offset = random.below(64);
    std::vector<uint8_t> a(a_offset + max), b(b_offset + max);
    for (size_t i = 0; i < max; ++i) a[a_offset + i] = b[b_offset + i] = static_cast<uint8_t>(random.next());
    digest->add_value(uint64_t{table.match_length(a.data() + a_offset, b.data() + b_offset, max)});
    for (size_t i = 0; i < max; ++i) {
      b[b_offset + i] ^= static_cast<uint8_t>(1u << random.below(8));
      digest->add_value(uint64_t{table.match_length(a.data() + a_offset, b.data() + b_offset, max)});
      b[b_offset + i] = a[a_offset + i];
    }
  }
}

constexpr KernelCase kCases[] = {
    {"adam_f32", run_adam_f32},
    {"add_bounded_f32", run_add_bounded_f32},
    {"add_rows_f32", run_add_rows_f32},
    {"attention_backward_f32", run_attention_backward_f32},
    {"attention_forward_f32", run_attention_forward_f32},
    {"feed_backward_f32", run_feed_backward_f32},
    {"feed_forward_f32", run_feed_forward_f32},
    {"frequencies_q22", run_frequencies_q22},
    {"functions_f32", run_functions_f32},
    {"gru8_gates", run_gru8_gates},
    {"gru_backward_f32", run_gru_backward_f32},
    {"gru_forward_f32", run_gru_forward_f32},
    {"logits_q12", run_logits_q12},
    {"lstm_backward_f32", run_lstm_backward_f32},
    {"lstm_forward_f32", run_lstm_forward_f32},
    {"match_length", run_match_length},
    {"multiply_chains_f32", run_multiply_chains_f32},
    {"multiply_changes_i8", run_multiply_changes_i8},
    {"multiply_i8", run_multiply_i8},
    {"multiply_sparse_i8", run_multiply_sparse_i8},
    {"nibble_mix_prefetch_second", run_nibble_mix_prefetch_second},
    {"multiply_transposed_f32", run_multiply_transposed_f32},
    {"nibble_mix_find_first", run_nibble_mix_find_first},
    {"nibble_mix_find_second", run_nibble_mix_find_second},
    {"nibble_mix_predict", run_nibble_mix_predict},
    {"nibble_mix_prefetch", run_nibble_mix_prefetch},
    {"nibble_mix_update", run_nibble_mix_update},
    {"nibble_odds_q10", run_nibble_odds_q10},
    {"nibble_sums", run_nibble_sums},
    {"norm_backward_f32", run_norm_backward_f32},
    {"norm_forward_f32", run_norm_forward_f32},
    {"readout_learn", run_readout_learn},
    {"readout_odds_q10", run_readout_odds_q10},
    {"rnn_backward_f32", run_rnn_backward_f32},
    {"rnn_forward_f32", run_rnn_forward_f32},
    {"softmax_f32", run_softmax_f32},
    {"softmax_q22", run_softmax_q22},
    {"symbol_mix_predict", run_symbol_mix_predict},
    {"symbol_mix_update", run_symbol_mix_update},
    {"transformer8_add", run_transformer8_add},
    {"transformer8_attend", run_transformer8_attend},
    {"transformer8_norm", run_transformer8_norm},
    {"transformer8_units", run_transformer8_units},
};

}  // namespace

std::span<const KernelCase> kernel_cases() { return kCases; }

}  // namespace fastnz::selftest

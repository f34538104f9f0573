// Cases of the loops of networks that train while they code.
#pragma once

#include "digest.h"
#include "kernels/table.h"

namespace fastnz::selftest {

void run_adam_f32(const kernels::KernelTable& table, Digest* digest);
void run_add_bounded_f32(const kernels::KernelTable& table, Digest* digest);
void run_add_rows_f32(const kernels::KernelTable& table, Digest* digest);
void run_functions_f32(const kernels::KernelTable& table, Digest* digest);
void run_multiply_chains_f32(const kernels::KernelTable& table, Digest* digest);
void run_multiply_transposed_f32(const kernels::KernelTable& table, Digest* digest);
void run_norm_forward_f32(const kernels::KernelTable& table, Digest* digest);
void run_norm_backward_f32(const kernels::KernelTable& table, Digest* digest);
void run_softmax_f32(const kernels::KernelTable& table, Digest* digest);

void run_rnn_forward_f32(const kernels::KernelTable& table, Digest* digest);
void run_rnn_backward_f32(const kernels::KernelTable& table, Digest* digest);
void run_gru_forward_f32(const kernels::KernelTable& table, Digest* digest);
void run_gru_backward_f32(const kernels::KernelTable& table, Digest* digest);
void run_lstm_forward_f32(const kernels::KernelTable& table, Digest* digest);
void run_lstm_backward_f32(const kernels::KernelTable& table, Digest* digest);

void run_attention_forward_f32(const kernels::KernelTable& table, Digest* digest);
void run_attention_backward_f32(const kernels::KernelTable& table, Digest* digest);
void run_feed_forward_f32(const kernels::KernelTable& table, Digest* digest);
void run_feed_backward_f32(const kernels::KernelTable& table, Digest* digest);

}  // namespace fastnz::selftest

// Cases of the kernels of integer networks, one per row of KernelTable.
#pragma once

#include "cases.h"

namespace fastnz::selftest {

void run_multiply_i8(const kernels::KernelTable& table, Digest* digest);
void run_multiply_changes_i8(const kernels::KernelTable& table, Digest* digest);
void run_multiply_sparse_i8(const kernels::KernelTable& table, Digest* digest);
void run_frequencies_q22(const kernels::KernelTable& table, Digest* digest);
void run_logits_q12(const kernels::KernelTable& table, Digest* digest);
void run_softmax_q22(const kernels::KernelTable& table, Digest* digest);
void run_nibble_sums(const kernels::KernelTable& table, Digest* digest);
void run_nibble_odds_q10(const kernels::KernelTable& table, Digest* digest);
void run_gru8_gates(const kernels::KernelTable& table, Digest* digest);

}  // namespace fastnz::selftest

// Cases of the nibble-tree mixing kernels, one per row of KernelTable.
#pragma once

#include "cases.h"

namespace fastnz::selftest {

void run_nibble_mix_prefetch(const kernels::KernelTable& table, Digest* digest);
void run_nibble_mix_prefetch_second(const kernels::KernelTable& table, Digest* digest);
void run_nibble_mix_find_first(const kernels::KernelTable& table, Digest* digest);
void run_nibble_mix_find_second(const kernels::KernelTable& table, Digest* digest);
void run_nibble_mix_predict(const kernels::KernelTable& table, Digest* digest);
void run_nibble_mix_update(const kernels::KernelTable& table, Digest* digest);
void run_readout_learn(const kernels::KernelTable& table, Digest* digest);
void run_readout_odds_q10(const kernels::KernelTable& table, Digest* digest);

}  // namespace fastnz::selftest

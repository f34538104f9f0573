// Cases of the symbol-mixing kernels, one per row of KernelTable.
#pragma once

#include "cases.h"

namespace fastnz::selftest {

void run_symbol_mix_predict(const kernels::KernelTable& table, Digest* digest);
void run_symbol_mix_update(const kernels::KernelTable& table, Digest* digest);

}  // namespace fastnz::selftest

// Cases of the kernels of `transformer8`, one per row of KernelTable.
#pragma once

#include "cases.h"

namespace fastnz::selftest {

void run_transformer8_add(const kernels::KernelTable& table, Digest* digest);
void run_transformer8_attend(const kernels::KernelTable& table, Digest* digest);
void run_transformer8_norm(const kernels::KernelTable& table, Digest* digest);
void run_transformer8_units(const kernels::KernelTable& table, Digest* digest);

}  // namespace fastnz::selftest

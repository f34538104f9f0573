// The self-test's cases. Each adds its results to a digest that must equal the stored one on every machine and for every
// instruction set; a coder case also checks its own round trip.
#pragma once

#include <span>

#include "digest.h"
#include "kernels/table.h"

namespace fastnz::selftest {

struct KernelCase {
  const char* row;  // name of the row in KernelTable
  void (*run)(const kernels::KernelTable& table, Digest* digest);
};
std::span<const KernelCase> kernel_cases();

struct CoderCase {
  const char* name;
  bool (*run)(Digest* digest);  // false when what was decoded is not what was encoded
};
std::span<const CoderCase> coder_cases();

}  // namespace fastnz::selftest

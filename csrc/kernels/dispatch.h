// Which kernels this process uses: the strongest instruction set that is compiled in and that CPU and operating system
// support, or the one forced by the environment variable FASTNZ_ISA=scalar|avx2|avx512|neon|neon_dot. Decided once, at first
// use. Invariant: a table handed out never holds code that the CPU cannot run. Cannot throw: a forced set that is
// unknown or lacking is reported in `status`, the table is then the scalar one, and the bindings refuse to load.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernels/table.h"

namespace fastnz::kernels {

// Weakest to strongest within one architecture; a stronger set implies the weaker ones of its architecture.
enum class Isa : uint8_t { kScalar, kAvx2, kAvx512, kNeon, kNeonDot };
inline constexpr Isa kIsas[] = {Isa::kScalar, Isa::kAvx2, Isa::kAvx512, Isa::kNeon, Isa::kNeonDot};

enum class DispatchStatus : uint8_t {
  kOk,
  kUnknownIsa,      // FASTNZ_ISA names no instruction set of ours
  kUnsupportedIsa,  // it names one that this build or this CPU lacks
};

struct Dispatch {
  KernelTable table;
  Isa isa;
  DispatchStatus status;
  char requested[16];  // FASTNZ_ISA as found, cut to fit; empty when unset
};

const Dispatch& dispatch() noexcept;
inline const KernelTable& kernels() noexcept { return dispatch().table; }  // take it once per object, not per call

const char* isa_name(Isa isa) noexcept;
bool isa_available(Isa isa) noexcept;

// The table of one instruction set, for tests and benchmarks. Precondition: isa_available(isa).
KernelTable table_for(Isa isa) noexcept;

}  // namespace fastnz::kernels

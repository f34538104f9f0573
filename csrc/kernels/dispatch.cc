// Detection and selection. x86-64: cpuid leaves 1 and 7 for the instructions, xgetbv for the register state that the
// operating system saves. AArch64: Advanced SIMD is part of the baseline, so it is always there; the system tells of the
// dot product instructions.
#include "kernels/dispatch.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace fastnz::kernels {

// One per kernel object; the build defines FASTNZ_HAVE_<ISA> for each that it compiled.
void fill_scalar(KernelTable* table) noexcept;
void fill_avx2(KernelTable* table) noexcept;
void fill_avx512(KernelTable* table) noexcept;
void fill_neon(KernelTable* table) noexcept;
void fill_neon_dot(KernelTable* table) noexcept;

namespace {

#if defined(__x86_64__)

constexpr uint32_t bit(int index) { return uint32_t{1} << index; }
bool has_all(uint32_t word, uint32_t mask) { return (word & mask) == mask; }

struct CpuFeatures {
  bool avx2 = false;
  bool avx512 = false;
};

CpuFeatures detect() noexcept {
  CpuFeatures found;
  uint32_t eax, ebx, ecx, edx;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx)) return found;
  const uint32_t leaf1_ecx = ecx;
  const bool osxsave = has_all(leaf1_ecx, bit(27));
  if (!osxsave || !__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) return found;
  const uint32_t leaf7_ebx = ebx, leaf7_ecx = ecx;
  if (!__get_cpuid(0x80000001u, &eax, &ebx, &ecx, &edx)) return found;
  const bool lzcnt = has_all(ecx, bit(5));
  uint32_t xcr0, xcr0_high;
  __asm__ volatile("xgetbv" : "=a"(xcr0), "=d"(xcr0_high) : "c"(0));
  const bool saves_ymm = has_all(xcr0, bit(1) | bit(2));
  const bool saves_zmm = has_all(xcr0, bit(1) | bit(2) | bit(5) | bit(6) | bit(7));
  // leaf 1 ecx: FMA 12, POPCNT 23, AVX 28; leaf 7 ebx: BMI1 3, AVX2 5, BMI2 8
  found.avx2 = saves_ymm && lzcnt && has_all(leaf1_ecx, bit(12) | bit(23) | bit(28)) &&
               has_all(leaf7_ebx, bit(3) | bit(5) | bit(8));
  // leaf 7 ebx: AVX512F 16, DQ 17, BW 30, VL 31; leaf 7 ecx: VNNI 11
  found.avx512 = found.avx2 && saves_zmm && has_all(leaf7_ebx, bit(16) | bit(17) | bit(30) | bit(31)) &&
                 has_all(leaf7_ecx, bit(11));
  return found;
}

const CpuFeatures& cpu() noexcept {
  static const CpuFeatures features = detect();
  return features;
}

#endif

#if defined(FASTNZ_HAVE_NEON_DOT)
bool has_dot_product() noexcept {
#if defined(__APPLE__)
  return true;  // every 64-bit Mac
#elif defined(__linux__)
  return (getauxval(AT_HWCAP) & (1ul << 20)) != 0;  // HWCAP_ASIMDDP
#else
  return false;
#endif
}
#endif

bool find_isa(const char* name, Isa* isa) noexcept {
  for (const Isa candidate : kIsas) {
    if (strcmp(name, isa_name(candidate)) != 0) continue;
    *isa = candidate;
    return true;
  }
  return false;
}

Dispatch decide() noexcept {
  Dispatch chosen{};
  chosen.isa = Isa::kScalar;
  chosen.status = DispatchStatus::kOk;
  const char* forced = getenv("FASTNZ_ISA");
  if (forced != nullptr && forced[0] != '\0') {
    strncpy(chosen.requested, forced, sizeof(chosen.requested) - 1);
    Isa isa;
    if (!find_isa(forced, &isa)) {
      chosen.status = DispatchStatus::kUnknownIsa;
    } else if (!isa_available(isa)) {
      chosen.status = DispatchStatus::kUnsupportedIsa;
    } else {
      chosen.isa = isa;
    }
  } else {
    for (const Isa isa : kIsas)
      if (isa_available(isa)) chosen.isa = isa;
  }
  chosen.table = table_for(chosen.isa);
  return chosen;
}

}  // namespace

const char* isa_name(Isa isa) noexcept {
  switch (isa) {
    case Isa::kScalar: return "scalar";
    case Isa::kAvx2: return "avx2";
    case Isa::kAvx512: return "avx512";
    case Isa::kNeon: return "neon";
    case Isa::kNeonDot: return "neon_dot";
  }
  return "";
}

bool isa_available(Isa isa) noexcept {
  switch (isa) {
    case Isa::kScalar: return true;
#if defined(FASTNZ_HAVE_AVX2)
    case Isa::kAvx2: return cpu().avx2;
#endif
#if defined(FASTNZ_HAVE_AVX512)
    case Isa::kAvx512: return cpu().avx512;
#endif
#if defined(FASTNZ_HAVE_NEON)
    case Isa::kNeon: return true;
#endif
#if defined(FASTNZ_HAVE_NEON_DOT)
    case Isa::kNeonDot: return has_dot_product();
#endif
    default: return false;
  }
}

KernelTable table_for(Isa isa) noexcept {
  KernelTable table;
  fill_scalar(&table);
#if defined(FASTNZ_HAVE_AVX2)
  if (isa == Isa::kAvx2 || isa == Isa::kAvx512) fill_avx2(&table);
#endif
#if defined(FASTNZ_HAVE_AVX512)
  if (isa == Isa::kAvx512) fill_avx512(&table);
#endif
#if defined(FASTNZ_HAVE_NEON)
  if (isa == Isa::kNeon || isa == Isa::kNeonDot) fill_neon(&table);
#endif
#if defined(FASTNZ_HAVE_NEON_DOT)
  if (isa == Isa::kNeonDot) fill_neon_dot(&table);
#endif
  (void)isa;
  return table;
}

const Dispatch& dispatch() noexcept {
  static const Dispatch chosen = decide();
  return chosen;
}

}  // namespace fastnz::kernels

// What this machine can do at most: int8 multiply-adds a second in registers, and reading at the sizes of its caches.
// One line per figure: name, value. Compiled and run by roofline.py; measures processor time, best of five.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace {

double seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

template <typename Work>
double best_of_five(Work work) {
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const double start = seconds();
    work();
    best = std::min(best, seconds() - start);
  }
  return best;
}

#if defined(__x86_64__)
#define TWELVE(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11)
#define DPBUSD(i) "vpdpbusd %%zmm16, %%zmm17, %%zmm" #i "\n"
#define MADD(i) "vpmaddubsw %%ymm14, %%ymm15, %%ymm" #i "\n vpmaddwd %%ymm" #i ", %%ymm13, %%ymm" #i "\n vpaddd %%ymm" #i ", %%ymm12, %%ymm" #i "\n"
#define CLOBBERS "rcx", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11"

constexpr int64_t kTurns = 20000000;

void avx512() { asm volatile("mov %0, %%rcx\n1:\n" TWELVE(DPBUSD) "dec %%rcx\n jnz 1b" : : "r"(kTurns) : CLOBBERS); }
void avx2() { asm volatile("mov %0, %%rcx\n1:\n" TWELVE(MADD) "dec %%rcx\n jnz 1b" : : "r"(kTurns) : CLOBBERS); }

void peaks() {
  if (__builtin_cpu_supports("avx512vnni"))
    std::printf("avx512 %.1f\n", 12.0 * 64 * kTurns / best_of_five(avx512) / 1e9);
  if (__builtin_cpu_supports("avx2")) std::printf("avx2 %.1f\n", 12.0 * 32 * kTurns / best_of_five(avx2) / 1e9);
}

// Loads of the widest vectors, without anything done to them.
void read_all(const uint8_t* from, size_t size, bool wide) {
  const uint8_t* const end = from + size;
  if (wide)
    for (; from != end; from += 256)
      asm volatile(
          "vmovdqa64 (%0), %%zmm0\n vmovdqa64 64(%0), %%zmm1\n vmovdqa64 128(%0), %%zmm2\n vmovdqa64 192(%0), %%zmm3"
          :
          : "r"(from)
          : "xmm0", "xmm1", "xmm2", "xmm3");
  else
    for (; from != end; from += 128)
      asm volatile("vmovdqa (%0), %%ymm0\n vmovdqa 32(%0), %%ymm1\n vmovdqa 64(%0), %%ymm2\n vmovdqa 96(%0), %%ymm3"
                   : : "r"(from) : "xmm0", "xmm1", "xmm2", "xmm3");
}

void bandwidth() {
  const bool wide = __builtin_cpu_supports("avx512f");
  if (!wide && !__builtin_cpu_supports("avx2")) return;
  for (const size_t size : {size_t{16} << 10, size_t{208} << 10, size_t{768} << 10, size_t{4} << 20}) {
    uint8_t* const memory = static_cast<uint8_t*>(std::aligned_alloc(64, size));
    std::fill(memory, memory + size, uint8_t{1});
    const int turns = static_cast<int>((size_t{1} << 31) / size);
    const double time = best_of_five([&] {
      for (int i = 0; i < turns; ++i) read_all(memory, size, wide);
    });
    std::printf("read_%zuk %.1f\n", size >> 10, static_cast<double>(turns) * static_cast<double>(size) / time / 1e9);
    std::free(memory);
  }
}
#else
void peaks() {}
void bandwidth() {}
#endif

}  // namespace

int main() {
  peaks();
  bandwidth();
  return 0;
}

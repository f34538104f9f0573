// What fp32 arithmetic takes from the thread that runs it: the rounding mode and whether denormal numbers are flushed to
// zero. Some libraries change it for a whole process. While an object of this class lives, rounding is to nearest and
// denormal numbers are numbers; then the caller's setting is back. Not for kernels themselves: included above them.
#pragma once

#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fastnz::kernels {

class FloatEnvironment {
 public:
#if defined(__x86_64__)
  FloatEnvironment() noexcept : before_(_mm_getcsr()) { _mm_setcsr(0x1F80); }  // all exceptions masked
  ~FloatEnvironment() { _mm_setcsr(before_); }
#elif defined(__aarch64__)
  FloatEnvironment() noexcept {
    __asm__ volatile("mrs %0, fpcr" : "=r"(before_));
    __asm__ volatile("msr fpcr, %0" : : "r"(uint64_t{0}));
  }
  ~FloatEnvironment() { __asm__ volatile("msr fpcr, %0" : : "r"(before_)); }
#else
#error "how this CPU rounds, and what it does with denormal numbers, is to be written here"
#endif
  FloatEnvironment(const FloatEnvironment&) = delete;
  FloatEnvironment& operator=(const FloatEnvironment&) = delete;

 private:
#if defined(__x86_64__)
  uint32_t before_;
#else
  uint64_t before_;
#endif
};

}  // namespace fastnz::kernels

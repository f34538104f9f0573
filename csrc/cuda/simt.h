// What a kernel asks of the machine: thread indices, barriers, shuffles, the int8 matrix instruction. Written twice: for
// nvcc, and for a host compiler, where csrc/cuda/emulated.cc runs the threads of a block as fibers. Invariant: a kernel
// uses nothing else that a host compiler lacks, so its very source runs, and is tested, without a GPU.
// Fragments of the matrix instruction: PTX ISA, "Matrix Fragments for mma.m16n8k32" (8-bit integers).
#pragma once

#include <stdint.h>

#if defined(__CUDACC__)
#define FASTNZ_BOTH __host__ __device__ __forceinline__
#define FASTNZ_KERNEL __device__ __forceinline__
#define FASTNZ_UNROLL _Pragma("unroll")
#define FASTNZ_ROLLED _Pragma("unroll 1")
#else
#define FASTNZ_BOTH inline
#define FASTNZ_KERNEL inline
#define FASTNZ_UNROLL
#define FASTNZ_ROLLED
#endif

namespace fastnz::cuda {

inline constexpr int kWarpThreads = 32;

// What one instruction moves between memory and a thread.
struct alignas(16) Words4 {
  uint32_t w[4];
};
struct alignas(8) Words2 {
  uint32_t w[2];
};

#if defined(__CUDACC__)

FASTNZ_KERNEL int thread_in_block() { return static_cast<int>(threadIdx.x); }
FASTNZ_KERNEL int threads_of_block() { return static_cast<int>(blockDim.x); }
FASTNZ_KERNEL int block_in_grid() { return static_cast<int>(blockIdx.x); }

// A barrier of `threads` threads (whole warps, which __syncwarp() brings together after branches), one of sixteen.
FASTNZ_KERNEL void barrier(int which, int threads) {
  __syncwarp();
  asm volatile("bar.sync %0, %1;" ::"r"(which), "r"(threads) : "memory");
}

// The same, for who does not wait.
FASTNZ_KERNEL void arrive(int which, int threads) {
  __syncwarp();
  asm volatile("bar.arrive %0, %1;" ::"r"(which), "r"(threads) : "memory");
}
FASTNZ_KERNEL void warp_barrier() { __syncwarp(); }

// All 32 threads of a warp take part.
FASTNZ_KERNEL uint32_t shuffle(uint32_t value, int from) { return __shfl_sync(0xFFFFFFFFu, value, from); }
FASTNZ_KERNEL uint32_t shuffle_xor(uint32_t value, int mask) { return __shfl_xor_sync(0xFFFFFFFFu, value, mask); }

// A bit for each thread whose value equals this one's.
FASTNZ_KERNEL uint32_t same_as_mine(uint32_t value) { return __match_any_sync(0xFFFFFFFFu, value); }

// To shared memory; integers, so the order of additions cannot be seen.
FASTNZ_KERNEL void add_to(int32_t* to, int32_t value) { atomicAdd(to, value); }

// c += a * b: 16 rows, 8 columns, 32 products each. Thread 4 g + q of the warp has c of rows g (c[0], c[1]) and g + 8
// (c[2], c[3]) in columns 2 q and 2 q + 1; of a four bytes of rows g and g + 8 from byte 4 q on, then the same from 16 + 4 q
// on; of b bytes 4 q and 16 + 4 q on of column g.
FASTNZ_KERNEL void multiply_add(int32_t (&c)[4], const Words4& a, const Words2& b) {
  asm("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
      : "r"(a.w[0]), "r"(a.w[1]), "r"(a.w[2]), "r"(a.w[3]), "r"(b.w[0]), "r"(b.w[1]));
}

// After the last of a row of multiply_add() and before the first look at a sum; nothing to the device.
FASTNZ_KERNEL void sums_are_wanted() {}

// The upper half of a product.
FASTNZ_KERNEL uint32_t multiply_high(uint32_t a, uint32_t b) { return __umulhi(a, b); }
FASTNZ_KERNEL int bits_of(uint32_t word) { return __popc(word); }

#else

int thread_in_block();
int threads_of_block();
int block_in_grid();
void barrier(int which, int threads);
void arrive(int which, int threads);
void warp_barrier();
uint32_t same_as_mine(uint32_t value);
inline void add_to(int32_t* to, int32_t value) { *to += value; }
uint32_t shuffle(uint32_t value, int from);
uint32_t shuffle_xor(uint32_t value, int mask);
void multiply_add(int32_t (&c)[4], const Words4& a, const Words2& b);
void sums_are_wanted();
inline int bits_of(uint32_t word) { return __builtin_popcount(word); }
inline uint32_t multiply_high(uint32_t a, uint32_t b) { return static_cast<uint32_t>(uint64_t{a} * b >> 32); }

#endif

}  // namespace fastnz::cuda

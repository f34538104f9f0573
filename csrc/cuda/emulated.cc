// The kernels' own source on the host: each thread of a block is a fiber that runs until it has to wait for others.
// Invariant: what waits for nobody may run in any order; `order` draws one, so that a missing barrier shows.
#undef _FORTIFY_SOURCE  // its longjmp refuses to change stacks
#include <setjmp.h>
#include <ucontext.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <new>

#include "base/error.h"
#include "cuda/device.h"
#include "cuda/gru8_kernel.h"

namespace fastnz::cuda {
namespace {

constexpr size_t kStackBytes = size_t{64} << 10;

// Threads meet here: the last one to come opens it for all.
struct Meeting {
  int arrived = 0;
  uint64_t generation = 0;
};

struct Fiber {
  ucontext_t context;  // to begin with; then jumps, which ask no system call
  jmp_buf place;
  bool begun = false;
  std::vector<uint8_t> stack;
  const Meeting* waits_for = nullptr;
  uint64_t generation = 0;
  bool done = false;
};

// One matrix instruction of one thread. They wait until a sum is wanted, so that threads meet once for many of them.
struct Product {
  int32_t* sum;
  Words4 a;
  Words2 b;
};

struct Warp {
  Meeting meeting;
  uint32_t value[2][kWarpThreads];
  std::vector<Product> products[2][kWarpThreads];
  int round[kWarpThreads] = {};  // which of the two a thread fills
};

struct Block {
  int index = 0, current = 0;
  std::vector<Fiber> fibers;
  std::vector<Warp> warps;
  Meeting barriers[16];
  jmp_buf scheduler;
  std::function<void()> body;
};

thread_local Block* block = nullptr;

void wait_at(Meeting* meeting, int threads) {
  const uint64_t generation = meeting->generation;
  if (++meeting->arrived == threads) {
    meeting->arrived = 0;
    ++meeting->generation;
    return;
  }
  Fiber& fiber = block->fibers[static_cast<size_t>(block->current)];
  fiber.waits_for = meeting;
  fiber.generation = generation;
  if (_setjmp(fiber.place) == 0) _longjmp(block->scheduler, 1);
}

Warp& my_warp() { return block->warps[static_cast<size_t>(block->current / kWarpThreads)]; }

void enter() {
  block->body();
  block->fibers[static_cast<size_t>(block->current)].done = true;
  _longjmp(block->scheduler, 1);
}

// Until it waits or is done.
void go_on(Fiber* fiber) {
  if (_setjmp(block->scheduler) != 0) return;
  if (fiber->begun) _longjmp(fiber->place, 1);
  fiber->begun = true;
  setcontext(&fiber->context);
}

void run_block(int index, int threads, uint32_t order, std::function<void()> body) {
  Block here;
  block = &here;
  here.index = index;
  here.body = std::move(body);
  here.warps.resize(static_cast<size_t>(threads / kWarpThreads));
  here.fibers.resize(static_cast<size_t>(threads));
  for (Fiber& fiber : here.fibers) {
    fiber.stack.resize(kStackBytes);
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.data();
    fiber.context.uc_stack.ss_size = fiber.stack.size();
    fiber.context.uc_link = nullptr;
    makecontext(&fiber.context, enter, 0);
  }
  uint32_t draw = order;
  for (int open = threads; open > 0;) {
    bool went_on = false;
    draw = draw * 1664525u + 1013904223u;
    const int start = order == 0 ? 0 : static_cast<int>((draw >> 8) % static_cast<uint32_t>(threads));
    const int step = order == 0 || draw >> 31 ? 1 : threads - 1;
    for (int i = 0, at = start; i < threads; ++i, at = (at + step) % threads) {
      Fiber& fiber = here.fibers[static_cast<size_t>(at)];
      if (fiber.done || (fiber.waits_for && fiber.waits_for->generation == fiber.generation)) continue;
      fiber.waits_for = nullptr;
      here.current = at;
      go_on(&fiber);
      went_on = true;
      open -= fiber.done;
    }
    if (!went_on) {
      block = nullptr;
      throw base::Error(base::ErrorKind::kDevice, "threads of an emulated block wait for one another for ever");
    }
  }
  block = nullptr;
}

int32_t product(const uint32_t a, const uint32_t b) {
  int32_t sum = 0;
  for (int byte = 0; byte < 32; byte += 8)
    sum += static_cast<int8_t>(a >> byte & 0xFFu) * static_cast<int8_t>(b >> byte & 0xFFu);
  return sum;
}

class Emulated final : public Device {
 public:
  Emulated(uint32_t order, int shared_bytes, size_t memory) : order_(order) {
    info_ = {"host in place of a device", memory, 2, 0, shared_bytes};
  }
  const DeviceInfo& info() const noexcept override { return info_; }
  void* allocate(size_t bytes) override {
    if (bytes > info_.memory - used_) return nullptr;
    void* const memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
    if (!memory) return nullptr;
    std::memset(memory, 0xA5, bytes);
    sizes_[memory] = bytes;
    used_ += bytes;
    return memory;
  }
  void release(void* memory) noexcept override {
    const auto found = sizes_.find(memory);
    used_ -= found->second;
    sizes_.erase(found);
    std::free(memory);
  }
  void clear(void* memory, size_t bytes) override { std::memset(memory, 0, bytes); }
  void copy(void* to, const void* from, size_t bytes) override { std::memcpy(to, from, bytes); }
  void upload(void* to, const void* from, size_t bytes) override { std::memcpy(to, from, bytes); }
  void download(void* to, const void* from, size_t bytes) override { std::memcpy(to, from, bytes); }
  void run(Direction direction, const Gru8Network& network, const LaneJob& job, const Gru8Plan& plan,
           int blocks) override {
    const auto body = [&](uint8_t* shared) {
      const bool mixed = plan.mix_bytes > 0;
      if (direction == Direction::kFrequencies) run_lanes<Direction::kFrequencies, false>(network, job, plan, shared);
      if (direction == Direction::kEncode && !mixed) run_lanes<Direction::kEncode, false>(network, job, plan, shared);
      if (direction == Direction::kDecode && !mixed) run_lanes<Direction::kDecode, false>(network, job, plan, shared);
      if (direction == Direction::kEncode && mixed) run_lanes<Direction::kEncode, true>(network, job, plan, shared);
      if (direction == Direction::kDecode && mixed) run_lanes<Direction::kDecode, true>(network, job, plan, shared);
    };
    const size_t bytes = static_cast<size_t>(plan.shared_bytes + 255) / 256 * 256;
    for (int i = 0; i < blocks; ++i) {
      uint8_t* const shared = static_cast<uint8_t*>(std::aligned_alloc(256, bytes));
      if (!shared) throw std::bad_alloc();
      const std::unique_ptr<uint8_t, void (*)(void*)> owner(shared, std::free);
      std::memset(shared, 0x5A, bytes);
      run_block(i, block_threads(plan), order_, [&] { body(shared); });
    }
  }
  void pack(const LaneJob& job, const uint64_t* packed_at, uint8_t* packed) override {
    for (int i = 0; i < job.lanes; ++i) std::memcpy(packed + packed_at[i], job.code + job.code_at[i], job.code_size[i]);
  }
  double run_seconds() const noexcept override { return 0; }

 private:
  uint32_t order_;
  DeviceInfo info_;
  std::map<void*, size_t> sizes_;
  size_t used_ = 0;
};

}  // namespace

int thread_in_block() { return block->current; }
int threads_of_block() { return static_cast<int>(block->fibers.size()); }
int block_in_grid() { return block->index; }
void barrier(int which, int threads) { wait_at(&block->barriers[which], threads); }
void warp_barrier() { wait_at(&my_warp().meeting, kWarpThreads); }

void arrive(int which, int threads) {
  Meeting& meeting = block->barriers[which];
  if (++meeting.arrived < threads) return;
  meeting.arrived = 0;
  ++meeting.generation;
}

uint32_t shuffle(uint32_t value, int from) {
  Warp& warp = my_warp();
  uint32_t* const values = warp.value[warp.meeting.generation & 1];
  values[block->current % kWarpThreads] = value;
  wait_at(&warp.meeting, kWarpThreads);
  return values[from];
}

uint32_t same_as_mine(uint32_t value) {
  const uint32_t* const values = my_warp().value[my_warp().meeting.generation & 1];
  shuffle(value, 0);
  uint32_t same = 0;
  for (int thread = 0; thread < kWarpThreads; ++thread) same |= static_cast<uint32_t>(values[thread] == value) << thread;
  return same;
}

uint32_t shuffle_xor(uint32_t value, int mask) { return shuffle(value, block->current % kWarpThreads ^ mask); }

void multiply_add(int32_t (&c)[4], const Words4& a, const Words2& b) {
  Warp& warp = my_warp();
  const int thread = block->current % kWarpThreads;
  warp.products[warp.round[thread]][thread].push_back({c, a, b});
}

// Threads 4 g.. have row g of operand a, threads 4 column.. have a column of operand b.
void sums_are_wanted() {
  Warp& warp = my_warp();
  const int thread = block->current % kWarpThreads, g = thread >> 2, q = thread & 3;
  const auto& all = warp.products[warp.round[thread]];
  wait_at(&warp.meeting, kWarpThreads);
  for (size_t i = 0; i < all[thread].size(); ++i) {
    for (int c = 0; c < 4; ++c) {
      const int column = 2 * q + (c & 1), high = c >> 1;
      for (int k = 0; k < 4; ++k) {
        const Words4& row = all[4 * g + k][i].a;
        const Words2& inputs = all[4 * column + k][i].b;
        all[thread][i].sum[c] += product(row.w[high], inputs.w[0]) + product(row.w[2 + high], inputs.w[1]);
      }
    }
  }
  warp.round[thread] ^= 1;  // nobody reads that one any more: all have been here since it was last wanted
  warp.products[warp.round[thread]][thread].clear();
}

std::shared_ptr<Device> open_emulated(uint32_t order, int shared_bytes, size_t memory) {
  return std::make_shared<Emulated>(order, shared_bytes, memory);
}

}  // namespace fastnz::cuda

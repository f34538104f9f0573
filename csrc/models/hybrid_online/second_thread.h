// A thread that does one and the same job whenever it is asked, while its owner does something else. Whoever asks waits for
// the answer at a fixed place, so when the job is done can be seen nowhere but on a clock. The job shares nothing with what
// happens between start() and wait().
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <utility>

namespace fastnz::models {

class SecondThread {
 public:
  // Throws std::system_error where there are no more threads to be had.
  explicit SecondThread(std::function<void()> job) : job_(std::move(job)), thread_([this] { run(); }) {}
  ~SecondThread() {
    stop_.store(true, std::memory_order_relaxed);
    start();
    thread_.join();
  }
  SecondThread(const SecondThread&) = delete;
  SecondThread& operator=(const SecondThread&) = delete;

  void start() noexcept {
    asked_.fetch_add(1, std::memory_order_release);
    asked_.notify_one();
  }
  // Until the job last asked for is done.
  void wait() noexcept { wait_until(&done_, asked_.load(std::memory_order_relaxed)); }

 private:
  // A job takes some ten microseconds, less than going to sleep and being woken up; but a core that others want is not kept
  // from them for longer than that.
  static constexpr int kSpins = 2000;

  static bool reached(uint32_t count, uint32_t wanted) noexcept { return static_cast<int32_t>(count - wanted) >= 0; }
  static void wait_until(std::atomic<uint32_t>* count, uint32_t wanted) noexcept {
    for (int i = 0; i < kSpins; ++i) {
      if (reached(count->load(std::memory_order_acquire), wanted)) return;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#elif defined(__aarch64__)
      __asm__ volatile("yield");
#endif
    }
    for (uint32_t now; !reached(now = count->load(std::memory_order_acquire), wanted);)
      count->wait(now, std::memory_order_acquire);
  }

  void run() noexcept {
    for (uint32_t done = 0;; ++done) {
      wait_until(&asked_, done + 1);
      if (stop_.load(std::memory_order_relaxed)) return;
      job_();
      done_.store(done + 1, std::memory_order_release);
      done_.notify_one();
    }
  }

  std::function<void()> job_;
  std::atomic<uint32_t> asked_{0}, done_{0};  // jobs
  std::atomic<bool> stop_{false};
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace fastnz::models

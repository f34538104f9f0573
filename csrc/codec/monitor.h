// Progress and cancellation of one call. Workers report bytes with tick(); the thread that made the monitor polls the
// caller's callback, ten times a second at most. An exception from the callback, or a failure of any worker, makes
// every other worker's next tick() throw Cancelled. Knows no Python and no codec.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>
#include <utility>

namespace fastnz::codec {

struct Cancelled {};

class Monitor {
 public:
  using Poll = std::function<void(uint64_t done, uint64_t total)>;

  explicit Monitor(uint64_t total = 0, Poll poll = nullptr)
      : poll_(std::move(poll)), total_(total), owner_(std::this_thread::get_id()), next_(Clock::now() + kInterval) {}

  // Bytes between two ticks: some milliseconds even for the slowest model that does not learn a network.
  static constexpr size_t kTickBytes = 4096;

  void tick(uint64_t bytes) {
    done_.fetch_add(bytes, std::memory_order_relaxed);
    if (cancelled_.load(std::memory_order_relaxed)) throw Cancelled{};
    if (poll_ && std::this_thread::get_id() == owner_) poll_if_due();
  }

  // Only on the owner's thread.
  void poll_if_due() {
    if (!poll_ || Clock::now() < next_) return;
    poll();
  }
  void poll() {
    if (!poll_) return;
    poll_(done_.load(std::memory_order_relaxed), total_.load(std::memory_order_relaxed));
    next_ = Clock::now() + kInterval;
  }

  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  void set_total(uint64_t total) { total_.store(total, std::memory_order_relaxed); }
  bool polls() const { return poll_ != nullptr; }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kInterval{100};

  Poll poll_;
  std::atomic<uint64_t> done_{0};
  std::atomic<uint64_t> total_;
  std::atomic<bool> cancelled_{false};
  std::thread::id owner_;
  Clock::time_point next_;
};

}  // namespace fastnz::codec

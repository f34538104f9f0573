#include "codec/parallel.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace fastnz::codec {
namespace {

class Pool {
 public:
  Pool(size_t count, Monitor* monitor, const std::function<void(size_t)>& job)
      : count_(count), monitor_(monitor), job_(job) {}

  void run(size_t threads) {
    std::vector<std::thread> workers;
    workers.reserve(threads);
    {
      const std::lock_guard lock(mutex_);
      running_ = 0;
    }
    for (size_t t = 0; t < threads; ++t) {
      {
        const std::lock_guard lock(mutex_);
        ++running_;
      }
      try {
        workers.emplace_back([this] { work(); });
      } catch (const std::system_error&) {  // no more threads to be had: do with those we have
        const std::lock_guard lock(mutex_);
        --running_;
        break;
      }
    }
    if (workers.empty()) {
      for (size_t i = 0; i < count_; ++i) job_(i);
      return;
    }
    try {
      wait();
    } catch (...) {
      monitor_->cancel();
      for (std::thread& worker : workers) worker.join();
      throw;
    }
    for (std::thread& worker : workers) worker.join();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void wait() {
    std::unique_lock lock(mutex_);
    while (!idle_.wait_for(lock, std::chrono::milliseconds(50), [this] { return running_ == 0; })) {
      lock.unlock();
      monitor_->poll_if_due();
      lock.lock();
    }
  }

  void work() {
    for (;;) {
      const size_t i = next_.fetch_add(1);
      if (i >= count_) break;
      try {
        job_(i);
      } catch (const Cancelled&) {
        break;
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (i < failed_job_) {
          failed_job_ = i;
          failure_ = std::current_exception();
        }
        next_.store(count_);  // start no further job; those that run may still fail with a lower number
        break;
      }
    }
    const std::lock_guard lock(mutex_);
    if (--running_ == 0) idle_.notify_all();
  }

  const size_t count_;
  Monitor* const monitor_;
  const std::function<void(size_t)>& job_;
  std::atomic<size_t> next_{0};
  std::mutex mutex_;
  std::condition_variable idle_;
  size_t running_ = 0;
  size_t failed_job_ = ~size_t{0};
  std::exception_ptr failure_;
};

}  // namespace

void run_parallel(size_t count, size_t threads, Monitor* monitor, const std::function<void(size_t)>& job) {
  threads = std::min({threads, count, kMaxThreads});
  if (threads <= 1) {
    for (size_t i = 0; i < count; ++i) job(i);
    return;
  }
  Pool(count, monitor, job).run(threads);
}

}  // namespace fastnz::codec

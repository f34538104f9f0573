// A device that runs the kernels of this layer: a CUDA GPU, or the host in its place (emulated.cc). Invariant: nothing
// here touches a driver before it is asked about devices, and a build without CUDA has none, with the same interface.
// Knows memory and launches; no codec, no network's meaning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cuda/gru8_layout.h"
#include "cuda/lane_job.h"

namespace fastnz::cuda {

struct DeviceInfo {
  std::string name;
  size_t memory = 0;           // bytes
  int multiprocessors = 0;
  int capability = 0;          // 10 * major + minor
  int shared_bytes = 0;        // a block may have
};

class Device {
 public:
  virtual ~Device() = default;
  virtual const DeviceInfo& info() const noexcept = 0;
  virtual void* allocate(size_t bytes) = 0;  // null: not that much free
  virtual void release(void* memory) noexcept = 0;
  virtual void upload(void* to, const void* from, size_t bytes) = 0;
  virtual void clear(void* memory, size_t bytes) = 0;
  virtual void copy(void* to, const void* from, size_t bytes) = 0;  // within the device
  virtual void download(void* to, const void* from, size_t bytes) = 0;  // waits for what was launched before
  virtual void run(Direction direction, const Gru8Network& network, const LaneJob& job, const Gru8Plan& plan,
                   int blocks) = 0;
  // Code of lane i, code_size[i] bytes at code_at[i], to packed_at[i].
  virtual void pack(const LaneJob& job, const uint64_t* packed_at, uint8_t* packed) = 0;
  virtual double run_seconds() const noexcept = 0;  // of the last run(), after a download

  // For one caller's copies and launches.
  std::unique_lock<std::mutex> hold() { return std::unique_lock<std::mutex>(in_use_); }

 private:
  std::mutex in_use_;
};

// Devices of this machine; empty where there is no driver, no device or no CUDA in this build.
std::vector<DeviceInfo> list_devices();
bool built_with_cuda() noexcept;

// Throws base::Error(kDevice) when there is no such device. One object for each device.
std::shared_ptr<Device> open_device(int index);

// The host in place of a device: the kernels' own source, one thread of a block after the other. `order` says which waiting
// thread goes on first; no result may depend on it. All memory together is `memory` bytes.
std::shared_ptr<Device> open_emulated(uint32_t order, int shared_bytes, size_t memory);

// Memory of a device; empty where there was not enough.
class Buffer {
 public:
  Buffer() = default;
  Buffer(std::shared_ptr<Device> device, size_t bytes)
      : device_(std::move(device)), memory_(device_->allocate(bytes > 0 ? bytes : 1)) {}
  Buffer(Buffer&& other) noexcept : device_(std::move(other.device_)), memory_(other.memory_) { other.memory_ = nullptr; }
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(memory_, other.memory_);
    return *this;
  }
  ~Buffer() {
    if (memory_) device_->release(memory_);
  }
  explicit operator bool() const noexcept { return memory_ != nullptr; }
  template <typename T>
  T* as() const noexcept {
    return static_cast<T*>(memory_);
  }

 private:
  std::shared_ptr<Device> device_;
  void* memory_ = nullptr;
};

}  // namespace fastnz::cuda

// CUDA devices: memory, copies and launches through the runtime library, which is linked statically and looks for a driver
// only when it is first called. Invariant: every call's answer is looked at; what fails is base::Error(kDevice) with the
// runtime's own words, except memory that is not there, which is an answer. Knows no lane and no code.
#include <cuda_runtime.h>

#include <map>
#include <mutex>
#include <string>

#include "base/error.h"
#include "cuda/device.h"
#include "cuda/gru8_kernel.h"

namespace fastnz::cuda {
namespace {

constexpr int kLeastCapability = 80;  // the int8 matrix instruction of 32 columns
constexpr int kPackThreads = 128;

extern __shared__ __align__(16) uint8_t shared_memory[];

template <Direction D, bool Mixed>
__global__ void __launch_bounds__(kMostGroups * (kGroupThreads + (Mixed ? kWarpThreads : 0)), 1)
    lanes_kernel(const __grid_constant__ Gru8Network network, const __grid_constant__ LaneJob job,
                 const __grid_constant__ Gru8Plan plan) {
  run_lanes<D, Mixed>(network, job, plan, shared_memory);
}

using LanesKernel = void (*)(Gru8Network, LaneJob, Gru8Plan);
LanesKernel kernel_of(Direction direction, bool mixed) {
  if (direction == Direction::kEncode)
    return mixed ? lanes_kernel<Direction::kEncode, true> : lanes_kernel<Direction::kEncode, false>;
  if (direction == Direction::kDecode)
    return mixed ? lanes_kernel<Direction::kDecode, true> : lanes_kernel<Direction::kDecode, false>;
  return lanes_kernel<Direction::kFrequencies, false>;
}

__global__ void pack_kernel(const __grid_constant__ LaneJob job, const uint64_t* packed_at, uint8_t* packed) {
  const uint8_t* const from = job.code + job.code_at[blockIdx.x];
  uint8_t* const to = packed + packed_at[blockIdx.x];
  for (uint32_t i = threadIdx.x; i < job.code_size[blockIdx.x]; i += kPackThreads) to[i] = from[i];
}

void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // a later call must not find it again
  throw base::Error(base::ErrorKind::kDevice, std::string("CUDA: ") + what + ": " + cudaGetErrorString(status));
}

DeviceInfo describe(int index) {
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, index), "reading a device's properties");
  return {properties.name, properties.totalGlobalMem, properties.multiProcessorCount,
          10 * properties.major + properties.minor, static_cast<int>(properties.sharedMemPerBlockOptin)};
}

// Indices that the runtime knows, of devices that can run our code.
std::vector<int> usable_devices() {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess) {
    cudaGetLastError();
    return {};
  }
  std::vector<int> usable;
  for (int i = 0; i < count; ++i)
    if (describe(i).capability >= kLeastCapability) usable.push_back(i);
  return usable;
}

class CudaDevice final : public Device {
 public:
  explicit CudaDevice(int index) : index_(index), info_(describe(index)) {
    enter();
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "creating a stream");
    check(cudaEventCreate(&start_), "creating an event");
    check(cudaEventCreate(&stop_), "creating an event");
    for (const Direction direction : {Direction::kFrequencies, Direction::kEncode, Direction::kDecode})
      for (const bool mixed : {false, true})
        check(cudaFuncSetAttribute(kernel_of(direction, mixed), cudaFuncAttributeMaxDynamicSharedMemorySize, info_.shared_bytes),
              "asking for shared memory");
  }
  // Streams and events stay until the process ends: the runtime may be gone before statics are.
  const DeviceInfo& info() const noexcept override { return info_; }

  void* allocate(size_t bytes) override {
    enter();
    void* memory = nullptr;
    const cudaError_t status = cudaMalloc(&memory, bytes);
    if (status == cudaErrorMemoryAllocation) {
      cudaGetLastError();
      return nullptr;
    }
    check(status, "reserving memory");
    return memory;
  }
  void release(void* memory) noexcept override { cudaFree(memory); }
  void clear(void* memory, size_t bytes) override {
    enter();
    check(cudaMemsetAsync(memory, 0, bytes, stream_), "clearing memory");
  }
  void copy(void* to, const void* from, size_t bytes) override {
    enter();
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_), "copying on the device");
  }
  void upload(void* to, const void* from, size_t bytes) override {
    enter();
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_), "copying to the device");
    wait();
  }
  void download(void* to, const void* from, size_t bytes) override {
    enter();
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream_), "copying from the device");
    wait();
  }

  void run(Direction direction, const Gru8Network& network, const LaneJob& job, const Gru8Plan& plan,
           int blocks) override {
    enter();
    const dim3 grid(static_cast<unsigned>(blocks)), block(static_cast<unsigned>(block_threads(plan)));
    const size_t shared = static_cast<size_t>(plan.shared_bytes);
    check(cudaEventRecord(start_, stream_), "recording an event");
    kernel_of(direction, plan.mix_bytes > 0)<<<grid, block, shared, stream_>>>(network, job, plan);
    check(cudaGetLastError(), "starting a kernel");
    check(cudaEventRecord(stop_, stream_), "recording an event");
  }

  void pack(const LaneJob& job, const uint64_t* packed_at, uint8_t* packed) override {
    enter();
    pack_kernel<<<static_cast<unsigned>(job.lanes), kPackThreads, 0, stream_>>>(job, packed_at, packed);
    check(cudaGetLastError(), "starting a kernel");
  }

  double run_seconds() const noexcept override {
    float milliseconds = 0;
    return cudaEventElapsedTime(&milliseconds, start_, stop_) == cudaSuccess ? static_cast<double>(milliseconds) / 1e3 : 0;
  }

 private:
  void enter() { check(cudaSetDevice(index_), "selecting a device"); }
  void wait() { check(cudaStreamSynchronize(stream_), "waiting for the device"); }

  int index_;
  DeviceInfo info_;
  cudaStream_t stream_ = nullptr;
  cudaEvent_t start_ = nullptr, stop_ = nullptr;
};

}  // namespace

bool built_with_cuda() noexcept { return true; }

std::vector<DeviceInfo> list_devices() {
  std::vector<DeviceInfo> found;
  for (const int index : usable_devices()) found.push_back(describe(index));
  return found;
}

std::shared_ptr<Device> open_device(int index) {
  static std::mutex mutex;
  static std::map<int, std::shared_ptr<Device>> open;
  const std::lock_guard<std::mutex> lock(mutex);
  if (const auto found = open.find(index); found != open.end()) return found->second;
  const std::vector<int> usable = usable_devices();
  if (index < 0 || static_cast<size_t>(index) >= usable.size())
    throw base::Error(base::ErrorKind::kDevice,
                      usable.empty() ? "no CUDA device that fastnz can use (it needs a driver and compute capability 8.0)"
                                     : "no CUDA device " + std::to_string(index) + "; there are " +
                                           std::to_string(usable.size()));
  return open[index] = std::make_shared<CudaDevice>(usable[static_cast<size_t>(index)]);
}

}  // namespace fastnz::cuda

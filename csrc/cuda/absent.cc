// A build without CUDA: the same interface, and no device.
#include "base/error.h"
#include "cuda/device.h"

namespace fastnz::cuda {

bool built_with_cuda() noexcept { return false; }

std::vector<DeviceInfo> list_devices() { return {}; }

std::shared_ptr<Device> open_device(int) {
  throw base::Error(base::ErrorKind::kDevice, "this build of fastnz has no CUDA code; build it with FASTNZ_CUDA=ON and nvcc");
}

}  // namespace fastnz::cuda

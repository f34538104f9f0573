#include "codec/device_choice.h"

#include <charconv>
#include <string>

#include "base/error.h"
#include "cuda/device.h"

namespace fastnz::codec {
namespace {

// The first device, or null for good: a driver that did not start once is not asked again.
const std::shared_ptr<cuda::Device>& first_device() {
  static const std::shared_ptr<cuda::Device> first = []() -> std::shared_ptr<cuda::Device> {
    try {
      if (!cuda::list_devices().empty()) return cuda::open_device(0);
    } catch (const base::Error&) {
    }
    return nullptr;
  }();
  return first;
}

}  // namespace

DeviceChoice DeviceChoice::named(std::string_view name) {
  DeviceChoice choice;
  choice.automatic_ = name == "auto";
  if (name == "auto" || name == "cpu") return choice;
  constexpr std::string_view kCuda = "cuda", kNumbered = "cuda:";
  int index = 0;
  bool known = name == kCuda;
  if (name.size() > kNumbered.size() && name.starts_with(kNumbered) && name[kNumbered.size()] != '-') {
    const char* const end = name.data() + name.size();
    const auto read = std::from_chars(name.data() + kNumbered.size(), end, index);
    known = read.ec == std::errc() && read.ptr == end;
  }
  if (!known)
    throw base::Error(base::ErrorKind::kInvalidArgument,
                      "no device is called '" + std::string(name) + "'; there are auto, cpu, cuda and cuda:N");
  choice.device_ = cuda::open_device(index);
  return choice;
}

std::shared_ptr<cuda::Device> DeviceChoice::device() const {
  return automatic_ && !device_ ? first_device() : device_;
}

}  // namespace fastnz::codec

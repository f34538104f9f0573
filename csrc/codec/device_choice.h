// Where work that has a form for accelerators is done. Invariant: time depends on it and nothing else, and no driver is asked
// for before such work comes up, unless a device was named. Knows no model.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace fastnz::cuda {
class Device;
}

namespace fastnz::codec {

class DeviceChoice {
 public:
  DeviceChoice() = default;  // the CPU
  DeviceChoice(std::shared_ptr<cuda::Device> device, bool automatic) : automatic_(automatic), device_(std::move(device)) {}
  // "auto": the first accelerator if there is one; "cpu"; "cuda" and "cuda:N", which are opened at once. Throws kDevice when
  // there is no such device, kInvalidArgument for any other name.
  static DeviceChoice named(std::string_view name);

  // Null: the CPU.
  std::shared_ptr<cuda::Device> device() const;
  // Nobody asked for this device: the CPU may do what it fails at, and what it would not be faster with.
  bool automatic() const noexcept { return automatic_; }

 private:
  bool automatic_ = false;
  std::shared_ptr<cuda::Device> device_;
};

// What the work on one block may use. The bytes do not depend on it.
struct Workers {
  size_t threads = 1;
  DeviceChoice device;
};

}  // namespace fastnz::codec

// The lanes of a content of lane_mix on a device: the same codes as codec/lane_codes makes of them on the CPU, and back.
// Invariant: what a device has no form of, it is not asked for. Knows no payload and no head's code.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/span.h"
#include "cuda/gru8_lanes.h"
#include "models/registry.h"

namespace fastnz::codec {

class DeviceLanes {
 public:
  // Nothing where the device has no form of the model: networks of another family than gru8, or more lanes that learn together
  // than a block has. Throws kDevice when the network does not fit the device.
  static std::optional<DeviceLanes> find(const std::shared_ptr<cuda::Device>& device, const models::ModelRow& row,
                                         base::ByteSpan options, const models::LaneLayout& layout);

  // Both throw kDevice where the device fails or has not the memory for one group.
  std::vector<std::vector<uint8_t>> encode(base::ByteSpan content) const;
  // `content` begins with the head. Whether every code was long enough.
  bool decode(const std::vector<base::ByteSpan>& codes, base::MutableByteSpan content) const;

 private:
  struct Tables {
    std::vector<kernels::LaneSlot> slots;
    std::vector<uint32_t> entries;
  };
  DeviceLanes(std::shared_ptr<const cuda::Gru8Lanes> network, const models::LaneLayout& layout);
  cuda::MixLayout with_head(base::ByteSpan content, Tables* tables) const;

  std::shared_ptr<const cuda::Gru8Lanes> network_;
  cuda::MixLayout layout_;
};

}  // namespace fastnz::codec

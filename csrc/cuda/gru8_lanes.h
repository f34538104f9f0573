// Coding with a network `gru8` on a device: weights laid out and uploaded once, then any number of lanes. Invariant: what
// a lane's code is does not depend on how many lanes go at once, and memory decides only that. Knows no frame and no file.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/span.h"
#include "cuda/device.h"
#include "kernels/lane_mix.h"
#include "kernels/network.h"

namespace fastnz::cuda {

// Weights as models/gru8 keeps them; read during construction only.
struct Gru8Source {
  const kernels::NetworkMatrix* from_state;
  const kernels::NetworkMatrix* from_features;
  const kernels::NetworkMatrix* to_logits;
  const int16_t* gate_bias;
  const int16_t* bytes;
  const int8_t* tables;
  const int32_t* logit_bias;
  int hidden, depth, bits;
};

// Codes one after the other.
struct LaneCodes {
  std::vector<uint8_t> bytes;
  std::vector<uint32_t> sizes;
};

// Lanes of one content that learn together (docs/lane_mix.md, section 1), and what its head leaves in the tables.
struct MixLayout {
  uint32_t head = 0, lane_bytes = 1;
  uint32_t group = 1;  // at most kMixLanes
  int slot_bits = 0;
  const kernels::LaneSlot* head_slots = nullptr;  // [contexts][2^slot_bits]; null: none
  const uint32_t* head_entries = nullptr;         // [2][2^slot_bits]
};

// How to launch; 0: as seems best. No result depends on it.
struct LaunchWish {
  size_t at_once = 0;    // most lanes of one launch, but a group of those that learn together; 0: as memory allows
  int groups = 0;        // of 32 lanes, for a block
  int shared_bytes = 0;  // most shared memory of a block
};

class Gru8Lanes {
 public:
  // Throws kDevice when the weights do not fit.
  Gru8Lanes(std::shared_ptr<Device> device, const Gru8Source& source);

  // `sizes`: of the lanes, which lie one after the other in `content`. Throw kDevice when a launch fails or not even one
  // group of lanes fits.
  LaneCodes encode(base::ByteSpan content, const std::vector<uint32_t>& sizes, const LaunchWish& wish = {}) const;
  // False for each code that was too short; what it gave is meaningless then.
  std::vector<bool> decode(base::ByteSpan codes, const std::vector<uint32_t>& code_sizes, base::MutableByteSpan content,
                           const std::vector<uint32_t>& sizes, const LaunchWish& wish = {}) const;
  // The same for lanes of lane_mix. `content` begins with the head, which is no lane, and is there when decoding. Throw kDevice
  // too where a block has not the shared memory for it.
  LaneCodes encode_mixed(base::ByteSpan content, const MixLayout& layout, const LaunchWish& wish = {}) const;
  std::vector<bool> decode_mixed(base::ByteSpan codes, const std::vector<uint32_t>& code_sizes, base::MutableByteSpan content,
                                 const MixLayout& layout, const LaunchWish& wish = {}) const;
  // [lanes][steps][256] before each byte, for lanes of equal size.
  std::vector<uint32_t> frequencies(base::ByteSpan content, size_t lanes) const;

  double seconds() const noexcept { return seconds_; }  // that the device took for the kernels of the last call
  Gru8Plan plan(size_t lanes, const LaunchWish& wish = {}, const MixLayout* mix = nullptr) const;

 private:
  struct Work;
  struct Part;
  void run(Direction direction, const Work& work) const;
  LaneCodes encode_lanes(base::ByteSpan content, const std::vector<uint32_t>& sizes, const MixLayout* mix,
                         const LaunchWish& wish) const;
  std::vector<bool> decode_lanes(base::ByteSpan codes, const std::vector<uint32_t>& code_sizes, base::MutableByteSpan content,
                                 const std::vector<uint32_t>& sizes, const MixLayout* mix, const LaunchWish& wish) const;

  std::shared_ptr<Device> device_;
  Buffer memory_;
  Gru8Network network_{};
  mutable double seconds_ = 0;
};

}  // namespace fastnz::cuda

// The option bytes of lane_mix: the network, how long lanes are, how many learn together (docs/lane_mix.md, section 1); and a
// set of them as a model that a user names. Invariant: what read_lane_mix_options() accepts, lane_mix_memory() bounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/span.h"
#include "models/configuration.h"

namespace fastnz::models {

inline constexpr uint8_t kLaneMixModel = 9;  // its row

struct LaneMixOptions {
  int lane_bits = 14;       // lanes have up to 2^lane_bits bytes; 0, of a configuration only: as suits a content's size
  int group_bits = 6;       // 2^group_bits lanes are a group
  int head = 0;             // 0, or 2^(11 + head) bytes are coded before the lanes
  uint8_t prior = 1;        // a network that comes with fastnz (models/hybrid/priors.h); 0: weights_id says which
  uint64_t weights_id = 0;
};

inline constexpr int kMinLaneBits = 10, kMaxLaneBits = 17, kMaxGroupBits = 10, kMaxHead = 5;

constexpr uint32_t lane_head_bytes(int head) noexcept { return head == 0 ? 0 : uint32_t{1} << (11 + head); }
// What codes the head: nibble_mix over text, its fifth tier.
inline constexpr uint8_t kLaneHeadModel = 2;
std::vector<uint8_t> lane_head_options();
// The greatest head that is at most a 32nd of a content.
int most_lane_head(uint64_t content_size) noexcept;

// Throws base::Error(kUnsupported).
LaneMixOptions read_lane_mix_options(base::ByteSpan bytes);
// As few bytes as say it: the small prior with lanes and groups of the usual size takes none.
std::vector<uint8_t> write_lane_mix_options(const LaneMixOptions& options);

// Option bytes of a configuration with what depends on the content's size: long lanes as long as there are enough of them.
std::vector<uint8_t> lane_options_for(std::vector<uint8_t> configured, uint64_t content_size);

uint64_t network_id(const LaneMixOptions& options);

class LaneMixConfiguration final : public Configuration {
 public:
  explicit LaneMixConfiguration(const LaneMixOptions& options);
  std::vector<uint8_t> option_bytes() const override { return write_lane_mix_options(options_); }
  uint64_t block_size() const noexcept override { return uint64_t{1} << 27; }  // 8,192 lanes of the usual length
  size_t memory() const noexcept override { return sizeof *this; }
  std::vector<std::pair<const char*, int>> sizes() const override;

 private:
  LaneMixOptions options_;
};

}  // namespace fastnz::models

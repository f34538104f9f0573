#include "models/lane_mix/options.h"

#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "models/mixing/options.h"
#include "models/hybrid/priors.h"

namespace fastnz::models {
namespace {

constexpr uint64_t kMark = 0x6C616E6573000001u;

void require(bool condition, const std::string& what) {
  if (!condition) throw base::Error(base::ErrorKind::kUnsupported, "lane_mix: " + what);
}

}  // namespace

LaneMixOptions read_lane_mix_options(base::ByteSpan bytes) {
  LaneMixOptions options;
  base::ByteSpan rest = bytes;
  if (bytes.size() % 8 == 2 || bytes.size() == 3) {
    options.lane_bits = bytes[0];
    options.group_bits = bytes[1] & 15;
    options.head = bytes[1] >> 4;
    rest = bytes.subspan(2);
  }
  require(rest.size() <= 1 || rest.size() == sizeof(uint64_t), std::to_string(bytes.size()) + " option bytes, expected 0 to 3, 8 or 10");
  require(options.lane_bits >= kMinLaneBits && options.lane_bits <= kMaxLaneBits,
          "lanes of 2^" + std::to_string(options.lane_bits) + " bytes, expected 2^10 to 2^17");
  require(options.group_bits <= kMaxGroupBits, "groups of 2^" + std::to_string(options.group_bits) + " lanes, expected up to 2^10");
  require(options.head <= kMaxHead, "head number " + std::to_string(options.head) + ", expected up to 5");
  if (rest.size() == 1) options.prior = rest[0];
  require(options.prior > 0 && options.prior < kPriorCount,
          "prior " + std::to_string(options.prior) + ", this version knows 1 to " + std::to_string(kPriorCount - 1));
  if (rest.size() == sizeof(uint64_t)) {
    options.prior = 0;
    options.weights_id = base::load_le<uint64_t>(rest.data());
  }
  return options;
}

std::vector<uint8_t> write_lane_mix_options(const LaneMixOptions& options) {
  const LaneMixOptions usual;
  std::vector<uint8_t> bytes;
  if (options.lane_bits != usual.lane_bits || options.group_bits != usual.group_bits || options.head != usual.head)
    bytes = {static_cast<uint8_t>(options.lane_bits), static_cast<uint8_t>(options.group_bits | options.head << 4)};
  if (options.prior == 0)
    base::ByteWriter(&bytes).write_u64(options.weights_id);
  else if (options.prior != usual.prior)
    bytes.push_back(options.prior);
  return bytes;
}

std::vector<uint8_t> lane_head_options() { return write_options(MixOptions{}); }

int most_lane_head(uint64_t content_size) noexcept {
  int head = kMaxHead;
  while (head > 0 && lane_head_bytes(head) > content_size / 32) --head;
  return head;
}

std::vector<uint8_t> lane_options_for(std::vector<uint8_t> configured, uint64_t content_size) {
  if (configured.size() < 2 || configured[0] != 0 || configured.size() == sizeof(uint64_t)) return configured;
  const uint64_t mib = content_size >> 20;
  configured[0] = mib < 8 ? 17 : mib < 32 ? 16 : mib < 64 ? 15 : 14;
  return write_lane_mix_options(read_lane_mix_options(configured));
}

uint64_t network_id(const LaneMixOptions& options) { return options.prior == 0 ? options.weights_id : kPriors[options.prior]; }

LaneMixConfiguration::LaneMixConfiguration(const LaneMixOptions& options)
    : Configuration("lane_mix", kMark, write_lane_mix_options(options)), options_(options) {}

std::vector<std::pair<const char*, int>> LaneMixConfiguration::sizes() const {
  return {{"lane_bytes", 1 << options_.lane_bits}, {"group", 1 << options_.group_bits}};
}

}  // namespace fastnz::models

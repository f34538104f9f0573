#include "codec/device_lanes.h"

#include <string_view>
#include <utility>

#include "codec/device_networks.h"
#include "cuda/lane_mix_kernel.h"
#include "models/lane_mix/lane_mix.h"
#include "models/weights_store.h"

namespace fastnz::codec {

std::optional<DeviceLanes> DeviceLanes::find(const std::shared_ptr<cuda::Device>& device, const models::ModelRow& row,
                                             base::ByteSpan options, const models::LaneLayout& layout) {
  if (row.id != models::kLaneMixModel || layout.lanes == 0 || layout.group > cuda::kMixLanes) return std::nullopt;
  const auto weights = models::require_weights(models::network_id(models::read_lane_mix_options(options)));
  if (weights->model() != std::string_view("gru8")) return std::nullopt;
  return DeviceLanes(gru8_on(device, static_cast<const models::Gru8Weights&>(*weights)), layout);
}

DeviceLanes::DeviceLanes(std::shared_ptr<const cuda::Gru8Lanes> network, const models::LaneLayout& layout)
    : network_(std::move(network)),
      layout_{layout.head, layout.lane_bytes, layout.group, models::LaneMix::slot_bits(layout), nullptr, nullptr} {}

cuda::MixLayout DeviceLanes::with_head(base::ByteSpan content, Tables* tables) const {
  cuda::MixLayout layout = layout_;
  if (layout.head == 0) return layout;
  const size_t each = size_t{1} << layout.slot_bits;
  tables->slots.resize(static_cast<size_t>(kernels::kLaneContexts) * each);
  tables->entries.resize(2 * each);
  kernels::lane_mix_learn_head(content.data(), layout.head, layout.slot_bits, tables->slots.data(), tables->entries.data(),
                               tables->entries.data() + each);
  layout.head_slots = tables->slots.data();
  layout.head_entries = tables->entries.data();
  return layout;
}

std::vector<std::vector<uint8_t>> DeviceLanes::encode(base::ByteSpan content) const {
  Tables tables;
  const cuda::LaneCodes made = network_->encode_mixed(content, with_head(content, &tables));
  std::vector<std::vector<uint8_t>> codes;
  codes.reserve(made.sizes.size());
  const uint8_t* from = made.bytes.data();
  for (const uint32_t size : made.sizes) {
    codes.emplace_back(from, from + size);
    from += size;
  }
  return codes;
}

bool DeviceLanes::decode(const std::vector<base::ByteSpan>& codes, base::MutableByteSpan content) const {
  Tables tables;
  if (codes.empty()) return true;
  std::vector<uint32_t> sizes;
  sizes.reserve(codes.size());
  for (const base::ByteSpan code : codes) sizes.push_back(static_cast<uint32_t>(code.size()));
  // They lie one after another in the payload.
  const base::ByteSpan joined(codes.front().data(), codes.back().data() + codes.back().size());
  bool whole = true;
  for (const bool each : network_->decode_mixed(joined, sizes, content, with_head(content, &tables))) whole = whole && each;
  return whole;
}

}  // namespace fastnz::codec

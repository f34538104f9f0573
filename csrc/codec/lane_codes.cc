#include "codec/lane_codes.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "codec/code_byte.h"
#include "codec/device_lanes.h"
#include "codec/incompressible.h"
#include "codec/parallel.h"
#include "coding/symbol_range_coder.h"
#include "kernels/dispatch.h"
#include "models/lane_mix/options.h"

namespace fastnz::codec {
namespace {

using base::ByteSpan;
using models::LaneLayout;

constexpr size_t kSymbols = 256;
// A device steps one lane as slowly as thousands (docs/cuda.md, section 1), so few are left to the CPU where nobody asked for
// the device.
constexpr uint32_t kLeastAutomaticLanes = 32;

// Where symbols stand in the sum of their frequencies: sixteen at a time, then one by one.
class Sums {
 public:
  void begin(const uint32_t* freq) noexcept {
    freq_ = freq;
    kernels::dispatch().table.nibble_sums(freq, sixteens_);
  }
  uint32_t below(size_t symbol) const noexcept {
    uint32_t sum = 0;
    for (size_t k = 0; k < symbol / 16; ++k) sum += sixteens_[k];
    for (size_t i = symbol & ~size_t{15}; i < symbol; ++i) sum += freq_[i];
    return sum;
  }
  // The symbol that `target`, less than the sum of all, falls on; `below` is the sum before it.
  size_t find(uint32_t target, uint32_t* below) const noexcept {
    uint32_t sum = 0;
    size_t k = 0, i;
    while (sum + sixteens_[k] <= target) sum += sixteens_[k++];
    for (i = 16 * k; sum + freq_[i] <= target; ++i) sum += freq_[i];
    *below = sum;
    return i;
  }

 private:
  const uint32_t* freq_ = nullptr;
  uint32_t sixteens_[16];
};

// code(lane of the group, its frequencies, position in the content) for each active lane of each step.
template <typename Code>
void run_group(const models::ModelRow& row, ByteSpan options, const LaneLayout& layout, const uint8_t* content, uint32_t group,
               Monitor* monitor, Code code) {
  const std::unique_ptr<models::LaneGroup> model = row.make_lane_group(options, layout.size, content, group);
  const uint64_t begin = layout.begin(group * layout.group);
  std::vector<uint32_t> freq(layout.lanes_of(group) * kSymbols);
  const int total_bits = model->total_bits();
  size_t coded = 0;
  for (uint64_t step = 0; model->active() > 0; ++step) {
    const auto lanes = static_cast<size_t>(model->active());
    model->predict(freq.data());
    for (size_t s = 0; s < lanes; ++s) code(s, freq.data() + s * kSymbols, begin + s * layout.lane_bytes + step, total_bits);
    model->update();
    coded += lanes;
    if (monitor && coded >= Monitor::kTickBytes) {
      monitor->tick(coded);
      coded = 0;
    }
  }
  if (monitor) monitor->tick(coded);
}

// Whether the lanes were coded on the workers' device, by `code`. What it fails at is left to the CPU where nobody asked for it.
template <typename Code>
bool run_on_device(const Workers& workers, const models::ModelRow& row, ByteSpan options, const LaneLayout& layout,
                   Monitor* monitor, Code code) {
  if (workers.device.automatic() && layout.lanes < kLeastAutomaticLanes) return false;
  const std::shared_ptr<cuda::Device> device = workers.device.device();
  if (!device) return false;
  try {
    const std::optional<DeviceLanes> lanes = DeviceLanes::find(device, row, options, layout);
    if (!lanes) return false;
    code(*lanes);
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::kDevice || !workers.device.automatic()) throw;
    return false;
  }
  if (monitor) monitor->tick(layout.size - layout.head);
  return true;
}

// The codes of the lanes, or with a head that before them.
std::vector<ByteSpan> read_codes(ByteSpan payload, const LaneLayout& layout, uint64_t offset) {
  base::ByteReader reader(payload, offset);
  std::vector<ByteSpan> codes;
  if (layout.head != 0) {
    const uint64_t size = reader.read_varint("size of the head's code");
    if (size > reader.remaining())
      throw base::Error(base::ErrorKind::kCorrupt, "block body: the code of its head is longer than it", offset);
    codes.push_back(reader.read_bytes(static_cast<size_t>(size), "code of the head"));
  }
  std::vector<uint64_t> sizes;
  // Each size takes a byte, so no more is reserved than the payload has.
  if (layout.lanes > reader.remaining())
    throw base::Error(base::ErrorKind::kCorrupt, "block body: fewer bytes than lanes", offset);
  sizes.reserve(layout.lanes);
  for (uint32_t s = 0; s < layout.lanes; ++s) sizes.push_back(reader.read_varint("size of a lane's code"));
  codes.reserve(codes.size() + layout.lanes);
  for (const uint64_t size : sizes) {
    if (size > reader.remaining())
      throw base::Error(base::ErrorKind::kCorrupt, "block body: the codes of its lanes are longer than it", offset);
    codes.push_back(reader.read_bytes(static_cast<size_t>(size), "code of a lane"));
  }
  if (reader.remaining() != 0)
    throw base::Error(base::ErrorKind::kCorrupt, "block body: bytes behind the codes of its lanes", offset);
  return codes;
}

bool decode_head(ByteSpan code, base::MutableByteSpan out, Monitor* monitor) {
  const std::unique_ptr<models::BitModel> model =
      models::find_model(models::kLaneHeadModel)->make_bit_model(models::lane_head_options(), out.size());
  coding::BinaryRangeDecoder decoder(code);
  for (uint8_t& byte : out) byte = decode_byte(model.get(), &decoder);
  if (monitor) monitor->tick(out.size());
  return !decoder.overran();
}

std::vector<std::vector<uint8_t>> encode_groups(ByteSpan content, const models::ModelRow& row, ByteSpan options,
                                                const LaneLayout& layout, size_t threads, Monitor* monitor) {
  std::vector<std::vector<uint8_t>> codes(layout.lanes);
  run_parallel(layout.groups(), threads, monitor, [&](size_t g) {
    const auto group = static_cast<uint32_t>(g);
    const size_t first = g * layout.group;
    Sums sums;
    std::vector<coding::SymbolRangeEncoder> encoder;
    encoder.reserve(layout.lanes_of(group));
    for (uint32_t s = 0; s < layout.lanes_of(group); ++s) encoder.emplace_back(&codes[first + s]);
    run_group(row, options, layout, content.data(), group, monitor,
              [&](size_t s, const uint32_t* freq, uint64_t position, int total_bits) {
                const uint8_t symbol = content[static_cast<size_t>(position)];
                sums.begin(freq);
                encoder[s].encode(sums.below(symbol), freq[symbol], total_bits);
              });
    for (coding::SymbolRangeEncoder& each : encoder) each.finish();
  });
  return codes;
}

bool decode_groups(const std::vector<ByteSpan>& codes, base::MutableByteSpan out, const models::ModelRow& row, ByteSpan options,
                   const LaneLayout& layout, size_t threads, Monitor* monitor) {
  std::atomic<bool> whole{true};
  run_parallel(layout.groups(), threads, monitor, [&](size_t g) {
    const auto group = static_cast<uint32_t>(g);
    Sums sums;
    std::vector<coding::SymbolRangeDecoder> decoder;
    decoder.reserve(layout.lanes_of(group));
    for (uint32_t s = 0; s < layout.lanes_of(group); ++s) decoder.emplace_back(codes[g * layout.group + s]);
    run_group(row, options, layout, out.data(), group, monitor,
              [&](size_t s, const uint32_t* freq, uint64_t position, int total_bits) {
                uint32_t below;
                sums.begin(freq);
                const size_t symbol = sums.find(decoder[s].target(total_bits), &below);
                decoder[s].consume(below, freq[symbol], total_bits);
                out[static_cast<size_t>(position)] = static_cast<uint8_t>(symbol);
              });
    for (const coding::SymbolRangeDecoder& each : decoder)
      if (each.overran()) whole = false;
  });
  return whole;
}

}  // namespace

void check_lanes(ByteSpan payload, const LaneLayout& layout, uint64_t offset) { read_codes(payload, layout, offset); }

std::vector<uint8_t> encode_lanes(ByteSpan content, const models::ModelRow& row, ByteSpan options,
                                  const Workers& workers, Monitor* monitor) {
  const LaneLayout layout = row.lane_layout(options, content.size());
  std::vector<std::vector<uint8_t>> codes;
  if (!run_on_device(workers, row, options, layout, monitor, [&](const DeviceLanes& lanes) { codes = lanes.encode(content); }))
    codes = encode_groups(content, row, options, layout, workers.threads, monitor);
  std::vector<uint8_t> out;
  if (layout.head != 0) {
    std::vector<uint8_t> head;
    encode_with_model(content.first(layout.head), *models::find_model(models::kLaneHeadModel), models::lane_head_options(), &head,
                      monitor);
    base::ByteWriter(&out).write_varint(head.size());
    out.insert(out.end(), head.begin(), head.end());
  }
  for (const std::vector<uint8_t>& code : codes) base::ByteWriter(&out).write_varint(code.size());
  for (const std::vector<uint8_t>& code : codes) out.insert(out.end(), code.begin(), code.end());
  return out;
}

bool decode_lanes(ByteSpan payload, base::MutableByteSpan out, const models::ModelRow& row, ByteSpan options,
                  const Workers& workers, Monitor* monitor, uint64_t offset) {
  const LaneLayout layout = row.lane_layout(options, out.size());
  std::vector<ByteSpan> codes = read_codes(payload, layout, offset);
  bool whole = true;
  if (layout.head != 0) {
    whole = decode_head(codes.front(), out.first(layout.head), monitor);
    codes.erase(codes.begin());
  }
  bool lanes_whole = true;
  if (!run_on_device(workers, row, options, layout, monitor,
                     [&](const DeviceLanes& lanes) { lanes_whole = lanes.decode(codes, out); }))
    lanes_whole = decode_groups(codes, out, row, options, layout, workers.threads, monitor);
  return whole && lanes_whole;
}

}  // namespace fastnz::codec

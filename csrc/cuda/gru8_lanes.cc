// Layout of the weights, and the buffers of a launch.
#include "cuda/gru8_lanes.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>

#include "base/error.h"
#include "cuda/lane_coder.h"
#include "cuda/lane_mix_kernel.h"
#include "kernels/lane_mix_weights.h"

namespace fastnz::cuda {
namespace {

int8_t weight(const kernels::NetworkMatrix& m, int row, int column) {
  const int tile = row / kernels::kTileRows * (m.columns / kernels::kTileColumns) + column / kernels::kTileColumns;
  return m.tiles[static_cast<size_t>(tile * kernels::kTileBytes + row % kernels::kTileRows * kernels::kTileColumns +
                                     column % kernels::kTileColumns)];
}

// Operand a of rows row_of(0..15) and columns `column`..: thread 4 g + q has bytes 8 q.. of rows g and g + 8.
template <typename RowOf>
void append_tile(std::vector<uint8_t>* out, const kernels::NetworkMatrix& m, int column, RowOf row_of) {
  for (int thread = 0; thread < kWarpThreads; ++thread)
    for (int word = 0; word < 4; ++word)
      for (int byte = 0; byte < 4; ++byte)
        out->push_back(static_cast<uint8_t>(
            weight(m, row_of((thread >> 2) + 8 * (word & 1)), column + 8 * (thread & 3) + 4 * (word >> 1) + byte)));
}

std::vector<uint8_t> gate_tiles(const Gru8Source& source) {
  std::vector<uint8_t> out;
  for (int tile = 0; tile < source.hidden / kUnitsPerTile; ++tile)
    for (const kernels::NetworkMatrix* m : {source.from_features, source.from_state})
      for (int column = 0; column < m->columns; column += kTileColumns)
        for (int gate = 0; gate < kGateTiles; ++gate)
          append_tile(&out, *m, column,
                      [&](int row) { return gate * source.hidden + kUnitsPerTile * tile + unit_of_row(row); });
  return out;
}

std::vector<uint8_t> logit_tiles(const Gru8Source& source) {
  std::vector<uint8_t> out;
  for (int half = 0; half < 2; ++half)
    for (int column = 0; column < source.to_logits->columns; column += kTileColumns)
      for (int tile = 0; tile < kLogitTiles; ++tile)
        append_tile(&out, *source.to_logits, column, [&](int row) { return symbol_of_row(half, tile, row); });
  return out;
}

// For each 16 units and each thread's two of them, `per_pair` numbers.
template <typename Fill>
std::vector<int16_t> by_unit_pairs(int hidden, size_t per_pair, Fill fill) {
  std::vector<int16_t> out(static_cast<size_t>(hidden / 2) * per_pair, 0);
  for (int pair = 0; pair < hidden / 2; ++pair) fill(out.data() + static_cast<size_t>(pair) * per_pair, 2 * pair);
  return out;
}

std::vector<int16_t> gate_scales(const Gru8Source& source) {
  return by_unit_pairs(source.hidden, 16, [&](int16_t* to, int unit) {
    for (int gate = 0; gate < kGateTiles; ++gate)
      for (int i = 0; i < 2; ++i) {
        to[2 * gate + i] = source.from_state->multiplier[gate * source.hidden + unit + i];
        to[6 + 2 * gate + i] = source.from_features->multiplier[gate * source.hidden + unit + i];
        to[12 + i] = source.gate_bias[unit + i];
      }
  });
}

std::vector<int16_t> byte_rows(const Gru8Source& source) {
  std::vector<int16_t> out;
  for (int byte = 0; byte < 256; ++byte) {
    const int16_t* const row = source.bytes + static_cast<size_t>(byte) * 3 * static_cast<size_t>(source.hidden);
    const auto part = by_unit_pairs(source.hidden, 8, [&](int16_t* to, int unit) {
      for (int gate = 0; gate < kGateTiles; ++gate)
        for (int i = 0; i < 2; ++i) to[2 * gate + i] = row[gate * source.hidden + unit + i];
    });
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

// Parts of one buffer, each at a multiple of 256 bytes.
class Image {
 public:
  size_t add(const void* from, size_t bytes) {
    const size_t at = (bytes_.size() + 255) / 256 * 256;
    bytes_.resize(at + bytes);
    std::memcpy(bytes_.data() + at, from, bytes);
    return at;
  }
  template <typename T>
  size_t add(const std::vector<T>& part) {
    return add(part.data(), part.size() * sizeof(T));
  }
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

[[noreturn]] void no_memory() {
  throw base::Error(base::ErrorKind::kDevice, "the device's memory is too small for the network and one group of lanes");
}

template <typename T>
Buffer uploaded(const std::shared_ptr<Device>& device, const T* from, size_t count) {
  Buffer buffer(device, count * sizeof(T));
  if (buffer && count > 0) device->upload(buffer.as<void>(), from, count * sizeof(T));
  return buffer;
}

}  // namespace

Gru8Lanes::Gru8Lanes(std::shared_ptr<Device> device, const Gru8Source& source) : device_(std::move(device)) {
  Image image;
  const size_t gates = image.add(gate_tiles(source)), scales = image.add(gate_scales(source));
  const size_t bytes = image.add(byte_rows(source));
  const size_t tables = image.add(source.tables, static_cast<size_t>(kFeatureTables * source.depth) << source.bits);
  const size_t logits = image.add(logit_tiles(source));
  const size_t logit_scales = image.add(source.to_logits->multiplier, kSymbols * sizeof(int16_t));
  const size_t logit_biases = image.add(source.logit_bias, kSymbols * sizeof(int32_t));
  memory_ = uploaded(device_, image.bytes().data(), image.bytes().size());
  if (!memory_) no_memory();
  uint8_t* const base = memory_.as<uint8_t>();
  network_.gates = base + gates;
  network_.gate_scales = reinterpret_cast<const int16_t*>(base + scales);
  network_.bytes = reinterpret_cast<const int16_t*>(base + bytes);
  network_.tables = reinterpret_cast<const int8_t*>(base + tables);
  network_.logits = base + logits;
  network_.logit_scales = reinterpret_cast<const int16_t*>(base + logit_scales);
  network_.logit_biases = reinterpret_cast<const int32_t*>(base + logit_biases);
  network_.hidden = source.hidden;
  network_.depth = source.depth;
  network_.bits = source.bits;
  network_.state_shift = source.from_state->shift;
  network_.feature_shift = source.from_features->shift;
  network_.logit_shift = source.to_logits->shift;
}

// Two groups for a block where the lanes fill the device with them and their inputs fit, else one; with mixing as many as the
// lanes that learn together need.
Gru8Plan Gru8Lanes::plan(size_t lanes, const LaunchWish& wish, const MixLayout* mix) const {
  const size_t groups = (lanes + kGroupLanes - 1) / kGroupLanes;
  const int most_shared = wish.shared_bytes > 0 ? std::min(wish.shared_bytes, device_->info().shared_bytes)
                                                : device_->info().shared_bytes;
  const auto require = [&](const Gru8Plan& made) {
    if (made.shared_bytes > most_shared)
      throw base::Error(base::ErrorKind::kDevice, "the device's shared memory is too small for this network");
    return made;
  };
  if (mix) {
    const auto of_block = static_cast<int>((mix->group + kGroupLanes - 1) / kGroupLanes);
    return require(plan_gru8(network_, of_block, static_cast<int>(sizeof(MixShared)), most_shared));
  }
  if (wish.groups != 1 && (wish.groups > 1 || groups > static_cast<size_t>(device_->info().multiprocessors))) {
    const Gru8Plan many = plan_gru8(network_, kMostGroups, 0, most_shared);
    if (many.shared_bytes <= most_shared) return many;
  }
  return require(plan_gru8(network_, 1, 0, most_shared));
}

// What a launch works on.
struct Gru8Lanes::Part {
  size_t first, last;  // lanes
  LaneJob job;
  std::function<void()> launch;
  size_t count() const { return last - first; }
};

// Lanes of one call, and what to do with some of them.
struct Gru8Lanes::Work {
  const std::vector<uint32_t>& sizes;
  const MixLayout* mix;
  LaunchWish wish;
  // Buffers, the launch and what comes back; false when there is not enough memory.
  std::function<bool(Part* part)> part;
};

namespace {

// Of one launch.
struct MixBuffers {
  Buffer slots, entries, weights;
  explicit operator bool() const noexcept { return slots && entries && weights; }
};

MixBuffers mix_buffers(const std::shared_ptr<Device>& device, const MixLayout& layout, size_t blocks) {
  const size_t slots = size_t{kernels::kLaneContexts} << layout.slot_bits, entries = size_t{2} << layout.slot_bits;
  std::vector<int32_t> weights(kernels::kLaneWeights);
  std::transform(std::begin(kernels::kFirstLaneWeights), std::end(kernels::kFirstLaneWeights), weights.begin(),
                 kernels::lane_mix_first_weight);
  MixBuffers made{Buffer(device, blocks * slots * sizeof(kernels::LaneSlot)), {}, {}};
  if (made.slots) made.entries = Buffer(device, blocks * entries * sizeof(uint32_t));
  if (made.entries) made.weights = uploaded(device, weights.data(), weights.size());
  if (!made) return made;
  if (layout.head == 0) {
    device->clear(made.slots.as<void>(), blocks * slots * sizeof(kernels::LaneSlot));
    device->clear(made.entries.as<void>(), blocks * entries * sizeof(uint32_t));
    return made;
  }
  auto* const first_slots = made.slots.as<kernels::LaneSlot>();
  auto* const first_entries = made.entries.as<uint32_t>();
  device->upload(first_slots, layout.head_slots, slots * sizeof(kernels::LaneSlot));
  device->upload(first_entries, layout.head_entries, entries * sizeof(uint32_t));
  for (size_t block = 1; block < blocks; ++block) {
    device->copy(first_slots + block * slots, first_slots, slots * sizeof(kernels::LaneSlot));
    device->copy(first_entries + block * entries, first_entries, entries * sizeof(uint32_t));
  }
  return made;
}

}  // namespace

// As many lanes at a time as memory allows; of those that learn together all or none.
void Gru8Lanes::run(Direction direction, const Work& work) const {
  const auto held = device_->hold();
  const size_t lanes = work.sizes.size(), unit = work.mix ? work.mix->group : kGroupLanes;
  size_t most = work.wish.at_once > 0 ? std::max(work.wish.at_once / unit, size_t{1}) * unit : lanes;
  const size_t state_bytes = kGroupLanes * static_cast<size_t>(network_.hidden) * sizeof(int16_t);
  seconds_ = 0;
  for (size_t first = 0; first < lanes;) {
    const size_t last = std::min(first + most, lanes), count = last - first;
    const Gru8Plan chosen = plan(count, work.wish, work.mix);
    const auto groups = static_cast<size_t>(chosen.groups);
    const size_t block_lanes = work.mix ? unit : groups * kGroupLanes, blocks = (count + block_lanes - 1) / block_lanes;
    const auto begin = work.sizes.begin() + static_cast<ptrdiff_t>(first), end = work.sizes.begin() + static_cast<ptrdiff_t>(last);
    const Buffer state(device_, blocks * groups * state_bytes);
    const Buffer length = uploaded(device_, work.sizes.data() + first, count);
    const MixBuffers mixing = work.mix ? mix_buffers(device_, *work.mix, blocks) : MixBuffers{};
    Part part{first, last, {}, {}};
    LaneJob& job = part.job;
    job.state = state.as<int16_t>();
    job.length = length.as<uint32_t>();
    job.lanes = static_cast<int32_t>(count);
    job.steps = static_cast<int32_t>(*std::max_element(begin, end));
    job.block_lanes = static_cast<int32_t>(block_lanes);
    if (work.mix)
      job.mix = {mixing.slots.as<kernels::LaneSlot>(), mixing.entries.as<uint32_t>(), mixing.weights.as<int32_t>(),
                 std::accumulate(begin, end, uint64_t{work.mix->head}), work.mix->lane_bytes, work.mix->head,
                 work.mix->slot_bits};
    part.launch = [&] { device_->run(direction, network_, job, chosen, static_cast<int>(blocks)); };
    const bool done = state && length && (!work.mix || mixing) && work.part(&part);
    if (done) {
      seconds_ += device_->run_seconds();
      first = last;
    } else if (count <= unit) {
      no_memory();
    } else {
      most = (count / 2 + unit - 1) / unit * unit;
    }
  }
}

namespace {

// Where lanes [first, last] begin, from `start` on, by the sizes of those before.
template <typename Size>
std::vector<uint64_t> places(size_t first, size_t last, uint64_t start, Size size) {
  std::vector<uint64_t> at(last - first + 1, start);
  for (size_t i = first; i < last; ++i) at[i - first + 1] = at[i - first] + size(i);
  return at;
}

// Sizes of the lanes of a content of `size` bytes.
std::vector<uint32_t> lane_sizes(const MixLayout& layout, size_t size) {
  const size_t rest = size - layout.head, lanes = (rest + layout.lane_bytes - 1) / layout.lane_bytes;
  std::vector<uint32_t> sizes(lanes, layout.lane_bytes);
  if (lanes > 0) sizes.back() = static_cast<uint32_t>(rest - (lanes - 1) * layout.lane_bytes);
  return sizes;
}

}  // namespace

LaneCodes Gru8Lanes::encode_lanes(base::ByteSpan content, const std::vector<uint32_t>& sizes, const MixLayout* mix,
                                  const LaunchWish& wish) const {
  LaneCodes out;
  out.sizes.resize(sizes.size());
  const uint32_t head = mix ? mix->head : 0;
  const uint8_t* from = content.data() + head;
  run(Direction::kEncode, {sizes, mix, wish, [&](Part* part) {
    const size_t first = part->first, last = part->last, count = part->count();
    const auto at = places(first, last, head, [&](size_t i) { return sizes[i]; });
    const auto code_at = places(first, last, 0, [&](size_t i) { return most_code_bytes(sizes[i]); });
    const Buffer input(device_, at.back()), input_at = uploaded(device_, at.data(), count);
    const Buffer code(device_, code_at.back()), code_places = uploaded(device_, code_at.data(), count);
    const Buffer code_size(device_, count * sizeof(uint32_t));
    if (!input || !input_at || !code || !code_places || !code_size) return false;
    if (head > 0) device_->upload(input.as<uint8_t>(), content.data(), head);
    if (at.back() > head) device_->upload(input.as<uint8_t>() + head, from, at.back() - head);
    LaneJob& job = part->job;
    job.content = input.as<uint8_t>();
    job.content_at = input_at.as<uint64_t>();
    job.code = code.as<uint8_t>();
    job.code_at = code_places.as<uint64_t>();
    job.code_size = code_size.as<uint32_t>();
    part->launch();
    device_->download(out.sizes.data() + first, code_size.as<void>(), count * sizeof(uint32_t));
    const auto packed_at = places(first, last, 0, [&](size_t i) { return out.sizes[i]; });
    // The codes go where the content was, or to memory of their own should they be longer.
    const Buffer packed_places = uploaded(device_, packed_at.data(), count);
    const Buffer longer = packed_at.back() > at.back() ? Buffer(device_, packed_at.back()) : Buffer();
    if (!packed_places || (packed_at.back() > at.back() && !longer)) return false;
    uint8_t* const packed = longer ? longer.as<uint8_t>() : input.as<uint8_t>();
    device_->pack(job, packed_places.as<uint64_t>(), packed);
    const size_t before = out.bytes.size();
    out.bytes.resize(before + packed_at.back());
    if (packed_at.back() > 0) device_->download(out.bytes.data() + before, packed, packed_at.back());
    from += at.back() - head;
    return true;
  }});
  return out;
}

std::vector<bool> Gru8Lanes::decode_lanes(base::ByteSpan codes, const std::vector<uint32_t>& code_sizes,
                                          base::MutableByteSpan content, const std::vector<uint32_t>& sizes,
                                          const MixLayout* mix, const LaunchWish& wish) const {
  std::vector<uint32_t> overran(sizes.size(), 0);
  const uint32_t head = mix ? mix->head : 0;
  const uint8_t* from = codes.data();
  uint8_t* to = content.data() + head;
  run(Direction::kDecode, {sizes, mix, wish, [&](Part* part) {
    const size_t first = part->first, last = part->last, count = part->count();
    const auto at = places(first, last, head, [&](size_t i) { return sizes[i]; });
    const auto code_at = places(first, last, 0, [&](size_t i) { return code_sizes[i]; });
    const Buffer output(device_, at.back()), output_at = uploaded(device_, at.data(), count);
    const Buffer code = uploaded(device_, from, code_at.back()), code_places = uploaded(device_, code_at.data(), count);
    const Buffer code_size = uploaded(device_, code_sizes.data() + first, count);
    const Buffer flags(device_, count * sizeof(uint32_t));
    if (!output || !output_at || !code || !code_places || !code_size || !flags) return false;
    if (head > 0) device_->upload(output.as<uint8_t>(), content.data(), head);
    LaneJob& job = part->job;
    job.content = output.as<uint8_t>();
    job.content_at = output_at.as<uint64_t>();
    job.code = code.as<uint8_t>();
    job.code_at = code_places.as<uint64_t>();
    job.code_size = code_size.as<uint32_t>();
    job.overran = flags.as<uint32_t>();
    part->launch();
    device_->download(overran.data() + first, flags.as<void>(), count * sizeof(uint32_t));
    if (at.back() > head) device_->download(to, output.as<uint8_t>() + head, at.back() - head);
    from += code_at.back();
    to += at.back() - head;
    return true;
  }});
  std::vector<bool> whole(sizes.size());
  for (size_t i = 0; i < sizes.size(); ++i) whole[i] = overran[i] == 0;
  return whole;
}

LaneCodes Gru8Lanes::encode(base::ByteSpan content, const std::vector<uint32_t>& sizes, const LaunchWish& wish) const {
  return encode_lanes(content, sizes, nullptr, wish);
}

std::vector<bool> Gru8Lanes::decode(base::ByteSpan codes, const std::vector<uint32_t>& code_sizes,
                                    base::MutableByteSpan content, const std::vector<uint32_t>& sizes,
                                    const LaunchWish& wish) const {
  return decode_lanes(codes, code_sizes, content, sizes, nullptr, wish);
}

LaneCodes Gru8Lanes::encode_mixed(base::ByteSpan content, const MixLayout& layout, const LaunchWish& wish) const {
  return encode_lanes(content, lane_sizes(layout, content.size()), &layout, wish);
}

std::vector<bool> Gru8Lanes::decode_mixed(base::ByteSpan codes, const std::vector<uint32_t>& code_sizes,
                                          base::MutableByteSpan content, const MixLayout& layout,
                                          const LaunchWish& wish) const {
  return decode_lanes(codes, code_sizes, content, lane_sizes(layout, content.size()), &layout, wish);
}

std::vector<uint32_t> Gru8Lanes::frequencies(base::ByteSpan content, size_t lanes) const {
  const size_t steps = lanes > 0 ? content.size() / lanes : 0;
  const std::vector<uint32_t> sizes(lanes, static_cast<uint32_t>(steps));
  std::vector<uint32_t> out(lanes * steps * kSymbols);
  run(Direction::kFrequencies, {sizes, nullptr, {}, [&](Part* part) {
    const size_t first = part->first, count = part->count(), numbers = count * steps * kSymbols;
    const auto at = places(first, part->last, 0, [&](size_t) { return steps; });
    const Buffer input = uploaded(device_, content.data() + first * steps, at.back());
    const Buffer input_at = uploaded(device_, at.data(), count);
    const Buffer freq(device_, numbers * sizeof(uint32_t));
    if (!input || !input_at || !freq) return false;
    part->job.content = input.as<uint8_t>();
    part->job.content_at = input_at.as<uint64_t>();
    part->job.frequencies = freq.as<uint32_t>();
    part->launch();
    device_->download(out.data() + first * steps * kSymbols, freq.as<void>(), numbers * sizeof(uint32_t));
    return true;
  }});
  return out;
}

}  // namespace fastnz::cuda

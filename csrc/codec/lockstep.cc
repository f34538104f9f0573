#include "codec/lockstep.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>

#include "codec/code_byte.h"

namespace fastnz::codec {
namespace {

// Hands streams to lanes, longest first so that the last ones to end are short, and calls code_byte for each lane in
// use between two steps of the model. Streams are told apart by their index.
template <typename Begin, typename CodeByte, typename End>
void run_lanes(std::span<const size_t> sizes, const models::ModelRow& row, base::ByteSpan options, int lanes,
               Monitor* monitor, Begin begin, CodeByte code_byte, End end) {
  struct Lane {
    size_t stream, position, size;
  };
  std::vector<size_t> order;
  for (size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i] > 0) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return sizes[a] > sizes[b]; });
  if (order.empty()) return;
  // No more lanes than are busy to the end while the longest stream has one to itself.
  const size_t total = std::accumulate(sizes.begin(), sizes.end(), size_t{0});
  const size_t useful = (total + sizes[order[0]] - 1) / sizes[order[0]];
  const size_t width = std::min(useful, static_cast<size_t>(std::max(lanes, 1)));
  const std::unique_ptr<models::ModelLanes> model = row.make_lanes(options, static_cast<int>(width));
  std::vector<std::optional<Lane>> lane(width);
  size_t next = 0, open = 0, coded = 0;
  do {
    for (size_t s = 0; s < width; ++s) {
      if (lane[s] || next == order.size()) continue;
      const size_t stream = order[next++];
      begin(s, stream, model->begin(static_cast<int>(s), sizes[stream]));
      lane[s] = Lane{stream, 0, sizes[stream]};
      ++open;
    }
    model->advance();
    for (size_t s = 0; s < width; ++s) {
      if (!lane[s]) continue;
      code_byte(s, lane[s]->stream, lane[s]->position);
      ++coded;
      if (++lane[s]->position < lane[s]->size) continue;
      end(s, lane[s]->stream);
      lane[s].reset();
      --open;
    }
    if (monitor && coded >= Monitor::kTickBytes) {
      monitor->tick(coded);
      coded = 0;
    }
  } while (open > 0 || next < order.size());
  if (monitor) monitor->tick(coded);
}

}  // namespace

std::vector<std::vector<uint8_t>> encode_lockstep(std::span<const base::ByteSpan> contents, const models::ModelRow& row,
                                                  base::ByteSpan options, int lanes, Monitor* monitor) {
  struct Lane {
    models::BitModel* model;
    std::optional<coding::BinaryRangeEncoder> encoder;
  };
  std::vector<std::vector<uint8_t>> out(contents.size());
  std::vector<size_t> sizes;
  for (const base::ByteSpan content : contents) sizes.push_back(content.size());
  std::vector<Lane> lane(static_cast<size_t>(std::max(lanes, 1)));
  run_lanes(
      sizes, row, options, lanes, monitor,
      [&](size_t s, size_t stream, models::BitModel* model) {
        lane[s].model = model;
        lane[s].encoder.emplace(&out[stream]);
      },
      [&](size_t s, size_t stream, size_t position) {
        encode_byte(contents[stream][position], lane[s].model, &*lane[s].encoder);
      },
      [&](size_t s, size_t) { lane[s].encoder->finish(); });
  for (size_t i = 0; i < out.size(); ++i)
    if (sizes[i] == 0) coding::BinaryRangeEncoder(&out[i]).finish();
  return out;
}

std::vector<bool> decode_lockstep(std::span<const base::ByteSpan> codes, std::span<const base::MutableByteSpan> outs,
                                  const models::ModelRow& row, base::ByteSpan options, int lanes, Monitor* monitor) {
  struct Lane {
    models::BitModel* model;
    std::optional<coding::BinaryRangeDecoder> decoder;
  };
  std::vector<bool> whole(codes.size(), true);
  std::vector<size_t> sizes;
  for (const base::MutableByteSpan out : outs) sizes.push_back(out.size());
  std::vector<Lane> lane(static_cast<size_t>(std::max(lanes, 1)));
  run_lanes(
      sizes, row, options, lanes, monitor,
      [&](size_t s, size_t stream, models::BitModel* model) {
        lane[s].model = model;
        lane[s].decoder.emplace(codes[stream]);
      },
      [&](size_t s, size_t stream, size_t position) {
        outs[stream][position] = decode_byte(lane[s].model, &*lane[s].decoder);
      },
      [&](size_t s, size_t stream) { whole[stream] = !lane[s].decoder->overran(); });
  return whole;
}

}  // namespace fastnz::codec

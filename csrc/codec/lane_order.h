// The order in which the bytes of a content are coded: one after another, or, for a model that cuts it into lanes
// (models/registry.h), one of each lane in turn. Both directions ask here.
#pragma once

#include <cstddef>

#include "base/span.h"
#include "codec/monitor.h"
#include "models/registry.h"

namespace fastnz::codec {

inline size_t content_lanes(const models::ModelRow& row, base::ByteSpan options) {
  return row.content_lanes ? static_cast<size_t>(row.content_lanes(options)) : 1;
}

// Bytes between two ticks: a network that learns while it codes may take milliseconds for each byte.
inline size_t tick_bytes(const models::ModelRow& row) { return row.content_lanes ? 16 : Monitor::kTickBytes; }

// code(i) for each byte i of `size`; tick(n) after every `every` of them and after the last.
template <typename Code, typename Tick>
void for_each_in_lanes(size_t size, size_t lanes, size_t every, Code code, Tick tick) {
  const size_t lane_size = (size + lanes - 1) / lanes;
  size_t coded = 0;
  for (size_t position = 0; position < lane_size; ++position) {
    for (size_t i = position; i < size; i += lane_size) {
      code(i);
      if (++coded < every) continue;
      tick(coded);
      coded = 0;
    }
  }
  tick(coded);
}

}  // namespace fastnz::codec

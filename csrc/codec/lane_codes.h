// The payload of a model that cuts its content into lanes with a code each: a head, if there is one, the sizes of the codes, then
// the codes, in the order of the lanes (docs/lane_mix.md, section 5). A device takes the lanes where there is one that can (codec/device_lanes.h): the same bytes.
// Invariant: what a payload claims is held against its size before a lane is decoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/span.h"
#include "codec/device_choice.h"
#include "codec/monitor.h"
#include "models/registry.h"

namespace fastnz::codec {

// Preconditions of both: row.lane_layout is set. A device, or threads that share the groups; the bytes do not depend on it. Each
// thread takes the memory that the row declares. Both throw kDevice where a device that was asked for fails.
std::vector<uint8_t> encode_lanes(base::ByteSpan content, const models::ModelRow& row, base::ByteSpan options,
                                  const Workers& workers, Monitor* monitor);
// Whether every code was long enough. Throws what check_lanes() throws.
bool decode_lanes(base::ByteSpan payload, base::MutableByteSpan out, const models::ModelRow& row, base::ByteSpan options,
                  const Workers& workers, Monitor* monitor, uint64_t offset);

// Throws kCorrupt where the payload cannot be one of `size` bytes of content.
void check_lanes(base::ByteSpan payload, const models::LaneLayout& layout, uint64_t offset);

}  // namespace fastnz::codec

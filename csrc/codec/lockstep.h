// Many short streams coded in lanes that share their model's work, with the bytes that each would have alone. A lane
// that ends a stream takes the next one, so streams of any lengths keep all lanes busy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/span.h"
#include "codec/monitor.h"
#include "models/registry.h"

namespace fastnz::codec {

// The products gain all they can with four lanes (bench/record/roofline.csv); more of them only take more cache, and
// leave more idle at the end of a group.
inline constexpr int kLockstepLanes = 8;

// Precondition of both: row.make_lanes is set. Encoding gives the code of each content; decoding fills each `out` and
// returns, for each code, whether it was long enough.
std::vector<std::vector<uint8_t>> encode_lockstep(std::span<const base::ByteSpan> contents, const models::ModelRow& row,
                                                  base::ByteSpan options, int lanes, Monitor* monitor);
std::vector<bool> decode_lockstep(std::span<const base::ByteSpan> codes, std::span<const base::MutableByteSpan> outs,
                                  const models::ModelRow& row, base::ByteSpan options, int lanes, Monitor* monitor);

}  // namespace fastnz::codec

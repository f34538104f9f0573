// Side data of transforms as it stands in a body: as it is, or, of transforms whose side data is a text of its own, its size and
// its code by nibble_mix. FORMAT.md section 5. Invariant: what a size may ask for is bounded by the transform's row.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"
#include "codec/levels.h"
#include "transforms/transform.h"

namespace fastnz::codec {

std::vector<uint8_t> pack_side(const transforms::TransformRow& row, std::vector<uint8_t> side);

// Memory that unpack_side() and then the inverse will take beyond input and output. Throws kCorrupt, kTruncated on a size
// that the row does not allow.
uint64_t side_memory(const transforms::TransformRow& row, base::ByteSpan packed);

// What the inverse is given; it may be `packed` itself or lie in `room`.
base::ByteSpan unpack_side(const transforms::TransformRow& row, base::ByteSpan packed, std::vector<uint8_t>* room);

// The most memory that the transforms of any block of up to `size` bytes take.
uint64_t transforms_memory_bound(const Level& level, uint64_t size);

}  // namespace fastnz::codec

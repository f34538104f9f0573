// `repeat`: cuts long copies of earlier bytes out of a block, so that a run or a repeated record costs a few bytes of
// side data and no model time. Copies may overlap themselves. Source: FORMAT.md section 6.1; content-defined sampling
// after W. Xia et al., "FastCDC" (USENIX ATC 2016).
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"
#include "transforms/pause.h"

namespace fastnz::transforms {

inline constexpr uint64_t kRepeatMaxLength = uint64_t{1} << 20;  // bytes that one operation may make
inline constexpr uint64_t kRepeatMinOpSize = 5;                  // bytes that one operation takes at least

bool repeat_forward(base::ByteSpan in, std::vector<uint8_t>* out, std::vector<uint8_t>* side);
uint64_t repeat_max_output(uint64_t in_size, uint64_t side_size);
void repeat_inverse(base::ByteSpan in, base::ByteSpan side, base::MutableByteSpan out, const Pause& pause);

}  // namespace fastnz::transforms

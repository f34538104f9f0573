// Whole frames in, whole buffers out: read_frames() first proves and judges everything, then the caller allocates
// exactly what was proven, then decode_frames() fills it.
#pragma once

#include "base/span.h"
#include "codec/device_choice.h"
#include "codec/frame_reader.h"
#include "codec/limits.h"
#include "codec/monitor.h"

namespace fastnz::codec {

// `out` has contents.content_size bytes; `in` is what read_frames() saw.
void decode_frames(base::ByteSpan in, const Contents& contents, base::MutableByteSpan out, const Limits& limits,
                   const Workers& workers, Monitor* monitor);

// Raw records. The caller allocates `out` after check_raw() has shown that the bytes can make that much.
void check_raw(base::ByteSpan in, uint64_t size, const Limits& limits);
void decompress_raw(base::ByteSpan in, base::MutableByteSpan out, const Limits& limits, Monitor* monitor,
                    const DeviceChoice& device = {});

}  // namespace fastnz::codec

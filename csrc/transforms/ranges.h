// Side data that names ranges of a content, each by the bytes since the one before it and its length: as `x86` and
// `recurrence` have it (FORMAT.md, sections 6.2 and 6.3). What stands behind a range's length is its transform's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/span.h"

namespace fastnz::transforms {

// `done`: where the range before ended.
inline void write_range(std::vector<uint8_t>* side, size_t done, size_t begin, size_t end) {
  base::ByteWriter(side).write_varint(begin - done);
  base::ByteWriter(side).write_varint(end - begin);
}

// undo(&reader, range of `out`) for each range. `corrupt` throws with the text it is given.
template <typename Corrupt, typename Undo>
void for_each_range(base::ByteSpan side, base::MutableByteSpan out, const char* what, Corrupt corrupt, Undo undo) {
  base::ByteReader reader(side);
  size_t done = 0;
  while (reader.remaining() != 0) {
    const uint64_t skip = reader.read_varint(what);
    if (skip > out.size() - done) corrupt("a range begins after the block");
    done += static_cast<size_t>(skip);
    const uint64_t length = reader.read_varint(what);
    if (length == 0 || length > out.size() - done) corrupt("a range is empty or ends after the block");
    undo(&reader, out.subspan(done, static_cast<size_t>(length)));
    done += static_cast<size_t>(length);
  }
}

}  // namespace fastnz::transforms

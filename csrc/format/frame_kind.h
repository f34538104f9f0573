// Which kind of frame begins here. FORMAT.md section 1.
#pragma once

#include <algorithm>

#include "base/span.h"
#include "format/layout.h"

namespace fastnz::format {

enum class FrameKind { kFull, kCompact, kSkippable, kUnknown };

inline FrameKind frame_kind(base::ByteSpan in) {
  if (in.size() < kMagicSize) return FrameKind::kUnknown;
  const auto is = [&](const Magic& magic) { return std::equal(magic.begin(), magic.end(), in.begin()); };
  if (is(kFullMagic)) return FrameKind::kFull;
  if (is(kCompactMagic)) return FrameKind::kCompact;
  if (is(kSkippableMagic)) return FrameKind::kSkippable;
  return FrameKind::kUnknown;
}

// Could these fewer than kMagicSize bytes become a magic?
inline bool is_magic_prefix(base::ByteSpan in) {
  const auto fits = [&](const Magic& magic) {
    return in.size() < kMagicSize && std::equal(in.begin(), in.end(), magic.begin());
  };
  return fits(kFullMagic) || fits(kCompactMagic) || fits(kSkippableMagic);
}

}  // namespace fastnz::format

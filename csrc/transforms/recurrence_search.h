// Finds stretches of a block that follow a linear recurrence. Invariant: ranges ascend, do not overlap, are whole units
// and keep to their alphabet; ordinary data cost a short probe in every 64 KiB. Integers only, so every
// machine finds the same. Knows no residual and no side data.
#pragma once

#include <cstddef>
#include <vector>

#include "base/span.h"
#include "transforms/recurrence_form.h"

namespace fastnz::transforms {

struct RecurrenceRange {
  size_t begin, end;  // bytes
  Recurrence recurrence;
};

std::vector<RecurrenceRange> find_recurrences(base::ByteSpan block);

}  // namespace fastnz::transforms

// Looks whether what lies at one place follows a linear recurrence: tests that are exact on a few hundred units and cost
// microseconds. Invariant: a candidate was right on most of the units that it was tried on, and is not a plain copy
// (`repeat` has those). Knows no ranges. Sources: linear_complexity.h for registers; pairs of lags are met in the middle.
#pragma once

#include <cstddef>
#include <optional>

#include "base/span.h"
#include "transforms/recurrence_form.h"

namespace fastnz::transforms {

struct Candidate {
  Recurrence recurrence;
  size_t offset = 0;  // bytes before unit 0
  size_t unit = 0;    // it holds for most units from here on; those before, from 0, are known to be symbols
};

// `rest` is the block from the place on; only the beginning of it is read.
std::optional<Candidate> probe_for_recurrence(base::ByteSpan rest);

}  // namespace fastnz::transforms

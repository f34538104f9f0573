// Coding with a model, and the cheap test that spares noise the expensive model.
#pragma once

#include <cstddef>
#include <vector>

#include "base/span.h"
#include "codec/device_choice.h"
#include "codec/levels.h"
#include "codec/monitor.h"

namespace fastnz::codec {

// Appends the code of `in` to `out`. An extra code is no progress to the monitor. Workers help where lanes have codes of their own.
void encode_with_model(base::ByteSpan in, const models::ModelRow& row, base::ByteSpan options,
                       std::vector<uint8_t>* out, Monitor* monitor, bool extra = false, const Workers& workers = {});

// True when the bytes are so evenly spread that order 0 gains nothing, and the model itself gains nothing on a sample.
bool looks_incompressible(base::ByteSpan in, const Level& level, Monitor* monitor);

}  // namespace fastnz::codec

// Raw records of a model that both sides name: such a record is a body without the option bytes that would name the
// model once more. FORMAT.md section 5.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"

namespace fastnz::codec {

// Both leave a body as it is that does not name `model_id`. `content_size` is the body's content's.
std::vector<uint8_t> without_model_name(base::ByteSpan body, uint64_t content_size, uint64_t model_id);

// Throws what reading a body throws.
std::vector<uint8_t> with_model_name(base::ByteSpan record, uint64_t content_size, uint64_t model_id);

}  // namespace fastnz::codec

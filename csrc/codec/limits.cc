#include "codec/limits.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "codec/lane_codes.h"
#include "codec/side_data.h"
#include "transforms/transform.h"

namespace fastnz::codec {
namespace {

using base::Error;
using base::ErrorKind;

}  // namespace

uint64_t check_body(const format::Body& body, uint64_t content_size, uint64_t offset) {
  uint64_t memory = 0;
  if (body.model_id != format::kStoredModel) {
    const models::ModelRow* row = models::find_model(body.model_id);
    if (!row)
      throw Error(ErrorKind::kUnsupported,
                  "block: model id " + std::to_string(body.model_id) + " is not in this build", offset);
    if (row->lane_layout)
      check_lanes(body.payload, row->lane_layout(body.options, body.residual_size), offset);
    else if (body.residual_size > (body.payload.size() + kMaxUnwrittenBytes) * kMaxBytesPerCodedByte)
      throw Error(ErrorKind::kCorrupt,
                  "block: " + std::to_string(body.payload.size()) + " coded bytes cannot hold the declared " +
                      std::to_string(body.residual_size) + " bytes", offset);
    memory = row->memory(body.options, body.residual_size);
  }
  uint64_t size = body.residual_size;
  for (size_t k = body.transforms.size(); k-- > 0;) {
    const format::BodyTransform& t = body.transforms[k];
    const transforms::TransformRow* row = transforms::find_transform(t.id);
    if (!row)
      throw Error(ErrorKind::kUnsupported, "block: transform id " + std::to_string(t.id) + " is not in this build",
                  offset);
    const uint64_t made = k == 0 ? content_size : body.transforms[k - 1].output_size;
    if (made > row->max_output(size, t.side.size()))
      throw Error(ErrorKind::kCorrupt,
                  std::string("block: transform ") + row->name + " cannot make the declared " + std::to_string(made) +
                      " bytes", offset);
    memory += size + side_memory(*row, t.side);  // the buffer that the inverse reads, and what it makes for itself
    size = made;
  }
  return memory;
}

void require_memory(uint64_t needed, const Limits& limits, uint64_t offset) {
  if (needed > limits.max_memory)
    throw Error(ErrorKind::kLimit,
                "decoding needs " + std::to_string(needed) + " bytes of memory, the limit is " +
                    std::to_string(limits.max_memory) + "; raise max_memory to allow it", offset);
}

void require_output(uint64_t total, const Limits& limits, uint64_t offset) {
  if (total > limits.max_output_size)
    throw Error(ErrorKind::kLimit,
                "the content has " + std::to_string(total) + " bytes or more, the limit is " +
                    std::to_string(limits.max_output_size) + "; raise max_output_size to allow it", offset);
}

size_t threads_within(uint64_t needed, size_t threads, const Limits& limits) {
  if (needed == 0) return threads;
  return static_cast<size_t>(std::clamp<uint64_t>(limits.max_memory / needed, 1, std::max<size_t>(threads, 1)));
}

}  // namespace fastnz::codec

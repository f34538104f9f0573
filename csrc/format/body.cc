#include "format/body.h"

#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace fastnz::format {
namespace {

// Descriptor: bits 0-2 count of option bytes (7: the count is in the next byte), bit 3 transforms, bits 4-7 model id.
constexpr uint8_t kCountMask = 0x07;
constexpr uint8_t kCountFollows = 7;
constexpr uint8_t kTransformsBit = 0x08;
constexpr int kModelShift = 4;

[[noreturn]] void corrupt(const std::string& message, uint64_t offset) {
  throw base::Error(base::ErrorKind::kCorrupt, "block body: " + message, offset);
}

}  // namespace

void append_body(std::vector<uint8_t>* out, const Body& body) {
  const size_t count = body.options.size();
  const bool long_count = count >= kCountFollows;
  out->push_back(static_cast<uint8_t>((long_count ? kCountFollows : count) |
                                      (body.transforms.empty() ? 0 : kTransformsBit) |
                                      (body.model_id << kModelShift)));
  if (long_count) out->push_back(static_cast<uint8_t>(count));
  out->insert(out->end(), body.options.begin(), body.options.end());
  if (!body.transforms.empty()) {
    out->push_back(static_cast<uint8_t>(body.transforms.size()));
    for (const BodyTransform& t : body.transforms) {
      out->push_back(t.id);
      base::ByteWriter(out).write_varint(t.output_size);
      base::ByteWriter(out).write_varint(t.side.size());
    }
    for (const BodyTransform& t : body.transforms) out->insert(out->end(), t.side.begin(), t.side.end());
  }
  out->insert(out->end(), body.payload.begin(), body.payload.end());
}

Body read_body(base::ByteSpan in, uint64_t content_size, uint64_t offset) {
  base::ByteReader reader(in, offset);
  Body body;
  const uint8_t descriptor = reader.read_u8("block descriptor");
  body.model_id = static_cast<uint8_t>(descriptor >> kModelShift);
  size_t count = descriptor & kCountMask;
  if (count == kCountFollows) {
    count = reader.read_u8("count of option bytes");
    if (count < kCountFollows || count > kMaxOptions)
      corrupt("a count of " + std::to_string(count) + " option bytes; 7 to 15 can stand here", offset + 1);
  }
  if (body.model_id == kStoredModel && count != 0) corrupt("a stored block has option bytes", offset);
  body.options = reader.read_bytes(count, "option bytes");
  body.residual_size = content_size;
  if (descriptor & kTransformsBit) {
    const size_t at = reader.position();
    const size_t transforms = reader.read_u8("count of transforms");
    if (transforms == 0 || transforms > kMaxTransforms)
      corrupt(std::to_string(transforms) + " transforms; 1 to 4 can stand here", offset + at);
    std::vector<uint64_t> side_sizes;
    for (size_t k = 0; k < transforms; ++k) {
      BodyTransform t;
      t.id = reader.read_u8("transform id");
      t.output_size = reader.read_varint("size after a transform");
      if (t.output_size > kMaxBlockSize) corrupt("a transform's output is larger than any block", offset + at);
      side_sizes.push_back(reader.read_varint("size of side data"));
      body.transforms.push_back(t);
    }
    for (size_t k = 0; k < transforms; ++k) body.transforms[k].side = reader.read_bytes(side_sizes[k], "side data");
    body.residual_size = body.transforms.back().output_size;
  }
  body.payload = reader.read_bytes(reader.remaining(), "payload");
  if (body.model_id == kStoredModel && body.payload.size() != body.residual_size)
    corrupt(std::to_string(body.payload.size()) + " stored bytes, " + std::to_string(body.residual_size) +
                " are declared", offset);
  return body;
}

}  // namespace fastnz::format

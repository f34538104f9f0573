#include "codec/block.h"

#include <algorithm>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/xxh3.h"
#include "codec/incompressible.h"
#include "coding/binary_range_coder.h"
#include "transforms/transform.h"

namespace fastnz::codec {
namespace {

using base::ByteSpan;
using base::Error;
using base::ErrorKind;

struct Transformed {
  std::vector<uint8_t> bytes;
  std::vector<std::pair<uint8_t, std::vector<uint8_t>>> steps;  // transform id, side data
  std::vector<uint64_t> sizes;                                  // after each step
};

// Tries every row in the table's order; each sees what the one before it made.
Transformed transform(ByteSpan content) {
  Transformed done;
  ByteSpan current = content;
  std::vector<uint8_t> out, side;
  for (const transforms::TransformRow& row : transforms::transform_rows()) {
    if (done.steps.size() == format::kMaxTransforms || !row.forward(current, &out, &side)) continue;
    done.bytes.swap(out);
    current = done.bytes;
    done.sizes.push_back(current.size());
    done.steps.emplace_back(row.id, std::move(side));
    side = {};
  }
  return done;
}

// Side data too short for its numbers, or a body that ends early, is damage in bytes that a CRC has proven: corruption.
template <typename Work>
auto within_proven_bytes(uint64_t offset, Work&& work) {
  try {
    return work();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kTruncated) throw;
    throw Error(ErrorKind::kCorrupt, std::string("block body: ") + error.what(), offset);
  }
}

void decode_payload(const format::Body& body, base::MutableByteSpan out, uint64_t offset, Monitor* monitor) {
  if (body.model_id == format::kStoredModel) {
    std::copy(body.payload.begin(), body.payload.end(), out.begin());
    monitor->tick(out.size());
    return;
  }
  const std::unique_ptr<models::BitModel> model =
      models::find_model(body.model_id)->make_bit_model(body.options, body.residual_size);
  coding::BinaryRangeDecoder decoder(body.payload);
  for (size_t begin = 0; begin < out.size(); begin += Monitor::kTickBytes) {
    const size_t end = std::min(out.size(), begin + Monitor::kTickBytes);
    for (size_t i = begin; i < end; ++i) {
      uint32_t byte = 1;
      while (byte < 256) {
        const int bit = decoder.decode(model->p1_q16());
        model->update(bit);
        byte = byte << 1 | static_cast<uint32_t>(bit);
      }
      out[i] = static_cast<uint8_t>(byte);
    }
    monitor->tick(end - begin);
  }
  if (decoder.overran())
    throw Error(ErrorKind::kCorrupt, "block body: the coded bytes end before the content does", offset);
}

}  // namespace

EncodedBlock encode_block(ByteSpan content, const Level& level, Monitor* monitor) {
  EncodedBlock block;
  block.content_size = content.size();
  block.content_hash = base::xxh3_64(content);
  const Transformed transformed = transform(content);
  const ByteSpan residual = transformed.steps.empty() ? content : ByteSpan(transformed.bytes);
  monitor->tick(content.size() - std::min(content.size(), residual.size()));

  format::Body body;
  for (size_t k = 0; k < transformed.steps.size(); ++k)
    body.transforms.push_back({transformed.steps[k].first, transformed.sizes[k], transformed.steps[k].second});
  body.residual_size = residual.size();

  const models::ModelRow& row = model_of(level);
  std::vector<uint8_t> options, coded;
  if (!looks_incompressible(residual, level)) {
    options = choose_options(level, residual);
    if (row.memory(options, residual.size()) > model_memory_bound(level, residual.size()))
      options = neutral_options(level);
  }
  if (!options.empty() && residual.size() > options.size() + 1) {  // else no code is short enough
    encode_with_model(residual, row, options, &coded, monitor);
    body.model_id = row.id;
    body.options = options;
    body.payload = coded;
  } else {
    monitor->tick(residual.size());
  }
  if (body.model_id == format::kStoredModel || options.size() + coded.size() >= residual.size()) {
    body.model_id = format::kStoredModel;
    body.options = {};
    body.payload = residual;
  }
  format::append_body(&block.body, body);
  if (block.body.size() > content.size() + 1) {  // transforms that did not pay
    body = format::Body{};
    body.payload = content;
    block.body.clear();
    format::append_body(&block.body, body);
  }
  block.memory = check_body(format::read_body(block.body, content.size(), 0), content.size(), 0);
  return block;
}

void decode_body(ByteSpan in, base::MutableByteSpan out, const Limits& limits, uint64_t offset, Monitor* monitor) {
  within_proven_bytes(offset, [&] {
    const format::Body body = format::read_body(in, out.size(), offset);
    require_memory(check_body(body, out.size(), offset), limits, offset);
    try {
      if (body.transforms.empty()) {
        decode_payload(body, out, offset, monitor);
        return;
      }
      std::vector<uint8_t> current(static_cast<size_t>(body.residual_size));
      decode_payload(body, current, offset, monitor);
      for (size_t k = body.transforms.size(); k-- > 0;) {
        const format::BodyTransform& t = body.transforms[k];
        const transforms::TransformRow* row = transforms::find_transform(t.id);
        if (k == 0) {
          row->inverse(current, t.side, out);
        } else {
          std::vector<uint8_t> made(static_cast<size_t>(body.transforms[k - 1].output_size));
          row->inverse(current, t.side, made);
          current.swap(made);
        }
      }
      monitor->tick(out.size() - std::min<uint64_t>(out.size(), body.residual_size));
    } catch (const std::bad_alloc&) {
      throw Error(ErrorKind::kLimit, "the system has no memory left for decoding; lower max_memory or threads", offset);
    }
  });
}

uint64_t body_memory(ByteSpan in, uint64_t content_size, uint64_t offset) {
  return within_proven_bytes(
      offset, [&] { return check_body(format::read_body(in, content_size, offset), content_size, offset); });
}

void require_hash(ByteSpan content, uint64_t stored, int bits, uint64_t offset) {
  uint64_t made = base::xxh3_64(content);
  if (bits == 32) made &= 0xFFFFFFFFu;
  if (made != stored)
    throw Error(ErrorKind::kCorrupt,
                "the content's XXH3 does not fit although the compressed bytes are undamaged: encoder or decoder is "
                "at fault", offset);
}

}  // namespace fastnz::codec

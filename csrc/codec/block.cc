#include "codec/block.h"

#include <algorithm>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/xxh3.h"
#include "codec/code_byte.h"
#include "codec/incompressible.h"
#include "codec/lane_codes.h"
#include "codec/lane_order.h"
#include "codec/side_data.h"
#include "transforms/transform.h"

namespace fastnz::codec {
namespace {

using base::ByteSpan;
using base::Error;
using base::ErrorKind;

// Tries the rows in the table's order; each sees what the one before it made.
void apply_transforms(PlannedBlock* plan, const Level& level) {
  ByteSpan current = plan->content;
  std::vector<uint8_t> out, side;
  for (const transforms::TransformRow& row : transforms::transform_rows()) {
    if (row.on_request && !wants_words(level)) continue;
    if (plan->steps.size() == format::kMaxTransforms || !row.forward(current, &out, &side)) continue;
    plan->transformed.swap(out);
    current = plan->transformed;
    plan->steps.push_back({row.id, current.size(), pack_side(row, std::move(side))});
    side = {};
  }
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

void decode_payload(const format::Body& body, base::MutableByteSpan out, uint64_t offset, Monitor* monitor,
                    const Workers& workers) {
  if (body.model_id == format::kStoredModel) {
    std::copy(body.payload.begin(), body.payload.end(), out.begin());
    monitor->tick(out.size());
    return;
  }
  const models::ModelRow& row = *models::find_model(body.model_id);
  if (row.lane_layout) {
    if (!decode_lanes(body.payload, out, row, body.options, workers, monitor, offset)) throw_code_too_short(offset);
    return;
  }
  const std::unique_ptr<models::BitModel> model = row.make_bit_model(body.options, body.residual_size);
  lend_threads(model.get(), workers.threads);
  coding::BinaryRangeDecoder decoder(body.payload);
  decode_preface(model.get(), &decoder);
  for_each_in_lanes(
      out.size(), content_lanes(row, body.options), tick_bytes(row),
      [&](size_t i) { out[i] = decode_byte(model.get(), &decoder); }, [&](size_t coded) { monitor->tick(coded); });
  if (decoder.overran()) throw_code_too_short(offset);
}

}  // namespace

PlannedBlock plan_block(ByteSpan content, const Level& level, Monitor* monitor) {
  PlannedBlock plan;
  plan.content = content;
  apply_transforms(&plan, level);
  const ByteSpan residual = plan.residual();
  monitor->tick(content.size() - std::min(content.size(), residual.size()));
  if (residual.size() > 1 && !looks_incompressible(residual, level, monitor)) {
    Choice choice = choose_model(level, residual);
    if (choice.row->memory(choice.options, residual.size()) > model_memory_bound(level, residual.size()))
      choice = neutral_model(level);
    if (residual.size() > choice.options.size() + 1) {  // else no code is short enough
      plan.model = choice.row;
      plan.options = std::move(choice.options);
    }
  }
  if (!plan.model) monitor->tick(residual.size());
  return plan;
}

EncodedBlock finish_block(const PlannedBlock& plan, ByteSpan coded) {
  EncodedBlock block;
  block.content_size = plan.content.size();
  block.content_hash = base::xxh3_64(plan.content);
  const ByteSpan residual = plan.residual();
  format::Body body;
  for (const PlannedBlock::Step& step : plan.steps)
    body.transforms.push_back({step.transform, step.output_size, step.side});
  body.residual_size = residual.size();
  body.payload = residual;
  if (plan.model && plan.options.size() + coded.size() < residual.size()) {
    body.model_id = plan.model->id;
    body.options = plan.options;
    body.payload = coded;
  }
  format::append_body(&block.body, body);
  if (block.body.size() > plan.content.size() + 1) {  // transforms that did not pay
    body = format::Body{};
    body.payload = plan.content;
    block.body.clear();
    format::append_body(&block.body, body);
  }
  block.memory = check_body(format::read_body(block.body, plan.content.size(), 0), plan.content.size(), 0);
  return block;
}

EncodedBlock encode_block(ByteSpan content, const Level& level, Monitor* monitor, const Workers& workers) {
  PlannedBlock plan = plan_block(content, level, monitor);
  std::vector<uint8_t> coded;
  if (plan.model) {
    encode_with_model(plan.residual(), *plan.model, plan.options, &coded, monitor, false, workers);
    Choice rival = rival_model(level, {plan.model, plan.options}, plan.residual());
    if (rival.row) {
      std::vector<uint8_t> other;
      encode_with_model(plan.residual(), *rival.row, rival.options, &other, monitor, true);
      if (rival.options.size() + other.size() < plan.options.size() + coded.size()) {
        coded.swap(other);
        plan.model = rival.row;
        plan.options = std::move(rival.options);
      }
    }
  }
  return finish_block(plan, coded);
}

format::Body open_body(ByteSpan in, uint64_t content_size, const Limits& limits, uint64_t offset) {
  return within_proven_bytes(offset, [&] {
    format::Body body = format::read_body(in, content_size, offset);
    require_memory(check_body(body, content_size, offset), limits, offset);
    return body;
  });
}

void undo_transforms(const format::Body& body, std::vector<uint8_t> current, base::MutableByteSpan out, uint64_t offset,
                     Monitor* monitor) {
  const transforms::Pause pause = [&] { monitor->tick(0); };
  within_proven_bytes(offset, [&] {
    for (size_t k = body.transforms.size(); k-- > 0;) {
      const format::BodyTransform& t = body.transforms[k];
      const transforms::TransformRow* row = transforms::find_transform(t.id);
      std::vector<uint8_t> room;
      const ByteSpan side = unpack_side(*row, t.side, &room);
      if (k == 0) {
        row->inverse(current, side, out, pause);
      } else {
        std::vector<uint8_t> made(static_cast<size_t>(body.transforms[k - 1].output_size));
        row->inverse(current, side, made, pause);
        current.swap(made);
      }
    }
  });
}

void decode_body(ByteSpan in, base::MutableByteSpan out, const Limits& limits, uint64_t offset, Monitor* monitor,
                 const Workers& workers) {
  const format::Body body = open_body(in, out.size(), limits, offset);
  try {
    if (body.transforms.empty()) {
      decode_payload(body, out, offset, monitor, workers);
      return;
    }
    std::vector<uint8_t> residual(static_cast<size_t>(body.residual_size));
    decode_payload(body, residual, offset, monitor, workers);
    undo_transforms(body, std::move(residual), out, offset, monitor);
    monitor->tick(out.size() - std::min<uint64_t>(out.size(), body.residual_size));
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::kLimit, "the system has no memory left for decoding; lower max_memory or threads", offset);
  }
}

void throw_code_too_short(uint64_t offset) {
  throw Error(ErrorKind::kCorrupt, "block body: the coded bytes end before the content does", offset);
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

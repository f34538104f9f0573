// One block, both ways: transforms, then a model with the range coder, or stored. Each way is in steps, so that blocks
// whose models share their work (lockstep.h) go through the same ones. Blocks know nothing of each other, so any number
// may be coded at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/span.h"
#include "codec/device_choice.h"
#include "codec/levels.h"
#include "codec/limits.h"
#include "codec/monitor.h"
#include "format/body.h"

namespace fastnz::codec {

struct EncodedBlock {
  std::vector<uint8_t> body;
  uint64_t content_size = 0;
  uint64_t content_hash = 0;  // XXH3-64
  uint64_t memory = 0;        // that its decoder needs
};

// The body is never longer than content + 1. More workers than a thread help where a model's lanes have codes of their own.
EncodedBlock encode_block(base::ByteSpan content, const Level& level, Monitor* monitor, const Workers& workers = {});

// A block that its model has yet to code; `content` must outlive it.
struct PlannedBlock {
  struct Step {
    uint8_t transform;
    uint64_t output_size;
    std::vector<uint8_t> side;
  };
  base::ByteSpan content;
  std::vector<Step> steps;
  std::vector<uint8_t> transformed;         // by the last step
  const models::ModelRow* model = nullptr;  // null: the residual will be stored
  std::vector<uint8_t> options;

  base::ByteSpan residual() const { return steps.empty() ? content : base::ByteSpan(transformed); }
};

PlannedBlock plan_block(base::ByteSpan content, const Level& level, Monitor* monitor);

// `coded` is the residual's code by the planned model, if there is one.
EncodedBlock finish_block(const PlannedBlock& plan, base::ByteSpan coded);

// Decodes a body whose bytes are proven undamaged into `out`, whose size is the content's. Throws kCorrupt,
// kUnsupported or kLimit. Does not check the hash: a raw record has none.
void decode_body(base::ByteSpan in, base::MutableByteSpan out, const Limits& limits, uint64_t offset, Monitor* monitor,
                 const Workers& workers = {});

// The same in steps: a body whose claims were checked against its size, and the content from what the model decoded.
format::Body open_body(base::ByteSpan in, uint64_t content_size, const Limits& limits, uint64_t offset);
void undo_transforms(const format::Body& body, std::vector<uint8_t> residual, base::MutableByteSpan out,
                     uint64_t offset, Monitor* monitor);

[[noreturn]] void throw_code_too_short(uint64_t offset);

// Bytes that decode_body will need beyond its input and output; refuses what it would refuse.
uint64_t body_memory(base::ByteSpan in, uint64_t content_size, uint64_t offset);

// Compares with the stored hash (of which `bits` are known, 32 or 64). A difference means that encoder or decoder is
// wrong, for the bytes themselves are proven.
void require_hash(base::ByteSpan content, uint64_t stored, int bits, uint64_t offset);

}  // namespace fastnz::codec

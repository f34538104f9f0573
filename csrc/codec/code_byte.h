// One byte through a bit model and the binary coder, in as few questions as the model can answer (models/model.h). Both
// directions stand side by side, as they must ask alike.
#pragma once

#include <cstddef>
#include <cstdint>

#include "coding/binary_range_coder.h"
#include "models/model.h"
#include "models/threads.h"

namespace fastnz::codec {

// The threads that a block's work may use, of which its model may know a use.
inline void lend_threads(models::BitModel* model, size_t threads) {
  if (auto* const several = dynamic_cast<models::UsesThreads*>(model)) several->use_threads(threads);
}

inline void encode_byte(uint8_t byte, models::BitModel* model, coding::BinaryRangeEncoder* encoder) {
  if (model->expected_byte() >= 0) {
    const bool as_expected = model->expected_byte() == byte;
    encoder->encode(as_expected, model->expected_q16());
    model->update_expected(as_expected);
    if (as_expected) return;
  }
  if (const uint16_t* const starts_q15 = model->nibble_starts_q15()) {
    encoder->encode_symbol(byte >> 4, starts_q15);
    model->update_nibble(byte >> 4);
    encoder->encode_symbol(byte & 15, model->nibble_starts_q15());
    model->update_nibble(byte & 15);
    return;
  }
  if (const uint16_t* const p1_q16 = model->nibble_p1_q16()) {
    encoder->encode_nibble(byte >> 4, p1_q16);
    model->update_nibble(byte >> 4);
    encoder->encode_nibble(byte & 15, p1_q16);
    model->update_nibble(byte & 15);
    return;
  }
  for (int shift = 7; shift >= 0; --shift) {
    const int bit = byte >> shift & 1;
    encoder->encode(bit, model->p1_q16());
    model->update(bit);
  }
}

inline uint8_t decode_byte(models::BitModel* model, coding::BinaryRangeDecoder* decoder) {
  if (const int expected = model->expected_byte(); expected >= 0) {
    const bool as_expected = decoder->decode(model->expected_q16()) != 0;
    model->update_expected(as_expected);
    if (as_expected) return static_cast<uint8_t>(expected);
  }
  if (const uint16_t* const starts_q15 = model->nibble_starts_q15()) {
    const uint32_t upper = decoder->decode_symbol(starts_q15);
    model->update_nibble(upper);
    const uint32_t lower = decoder->decode_symbol(model->nibble_starts_q15());
    model->update_nibble(lower);
    return static_cast<uint8_t>(upper << 4 | lower);
  }
  if (const uint16_t* const p1_q16 = model->nibble_p1_q16()) {
    const uint32_t upper = decoder->decode_nibble(p1_q16);
    model->update_nibble(upper);
    const uint32_t lower = decoder->decode_nibble(p1_q16);
    model->update_nibble(lower);
    return static_cast<uint8_t>(upper << 4 | lower);
  }
  uint32_t byte = 1;
  while (byte < 256) {
    const int bit = decoder->decode(model->p1_q16());
    model->update(bit);
    byte = byte << 1 | static_cast<uint32_t>(bit);
  }
  return static_cast<uint8_t>(byte);
}

// What a model is told before the content, if it is told anything. Its options bound how much that is.
inline void decode_preface(models::BitModel* model, coding::BinaryRangeDecoder* decoder) {
  while (model->in_preface()) decode_byte(model, decoder);
}

}  // namespace fastnz::codec

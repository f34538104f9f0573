// The two shapes of a predictor. A bit model gives P(next bit = 1); a symbol model gives integer frequencies over
// V symbols for S lanes in lockstep. Both are causal and integer at this seam: the codec turns what they return
// into code without knowing how it was found. Neither knows a coder, a frame or a thread.
#pragma once

#include <cstdint>
#include <span>

#include "base/span.h"

namespace fastnz::models {

// Bytes are coded most significant bit first. p1_q16() is in [1, 65535] and is valid from construction on;
// update() takes the bit that was coded and moves on to the next one. One virtual call per bit, or fewer:
// - A model that knows all 15 decisions of a nibble before its first one has them at nibble_p1_q16(), [1] for the first bit
//   and [2n + b] for the one that follows node n after bit b. Such a model is told whole nibbles by update_nibble().
// - A model that answers a nibble as one symbol of sixteen has where each begins, of 2^15, at nibble_starts_q15(), as
//   coding::BinaryRangeEncoder::encode_symbol() takes them. It is asked so and in no other way, and told by update_nibble().
// - A model that is nearly sure of the next byte has that asked before its bits: expected_byte() is then that byte, and
//   P(it comes) = expected_q16() / 2^16. After update_expected(true) the byte is done, after (false) its bits follow.
class BitModel {
 public:
  virtual ~BitModel() = default;
  uint32_t p1_q16() const noexcept { return p1_q16_; }
  virtual void update(int) noexcept {}

  const uint16_t* nibble_starts_q15() const noexcept { return nibble_starts_q15_; }  // null: not as a symbol
  const uint16_t* nibble_p1_q16() const noexcept { return nibble_p1_q16_; }  // null: bit by bit
  virtual void update_nibble(uint32_t) noexcept {}

  int expected_byte() const noexcept { return asked_byte_; }  // negative: nothing to ask
  uint32_t expected_q16() const noexcept { return asked_q16_; }  // [1, 65535]
  virtual void update_expected(bool) noexcept {}

  // While true, the bytes to come are no content but what the encoder stores for the model itself (ModelRow::make_preface).
  bool in_preface() const noexcept { return in_preface_; }

  // An encoder shows the content it is about to code, which must outlive the model, so that memory can be fetched in time.
  // Predictions do not depend on it.
  void foresee(base::ByteSpan content) noexcept { content_ = content.data(); }

 protected:
  const uint8_t* content_ = nullptr;  // null: unknown

  uint32_t p1_q16_ = 1u << 15;
  uint32_t asked_q16_ = 1u << 15;
  int asked_byte_ = -1;
  bool in_preface_ = false;
  const uint16_t* nibble_p1_q16_ = nullptr;
  const uint16_t* nibble_starts_q15_ = nullptr;
};

// A model of nibbles, for callers that have single bits. Who derives from it points nibble_p1_q16_ at the probabilities and
// calls begin_nibble() whenever they are those of a new nibble.
class NibbleModel : public BitModel {
 public:
  void update(int bit) noexcept final {
    node_ = node_ * 2 + static_cast<uint32_t>(bit);
    if (node_ < 16)
      p1_q16_ = nibble_p1_q16_[node_];
    else
      update_nibble(node_ & 15);
  }

 protected:
  void begin_nibble() noexcept {
    node_ = 1;
    p1_q16_ = nibble_p1_q16_[1];
  }

 private:
  uint32_t node_ = 1;  // bits of this nibble so far with a leading 1
};

// Frequencies of one step: freq[s * V + v] >= 1, each lane's sum exactly 2^total_bits().
class SymbolModel {
 public:
  virtual ~SymbolModel() = default;
  virtual int lanes() const noexcept = 0;        // S
  virtual int symbols() const noexcept = 0;      // V
  virtual int total_bits() const noexcept = 0;   // >= 16
  virtual void predict(uint32_t* freq) noexcept = 0;             // freq[S * V]
  // What predict() makes frequencies of, in its place: q12, log2, of a mixer that adds to them (docs/gru8.md, section 4).
  virtual void logits(int32_t* logits, int32_t* greatest) noexcept = 0;  // logits[S * V], greatest[S]
  // What the last layer takes of a lane after predict(), until the next update(); empty if it keeps that to itself.
  virtual std::span<const int8_t> last_inputs(int) const noexcept { return {}; }
  virtual void update(const uint16_t* symbols_of_lanes) noexcept = 0;  // [S]
  virtual void reset(int lane) noexcept = 0;  // between update() and predict(): that lane begins a new stream
};

// Bit models of streams that share work: all lanes in use code one byte each, then all go on together. What a stream's model
// answers is what it would answer alone.
class ModelLanes {
 public:
  virtual ~ModelLanes() = default;
  // A new stream in a lane, ready after the next advance(); the lane's former model is gone. The lanes own their models.
  virtual BitModel* begin(int lane, uint64_t content_size) = 0;
  // Before each byte, once every lane has either coded all eight bits of the one before or is not in use.
  virtual void advance() noexcept = 0;
};

// How a content is cut into lanes that have a code each: lane s is the bytes from head + s * lane_bytes on; only the last is
// shorter. `group` lanes in a row learn together and know nothing of others, but all know the head, which is coded before them.
struct LaneLayout {
  uint64_t size = 0;  // of the content
  uint32_t head = 0;
  uint32_t lane_bytes = 1, lanes = 0, group = 1;

  uint32_t groups() const noexcept { return lanes / group + (lanes % group != 0); }
  uint32_t lanes_of(uint32_t g) const noexcept { return g + 1 < groups() ? group : lanes - g * group; }
  uint64_t begin(uint32_t lane) const noexcept { return head + uint64_t{lane} * lane_bytes; }
  uint64_t size_of(uint32_t lane) const noexcept { return lane + 1 < lanes ? lane_bytes : size - begin(lane); }
};

// A group of lanes in lockstep. Its model was given where the content is: in a decoder, where it will be. Before update() the
// bytes of the step must be there; no model looks at bytes of later ones.
class LaneGroup {
 public:
  virtual ~LaneGroup() = default;
  virtual int active() const noexcept = 0;  // lanes that have a byte at this step, the first ones of the group; 0: done
  virtual int total_bits() const noexcept = 0;
  virtual void predict(uint32_t* freq) noexcept = 0;  // [active()][256], each >= 1, each lane's sum 2^total_bits()
  virtual void update() noexcept = 0;
};

}  // namespace fastnz::models

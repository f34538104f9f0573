// From frequencies of 256 symbols to P(next bit) of the eight decisions of a byte, most significant bit first, and a
// bit model made of a symbol model. Exact: P(1) = floor(2^16 * (sum of the upper half) / (sum of both halves)), at
// least 1, the halves being those symbols that share the bits so far. Every frequency is >= 1, so P(1) never exceeds
// 65535.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/model.h"

namespace fastnz::models {

class ByteBits {
 public:
  // `freq`[256] must stay as it is until the byte's last bit; its sum is 2^total_bits, total_bits <= 24.
  void begin(const uint32_t* freq, int total_bits) noexcept {
    at_ = freq;
    half_ = 128;
    sum_ = uint32_t{1} << total_bits;
    split();
  }

  uint32_t p1_q16() const noexcept {
    const uint32_t p1 = static_cast<uint32_t>((static_cast<uint64_t>(upper_) << 16) / sum_);
    return p1 > 0 ? p1 : 1;
  }
  // The sum of the symbols still possible, and of those of them whose next bit is 1.
  uint32_t sum() const noexcept { return sum_; }
  uint32_t upper() const noexcept { return upper_; }

  // After the eighth bit, begin() comes next.
  void update(int bit) noexcept {
    if (bit) {
      at_ += half_;
      sum_ = upper_;
    } else {
      sum_ -= upper_;
    }
    half_ >>= 1;
    if (half_ > 0) split();
  }

 private:
  void split() noexcept;

  const uint32_t* at_ = nullptr;  // the first symbol still possible
  uint32_t half_ = 0;             // half the number of them
  uint32_t sum_ = 1, upper_ = 0;
};

// One lane alone.
class SymbolBits final : public BitModel {
 public:
  // Precondition: one lane, 256 symbols.
  explicit SymbolBits(std::unique_ptr<SymbolModel> model);
  void update(int bit) noexcept override;

 private:
  void begin_byte() noexcept;

  std::unique_ptr<SymbolModel> model_;
  ByteBits bits_;
  uint32_t partial_ = 1;  // the bits of this byte so far, with a leading 1
  uint32_t freq_[256];
};

// All lanes of a symbol model as bit models.
class SymbolLanes final : public ModelLanes {
 public:
  explicit SymbolLanes(std::unique_ptr<SymbolModel> model);
  BitModel* begin(int lane, uint64_t content_size) override;
  void advance() noexcept override;

 private:
  class Lane final : public BitModel {
   public:
    void begin_byte(const uint32_t* freq, int total_bits) noexcept {
      bits_.begin(freq, total_bits);
      p1_q16_ = bits_.p1_q16();
      partial_ = 1;
    }
    void update(int bit) noexcept override {
      partial_ = partial_ << 1 | static_cast<uint32_t>(bit);
      if (partial_ >= 256) return;  // what comes next is known when all lanes are here
      bits_.update(bit);
      p1_q16_ = bits_.p1_q16();
    }
    uint16_t symbol() const noexcept { return static_cast<uint16_t>(partial_ & 255); }

   private:
    ByteBits bits_;
    uint32_t partial_ = 1;
  };

  std::unique_ptr<SymbolModel> model_;
  std::vector<Lane> lane_;
  std::vector<int> fresh_;        // lanes that begin a stream at the next advance
  std::vector<uint16_t> symbols_;
  std::vector<uint32_t> freq_;    // [S][256]
  bool started_ = false;
};

}  // namespace fastnz::models

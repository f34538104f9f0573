// The models that learn while they code, as the codec sees them: a content is cut into S lanes of (nearly) equal length, a
// step of the network predicts one byte of each. docs/online.md, section 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/span.h"
#include "models/configuration.h"
#include "models/model.h"
#include "models/online/bootstrap_reader.h"
#include "models/online/network.h"
#include "models/symbol_bits.h"

namespace fastnz::models {

class Online final : public BitModel {
 public:
  Online(const OnlineOptions& options, uint64_t content_size);
  void update(int bit) noexcept override;

 private:
  void begin_step() noexcept;

  OnlineNetwork network_;
  std::optional<BootstrapReader> reader_;  // while the bootstrap is not whole
  uint64_t lane_size_, left_;          // of the content: bytes of a full lane, bytes not coded yet
  uint64_t position_ = 0;              // in each lane
  int streams_, lane_ = 0, used_ = 0;  // lanes that have a byte at this position
  uint64_t content_size_;
  uint32_t partial_ = 1;
  ByteBits bits_;
  std::vector<uint32_t> freq_;
  std::vector<int> symbols_;
};

// `words`: the content is to be replaced by codes for words first (transforms/words), which the network knows nothing of.
class OnlineConfiguration final : public Configuration {
 public:
  OnlineConfiguration(const OnlineOptions& options, bool words);
  std::vector<uint8_t> option_bytes() const override { return write_online_options(options_); }
  std::vector<uint8_t> options_for(uint64_t size) const override { return online_options_for(option_bytes(), size); }
  uint64_t training_memory() const noexcept override;
  bool words() const noexcept override { return words_; }
  size_t memory() const noexcept override { return sizeof *this; }
  std::vector<std::pair<const char*, int>> sizes() const override;

 private:
  OnlineOptions options_;
  bool words_;
};

size_t online_memory(base::ByteSpan options, uint64_t content_size);
std::unique_ptr<BitModel> make_online(base::ByteSpan options, uint64_t content_size);
int online_lanes(base::ByteSpan options);
std::vector<uint8_t> online_preface(base::ByteSpan options, base::ByteSpan content, const std::function<void()>& pause);

}  // namespace fastnz::models

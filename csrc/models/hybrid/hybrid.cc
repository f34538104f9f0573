#include "models/hybrid/hybrid.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "models/hybrid/priors.h"
#include "models/network/families.h"
#include "models/nibble_mix/mixer.h"
#include "models/registry.h"
#include "models/weights_store.h"

namespace fastnz::models {
namespace {

constexpr int kDefaultTier = 5;
constexpr size_t kFrequencies = kernels::kNetworkSymbols;

std::unique_ptr<SymbolModel> make_network(const HybridOptions& options, int lanes) {
  auto weights = require_weights(options.weights_id);
  const NetworkFamily& family = family_of(*weights);
  return family.make(std::move(weights), lanes, nullptr);
}

class Hybrid final : public NibbleMix {
 public:
  Hybrid(const HybridOptions& options, uint64_t content_size)
      : NibbleMix(options.mix, content_size, true), network_(make_network(options, 1)), left_(content_size) {
    network_->predict(frequencies_);
    begin_byte(frequencies_);
  }

 private:
  void byte_coded(uint32_t byte) noexcept override {
    if (--left_ == 0) return;
    const auto symbol = static_cast<uint16_t>(byte);
    network_->update(&symbol);
    network_->predict(frequencies_);
    begin_byte(frequencies_);
  }

  std::unique_ptr<SymbolModel> network_;
  uint64_t left_;  // bytes of content
  alignas(64) uint32_t frequencies_[kFrequencies];
};

// The lanes share the network; each has a mixer of its own.
class HybridLanes final : public ModelLanes {
 public:
  HybridLanes(const HybridOptions& options, int lanes)
      : options_(options),
        network_(make_network(options, lanes)),
        lane_(static_cast<size_t>(lanes)),
        symbols_(lane_.size()),
        freq_(lane_.size() * kFrequencies) {}

  BitModel* begin(int lane, uint64_t content_size) override {
    auto& mine = lane_[static_cast<size_t>(lane)];
    mine = std::make_unique<Lane>(options_.mix, content_size);
    fresh_.push_back(lane);
    return mine.get();
  }

  void advance() noexcept override {
    if (started_) {
      for (size_t s = 0; s < lane_.size(); ++s) symbols_[s] = lane_[s] ? lane_[s]->symbol() : uint16_t{0};
      network_->update(symbols_.data());
    }
    for (const int lane : fresh_) network_->reset(lane);
    fresh_.clear();
    started_ = true;
    network_->predict(freq_.data());
    for (size_t s = 0; s < lane_.size(); ++s)
      if (lane_[s]) lane_[s]->begin(freq_.data() + s * kFrequencies);
  }

 private:
  class Lane final : public NibbleMix {
   public:
    Lane(const ContextMixOptions& options, uint64_t content_size)
        : NibbleMix(options, content_size, true), left_(content_size) {}
    void begin(const uint32_t* freq) noexcept {
      if (left_ > 0) begin_byte(freq);
    }
    uint16_t symbol() const noexcept { return symbol_; }

   private:
    void byte_coded(uint32_t byte) noexcept override {
      --left_;
      symbol_ = static_cast<uint16_t>(byte);  // what comes next is known when all lanes are here
    }
    uint64_t left_;
    uint16_t symbol_ = 0;
  };

  HybridOptions options_;
  std::unique_ptr<SymbolModel> network_;
  std::vector<std::unique_ptr<Lane>> lane_;
  std::vector<int> fresh_;  // lanes that begin a stream at the next advance
  std::vector<uint16_t> symbols_;
  std::vector<uint32_t> freq_;
  bool started_ = false;
};

}  // namespace

std::vector<uint8_t> write_hybrid_options(const HybridOptions& options) {
  if (options.prior == kSmallPrior && options.mix.tier == kDefaultTier && options.mix.profile == Profile::kText) return {};
  std::vector<uint8_t> bytes = write_options(options.mix);
  if (options.prior == 0) {
    base::ByteWriter(&bytes).write_u64(options.weights_id);
  } else if (options.prior != kSmallPrior) {
    bytes.push_back(options.prior);
  }
  return bytes;
}

HybridOptions read_hybrid_options(base::ByteSpan bytes) {
  HybridOptions options;
  options.prior = kSmallPrior;
  options.weights_id = kPriors[kSmallPrior];
  options.mix.tier = kDefaultTier;
  if (bytes.empty()) return options;
  const bool has_width = bytes.size() >= 2 && bytes[1] < kProfiles && profile_row(static_cast<Profile>(bytes[1])).has_width;
  const size_t own = std::min<size_t>(has_width ? 6 : 2, bytes.size());
  options.mix = read_options(bytes.first(own), "hybrid", kHybridTiers);
  const base::ByteSpan rest = bytes.subspan(own);
  if (rest.empty()) return options;
  if (rest.size() == sizeof(uint64_t)) {
    options.prior = 0;
    options.weights_id = base::load_le<uint64_t>(rest.data());
    return options;
  }
  if (rest.size() != 1)
    throw base::Error(base::ErrorKind::kUnsupported,
                      "hybrid: " + std::to_string(rest.size()) + " bytes name the network, expected 0, 1 or 8");
  if (rest[0] == 0 || rest[0] >= kPriorCount)
    throw base::Error(base::ErrorKind::kUnsupported, "hybrid: prior " + std::to_string(rest[0]) +
                                                         ", this version knows 1 to " + std::to_string(kPriorCount - 1));
  options.prior = rest[0];
  options.weights_id = kPriors[rest[0]];
  return options;
}

size_t hybrid_memory(base::ByteSpan bytes, uint64_t content_size) {
  const HybridOptions options = read_hybrid_options(bytes);
  const auto weights = require_weights(options.weights_id);
  std::vector<uint8_t> id;
  base::ByteWriter(&id).write_u64(options.weights_id);
  return reserved_bytes(nibble_mix_shape(options.mix, content_size, true), content_size) +
         find_model(weights->model())->memory(id, content_size);
}

std::unique_ptr<BitModel> make_hybrid(base::ByteSpan options, uint64_t content_size) {
  return std::make_unique<Hybrid>(read_hybrid_options(options), content_size);
}

std::unique_ptr<ModelLanes> make_hybrid_lanes(base::ByteSpan options, int lanes) {
  return std::make_unique<HybridLanes>(read_hybrid_options(options), lanes);
}

}  // namespace fastnz::models

#include "models/hybrid/hybrid.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "models/hybrid/networks.h"
#include "models/hybrid/priors.h"
#include "models/nibble_mix/mixer.h"
#include "models/registry.h"
#include "models/weights_store.h"

namespace fastnz::models {
namespace {

constexpr int kDefaultTier = 5;
constexpr size_t kMostNetworks = kernels::kMaxNibbleNetworks;

class Hybrid final : public NibbleMix {
 public:
  Hybrid(const HybridOptions& options, uint64_t content_size)
      : NibbleMix(options.mix, content_size, static_cast<int>(network_ids(options).size()), last_inputs(options)), networks_(options, 1), left_(content_size) {
    next_byte();
  }

  void begin_sample(uint64_t size) override {
    forget_past(size);
    const uint16_t any = 0;
    networks_.update(&any);  // a step must end before a lane begins anew
    networks_.reset(0);
    left_ = size;
    next_byte();
  }

 private:
  void next_byte() noexcept {
    networks_.predict();
    begin_byte(networks_.freq(0, 0), networks_.freq(1, 0), networks_.last_inputs(0));
  }
  void byte_coded(uint32_t byte) noexcept override {
    if (--left_ == 0) return;
    const auto symbol = static_cast<uint16_t>(byte);
    networks_.update(&symbol);
    next_byte();
  }

  PretrainedNetworks networks_;
  uint64_t left_;  // bytes of content
};

// The lanes share the networks; each has a mixer of its own.
class HybridLanes final : public ModelLanes {
 public:
  HybridLanes(const HybridOptions& options, int lanes)
      : mix_(options.mix), networks_(options, lanes), lane_(static_cast<size_t>(lanes)), symbols_(lane_.size()) {}

  BitModel* begin(int lane, uint64_t content_size) override {
    auto& mine = lane_[static_cast<size_t>(lane)];
    mine = std::make_unique<Lane>(mix_, content_size, networks_.count(), static_cast<int>(networks_.last_inputs(0).size()));
    fresh_.push_back(lane);
    return mine.get();
  }

  void advance() noexcept override {
    if (started_) {
      for (size_t s = 0; s < lane_.size(); ++s) symbols_[s] = lane_[s] ? lane_[s]->symbol() : uint16_t{0};
      networks_.update(symbols_.data());
    }
    for (const int lane : fresh_) networks_.reset(lane);
    fresh_.clear();
    started_ = true;
    networks_.predict();
    for (size_t s = 0; s < lane_.size(); ++s)
      if (lane_[s]) lane_[s]->begin(networks_.freq(0, s), networks_.freq(1, s), networks_.last_inputs(s));
  }

 private:
  class Lane final : public NibbleMix {
   public:
    Lane(const MixOptions& options, uint64_t content_size, int networks, int last_inputs)
        : NibbleMix(options, content_size, networks, last_inputs), left_(content_size) {}
    void begin(const uint32_t* freq0, const uint32_t* freq1, std::span<const int8_t> inputs) noexcept {
      if (left_ > 0) begin_byte(freq0, freq1, inputs);
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

  MixOptions mix_;
  PretrainedNetworks networks_;
  std::vector<std::unique_ptr<Lane>> lane_;
  std::vector<int> fresh_;  // lanes that begin a stream at the next advance
  std::vector<uint16_t> symbols_;
  bool started_ = false;
};

}  // namespace

std::vector<uint64_t> network_ids(const HybridOptions& options) {
  if (options.priors.empty()) return {options.weights_id};
  std::vector<uint64_t> ids;
  for (const uint8_t prior : options.priors) ids.push_back(kPriors[prior]);
  return ids;
}

std::vector<uint8_t> write_hybrid_options(const HybridOptions& options) {
  const bool small = options.priors.size() == 1 && options.priors[0] == kSmallPrior;
  if (options.priors.size() == 1 && options.mix.tier == kDefaultTier && options.mix.profile == Profile::kText)
    return small ? std::vector<uint8_t>() : options.priors;
  std::vector<uint8_t> bytes = write_options(options.mix);
  if (options.priors.empty()) {
    base::ByteWriter(&bytes).write_u64(options.weights_id);
  } else if (!small) {
    bytes.insert(bytes.end(), options.priors.begin(), options.priors.end());
  }
  return bytes;
}

HybridOptions read_hybrid_options(base::ByteSpan bytes) {
  HybridOptions options;
  options.mix.tier = kDefaultTier;
  base::ByteSpan rest = bytes;
  if (bytes.size() > 1) {
    const bool has_width = bytes[1] < kProfiles && profile_row(static_cast<Profile>(bytes[1])).has_width;
    const size_t own = std::min<size_t>(has_width ? 6 : 2, bytes.size());
    options.mix = read_options(bytes.first(own), "hybrid", kNibbleMixTiers);
    rest = bytes.subspan(own);
  }
  if (rest.size() == sizeof(uint64_t)) {
    options.weights_id = base::load_le<uint64_t>(rest.data());
    return options;
  }
  if (rest.size() > kMostNetworks)
    throw base::Error(base::ErrorKind::kUnsupported,
                      "hybrid: " + std::to_string(rest.size()) + " bytes name the networks, expected 0, 1, 2 or 8");
  for (const uint8_t prior : rest)
    if (prior == 0 || prior >= kPriorCount)
      throw base::Error(base::ErrorKind::kUnsupported, "hybrid: prior " + std::to_string(prior) +
                                                           ", this version knows 1 to " + std::to_string(kPriorCount - 1));
  options.priors.assign(rest.begin(), rest.end());
  if (rest.empty()) options.priors = {kSmallPrior};
  return options;
}

int last_inputs(const HybridOptions& options) { return require_weights(network_ids(options)[0])->last_inputs(); }

uint64_t networks_memory(const HybridOptions& options) {
  uint64_t memory = 0;
  for (const uint64_t id : network_ids(options)) {
    std::vector<uint8_t> name;
    base::ByteWriter(&name).write_u64(id);
    memory += find_model(require_weights(id)->model())->memory(name, 0);
  }
  return memory;
}

std::unique_ptr<NibbleMix> make_primable_hybrid(const HybridOptions& options, uint64_t content_size) {
  return std::make_unique<Hybrid>(options, content_size);
}

size_t hybrid_memory(base::ByteSpan bytes, uint64_t content_size) {
  const HybridOptions options = read_hybrid_options(bytes);
  const auto networks = static_cast<int>(network_ids(options).size());
  return reserved_bytes(nibble_mix_shape(options.mix, content_size, networks, last_inputs(options)), content_size) + networks_memory(options);
}

std::unique_ptr<BitModel> make_hybrid(base::ByteSpan options, uint64_t content_size) {
  return std::make_unique<Hybrid>(read_hybrid_options(options), content_size);
}

std::unique_ptr<ModelLanes> make_hybrid_lanes(base::ByteSpan options, int lanes) {
  return std::make_unique<HybridLanes>(read_hybrid_options(options), lanes);
}

}  // namespace fastnz::models

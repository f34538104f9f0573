#include "models/hybrid_online/hybrid_online.h"

#include <optional>
#include <string>
#include <system_error>

#include "base/error.h"
#include "models/hybrid/networks.h"
#include "models/hybrid_online/second_thread.h"
#include "models/nibble_mix/mixer.h"
#include "models/online/network.h"
#include "models/online/options.h"
#include "models/threads.h"

namespace fastnz::models {
namespace {

// By number, 0: none. A number once released means the same network for ever (docs/hybrid.md, section 7).
constexpr uint8_t kLearners[][kOnlineOptionBytes] = {
    {},
    {0x17, 96 / 16, 3, 1, 10, 1, 0x98, 11, 11, 0, 0, 0},  // `lstm`, normalised: three layers of 96, learns every 10 bytes
};
constexpr uint8_t kLearnerCount = sizeof kLearners / sizeof kLearners[0];

OnlineOptions learner_options(uint8_t learner) { return read_online_options(kLearners[learner]); }

class HybridOnline final : public NibbleMix, public UsesThreads {
 public:
  HybridOnline(const HybridOnlineOptions& options, uint64_t content_size)
      : NibbleMix(options.hybrid.mix, content_size, 2, last_inputs(options.hybrid)),
        networks_(options.hybrid, 1),
        learner_(learner_options(options.learner), content_size),
        left_(content_size) {
    networks_.predict();
    learner_.predict(learnt_);
    begin_byte(networks_.freq(0, 0), learnt_, networks_.last_inputs(0));
  }

  void use_threads(size_t threads) noexcept override {
    if (threads < 2 || second_thread_) return;
    try {
      second_thread_.emplace([this] { learn(); });
    } catch (const std::system_error&) {  // no more threads to be had: do without
    }
  }

 private:
  void learn() noexcept {
    learner_.update(&byte_);
    learner_.predict(learnt_);
  }
  // The learner needs nothing but the byte, and the counters and the pretrained network nothing of the learner's before they
  // are done themselves.
  void byte_known(uint32_t byte) noexcept override {
    byte_ = static_cast<int>(byte);
    if (second_thread_ && left_ > 1) second_thread_->start();
  }
  void byte_coded(uint32_t byte) noexcept override {
    if (--left_ == 0) return;
    const auto symbol = static_cast<uint16_t>(byte);
    networks_.update(&symbol);
    networks_.predict();
    if (second_thread_) second_thread_->wait();
    else learn();
    begin_byte(networks_.freq(0, 0), learnt_, networks_.last_inputs(0));
  }

  PretrainedNetworks networks_;
  OnlineNetwork learner_;
  uint32_t learnt_[kernels::kNetworkSymbols];  // the learner's frequencies
  int byte_ = 0;                               // that it is told
  uint64_t left_;                              // bytes of content
  std::optional<SecondThread> second_thread_;  // last: it uses the above
};

}  // namespace

std::vector<uint8_t> write_hybrid_online_options(const HybridOnlineOptions& options) {
  std::vector<uint8_t> bytes = write_hybrid_options(options.hybrid);
  bytes.insert(bytes.begin(), options.learner);
  return bytes;
}

HybridOnlineOptions read_hybrid_online_options(base::ByteSpan bytes) {
  const int learner = bytes.empty() ? 0 : bytes[0];
  if (learner == 0 || learner >= kLearnerCount)
    throw base::Error(base::ErrorKind::kUnsupported, "hybrid_online: network that learns number " + std::to_string(learner) +
                                                         ", this version knows 1 to " + std::to_string(kLearnerCount - 1));
  HybridOnlineOptions options{static_cast<uint8_t>(learner), read_hybrid_options(bytes.subspan(1))};
  if (network_ids(options.hybrid).size() != 1)
    throw base::Error(base::ErrorKind::kUnsupported, "hybrid_online: more than one pretrained network");
  return options;
}

uint64_t learner_memory(uint8_t learner, uint64_t content_size) {
  return OnlineNetwork::memory(learner_options(learner), content_size);
}

size_t hybrid_online_memory(base::ByteSpan bytes, uint64_t content_size) {
  const HybridOnlineOptions options = read_hybrid_online_options(bytes);
  return reserved_bytes(nibble_mix_shape(options.hybrid.mix, content_size, 2, last_inputs(options.hybrid)), content_size) +
         networks_memory(options.hybrid) + learner_memory(options.learner, content_size);
}

std::unique_ptr<BitModel> make_hybrid_online(base::ByteSpan options, uint64_t content_size) {
  return std::make_unique<HybridOnline>(read_hybrid_online_options(options), content_size);
}

int hybrid_online_lanes(base::ByteSpan) { return 1; }

}  // namespace fastnz::models

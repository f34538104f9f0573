#include "models/hybrid/learn_starts.h"

#include <algorithm>
#include <cmath>

#include "models/network/families.h"
#include "models/nibble_mix/mixer.h"

namespace fastnz::models {
namespace {

constexpr int kTier = 5;
constexpr int kLanes = kernels::kNibbleLanes;

class Mixer final : public NibbleMix {
 public:
  Mixer(uint64_t size, const Starts* starts) : NibbleMix({.tier = kTier, .profile = Profile::kText}, size, 1, 0, starts) {}
  using NibbleMix::begin_byte;
  using NibbleMix::used_map;
  using NibbleMix::used_weights;

 private:
  void byte_coded(uint32_t) noexcept override {}
};

// The mean over the nodes of a tree; lane 0 is none.
template <typename T>
double mean(const T* first, int stride) {
  double sum = 0;
  for (int node = 1; node < kLanes; ++node) sum += first[node * stride];
  return sum / (kLanes - 1);
}

// The constants that everything began with before.
void begin_with_constants(std::vector<double>* weights, std::vector<double>* maps) {
  for (int row = 0; row < kStartRows; ++row) {
    double* const w = weights->data() + row * kStartInputs;
    std::fill(w, w + kStartContexts + 1, 6300 / kStartContexts);
    w[kStartContexts + 2] = 1638;
    w[kStartContexts + 4] = w[kStartContexts + 5] = 1200;
  }
  for (int tree = 0; tree < kStartMaps; ++tree)
    for (int column = 0; column < kStartColumns; ++column)  // log2 odds of -12 to 12
      (*maps)[static_cast<size_t>(tree * kStartColumns + column)] = 65536 / (1 + std::exp2(12 - 1.6 * column));
}

}  // namespace

StartLearner::StartLearner(uint64_t weights_id) : weights_(kStartRows * kStartInputs), maps_(kStartMaps * kStartColumns) {
  auto weights = require_weights(weights_id);
  const NetworkFamily& family = family_of(*weights);
  network_ = family.make(std::move(weights), 1, nullptr);
  begin_with_constants(&weights_, &maps_);
}

Starts StartLearner::starts() const {
  Starts result;
  std::transform(weights_.begin(), weights_.end(), &result.weights[0][0], [](double w) { return static_cast<int16_t>(std::lround(std::clamp(w, -32768.0, 32767.0))); });
  std::transform(maps_.begin(), maps_.end(), &result.maps[0][0], [](double p) { return static_cast<uint16_t>(std::lround(std::clamp(p, 16.0, 65519.0))); });
  return result;
}

double StartLearner::learn(base::ByteSpan record, double step) {
  const Starts now = starts();
  Mixer mixer(record.size(), &now);
  std::vector<uint32_t> freq(kernels::kNetworkSymbols);
  double bits = 0;
  network_->predict(freq.data());  // ends a step, so that the lane may begin anew
  const uint16_t any = 0;
  network_->update(&any);
  network_->reset(0);
  for (const uint8_t byte : record) {
    network_->predict(freq.data());
    mixer.begin_byte(freq.data());
    for (int shift = 7; shift >= 0; --shift) {
      const int bit = byte >> shift & 1;
      bits -= std::log2((bit ? mixer.p1_q16() : 65536 - mixer.p1_q16()) / 65536.0);
      mixer.update(bit);
    }
    const uint16_t symbol = byte;
    network_->update(&symbol);
  }
  for (uint32_t row = 0; row < kStartRows; ++row) {
    const int16_t* const used = mixer.used_weights(row);
    for (int i = 0; used != nullptr && i < kStartInputs; ++i) {
      double& w = weights_[row * kStartInputs + static_cast<uint32_t>(i)];
      w += step * (mean(used + i * kLanes, 1) - w);
    }
  }
  for (uint32_t tree = 0; tree < kStartMaps; ++tree) {
    const uint16_t* const used = mixer.used_map(tree);
    for (int column = 0; used != nullptr && column < kStartColumns; ++column) {
      double& p = maps_[tree * kStartColumns + static_cast<uint32_t>(column)];
      p += step * (mean(used + column, kStartColumns) - p);
    }
  }
  return bits;
}

}  // namespace fastnz::models

// The pretrained networks of a hybrid: some lanes of each, and their latest frequencies. Invariant: networks keep the order in
// which the options name them. Knows no mixer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "models/hybrid/hybrid.h"
#include "models/network/families.h"
#include "models/weights_store.h"

namespace fastnz::models {

class PretrainedNetworks {
 public:
  PretrainedNetworks(const HybridOptions& options, int lanes) {
    for (const uint64_t id : network_ids(options)) {
      auto weights = require_weights(id);
      const NetworkFamily& family = family_of(*weights);
      networks_.push_back({family.make(std::move(weights), lanes, nullptr), std::vector<uint32_t>(static_cast<size_t>(lanes) * kFrequencies)});
    }
  }
  int count() const noexcept { return static_cast<int>(networks_.size()); }
  void reset(int lane) noexcept {
    for (Network& network : networks_) network.model->reset(lane);
  }
  void update(const uint16_t* symbols) noexcept {
    for (Network& network : networks_) network.model->update(symbols);
  }
  void predict() noexcept {
    for (Network& network : networks_) network.model->predict(network.freq.data());
  }
  std::span<const int8_t> last_inputs(size_t lane) const noexcept { return networks_[0].model->last_inputs(static_cast<int>(lane)); }
  // Null beyond the last network.
  const uint32_t* freq(size_t network, size_t lane) const noexcept {
    return network < networks_.size() ? networks_[network].freq.data() + lane * kFrequencies : nullptr;
  }

 private:
  static constexpr size_t kFrequencies = kernels::kNetworkSymbols;
  struct Network {
    std::unique_ptr<SymbolModel> model;
    std::vector<uint32_t> freq;
  };
  std::vector<Network> networks_;
};

}  // namespace fastnz::models

#include "codec/device_networks.h"

#include <map>
#include <mutex>
#include <utility>

namespace fastnz::codec {

std::shared_ptr<const cuda::Gru8Lanes> gru8_on(const std::shared_ptr<cuda::Device>& device,
                                               const models::Gru8Weights& weights) {
  // A device object lives as long as one of its networks, so its address names it.
  static std::mutex mutex;
  static std::map<std::pair<const cuda::Device*, uint64_t>, std::shared_ptr<const cuda::Gru8Lanes>> there;
  const std::lock_guard<std::mutex> lock(mutex);
  std::shared_ptr<const cuda::Gru8Lanes>& network = there[{device.get(), weights.id()}];
  if (!network) {
    const models::Gru8Shape& shape = weights.shape();
    network = std::make_shared<cuda::Gru8Lanes>(
        device, cuda::Gru8Source{&weights.from_state(), &weights.from_features(), &weights.to_logits(),
                                 weights.gates().bias, weights.byte_row(0), weights.feature_row(0, 0),
                                 weights.logit_bias(), shape.hidden, shape.depth, shape.bits});
  }
  return network;
}

}  // namespace fastnz::codec

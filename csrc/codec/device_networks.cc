#include "codec/device_networks.h"

#include <charconv>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "base/error.h"

namespace fastnz::codec {

std::shared_ptr<cuda::Device> device_of(std::string_view name) {
  int index = 0;
  const char* const end = name.data() + name.size();
  const bool known = name == "cuda" || (name.starts_with("cuda:") && name.size() > 5 && name[5] >= '0' && name[5] <= '9' &&
                                        std::from_chars(name.data() + 5, end, index).ptr == end);
  if (!known)
    throw base::Error(base::ErrorKind::kInvalidArgument,
                      "no device is called '" + std::string(name) + "'; there are auto, cpu, cuda and cuda:N");
  return cuda::open_device(index);
}

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

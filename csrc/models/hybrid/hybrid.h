// hybrid: nibble_mix with the predictions of one or two pretrained networks among its inputs (docs/hybrid.md). Any network
// of models/network serves. Its option bytes are those of nibble_mix, with more tiers, and after them the networks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/span.h"
#include "models/mixing/options.h"
#include "models/model.h"

namespace fastnz::models {

class NibbleMix;

inline constexpr uint8_t kHybridModel = 4;  // its row

struct HybridOptions {
  MixOptions mix;
  std::vector<uint8_t> priors;  // numbers of one or two networks that come with fastnz, the leading one first; or none
  uint64_t weights_id = 0;      // without priors: of the network
};

// As few bytes as say it. The small prior over text at tier 5 takes none, another one takes one.
std::vector<uint8_t> write_hybrid_options(const HybridOptions& options);
// Throws base::Error(kUnsupported).
HybridOptions read_hybrid_options(base::ByteSpan bytes);
// The weights of the networks, the leading one first.
std::vector<uint64_t> network_ids(const HybridOptions& options);

// What the leading one's last layer takes. Throws kModelMissing.
int last_inputs(const HybridOptions& options);
// What they take, weights and the state of one stream. Throws kModelMissing.
uint64_t networks_memory(const HybridOptions& options);
// A hybrid that can be primed: each sample or record begins with its networks in their first state too.
std::unique_ptr<NibbleMix> make_primable_hybrid(const HybridOptions& options, uint64_t content_size);

size_t hybrid_memory(base::ByteSpan options, uint64_t content_size);
std::unique_ptr<BitModel> make_hybrid(base::ByteSpan options, uint64_t content_size);
std::unique_ptr<ModelLanes> make_hybrid_lanes(base::ByteSpan options, int lanes);

}  // namespace fastnz::models

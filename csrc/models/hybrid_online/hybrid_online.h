// hybrid_online: the mixer of `hybrid` between one pretrained network and one that learns while it codes (docs/hybrid.md,
// section 7). Its option bytes are the number of the latter's configuration, then those of `hybrid`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/span.h"
#include "models/hybrid/hybrid.h"
#include "models/model.h"

namespace fastnz::models {

inline constexpr uint8_t kHybridOnlineModel = 12;  // its row

struct HybridOnlineOptions {
  uint8_t learner = 1;   // number of the configuration of the network that learns
  HybridOptions hybrid;  // with one network
};

std::vector<uint8_t> write_hybrid_online_options(const HybridOnlineOptions& options);
// Throws base::Error(kUnsupported).
HybridOnlineOptions read_hybrid_online_options(base::ByteSpan bytes);

// What the network that learns takes.
uint64_t learner_memory(uint8_t learner, uint64_t content_size);

size_t hybrid_online_memory(base::ByteSpan options, uint64_t content_size);
std::unique_ptr<BitModel> make_hybrid_online(base::ByteSpan options, uint64_t content_size);
int hybrid_online_lanes(base::ByteSpan options);  // one

}  // namespace fastnz::models

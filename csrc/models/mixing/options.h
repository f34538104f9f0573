// The option bytes of the mixing models: tier, profile and, for profiles with a width, the width as 24 bits, lowest byte
// first, and the step. What a tier means is each model's own; their tables' sizes are a function of the options and the
// content's size (docs/contexts.md).
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"
#include "models/mixing/contexts.h"

namespace fastnz::models {

inline constexpr uint32_t kMaxWidth = (1u << 24) - 1;

struct MixOptions {
  int tier = 5;
  Profile profile = Profile::kText;
  uint32_t width = 0;  // 1..kMaxWidth where the profile has one (more than the step)
  uint32_t step = 0;   // bytes per element: images 1..4, numbers 2..8, records 0
};

std::vector<uint8_t> write_options(const MixOptions& options);
// Throws base::Error(kUnsupported), naming the model.
MixOptions read_options(base::ByteSpan bytes, const char* model, int tiers);

}  // namespace fastnz::models

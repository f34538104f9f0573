// The option bytes of context_mix and the shape they stand for. Option bytes: tier, profile and, for profiles with a
// width, the width as 24 bits, lowest byte first, and the step. The shape is a pure function of the options and the content size:
// encoder and decoder build the same tables.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"
#include "models/context_mix/contexts.h"

namespace fastnz::models {

inline constexpr int kTiers = 6;
inline constexpr uint32_t kMaxWidth = (1u << 24) - 1;

struct ContextMixOptions {
  int tier = 5;
  Profile profile = Profile::kText;
  uint32_t width = 0;  // 1..kMaxWidth where the profile has one (more than the step)
  uint32_t step = 0;   // bytes per element: images 1..4, numbers 2..8, records 0
};

struct ContextMixShape {
  int contexts;
  int sets;               // first-layer mixers
  uint64_t table_bytes;   // bit histories, a power of two
  uint64_t match_entries; // a power of two
  uint32_t apm_rows;      // of each map, a power of two
};

std::vector<uint8_t> write_options(const ContextMixOptions& options);
// Throws base::Error(kUnsupported), naming the model.
ContextMixOptions read_options(base::ByteSpan bytes, const char* model = "context_mix", int tiers = kTiers);
ContextMixShape shape_of(const ContextMixOptions& options, uint64_t content_size);
int input_count(const ContextMixShape& shape);         // padded
uint64_t memory_of(const ContextMixShape& shape, uint64_t content_size);

}  // namespace fastnz::models

#include "models/nibble_mix/nibble_mix.h"

#include "models/mixing/options.h"

namespace fastnz::models {
namespace {

MixOptions options_of(base::ByteSpan bytes) { return read_options(bytes, "nibble_mix", kNibbleMixTiers); }

}  // namespace

size_t nibble_mix_memory(base::ByteSpan options, uint64_t content_size) {
  return reserved_bytes(nibble_mix_shape(options_of(options), content_size, 0, 0), content_size);
}

std::unique_ptr<BitModel> make_nibble_mix(base::ByteSpan options, uint64_t content_size) {
  return std::make_unique<NibbleMix>(options_of(options), content_size, 0, 0);
}

}  // namespace fastnz::models

// Encoder-side search for the option bytes. Nothing here decides a decoded bit: another choice is another valid file.
#include "models/context_mix/context_mix.h"
#include "models/context_mix/options.h"

namespace fastnz::models {

std::vector<uint8_t> choose_context_mix_options(base::ByteSpan, int tier) {
  ContextMixOptions options;
  options.tier = tier;
  return write_options(options);
}

}  // namespace fastnz::models

#include "models/nibble_mix/starts.h"

namespace fastnz::models {
namespace {

constexpr Starts kSmall = {
#include "models/nibble_mix/starts_small.inc"
};
constexpr Starts kLarge = {
#include "models/nibble_mix/starts_large.inc"
};

}  // namespace

const Starts& small_starts() noexcept { return kSmall; }
const Starts& large_starts() noexcept { return kLarge; }

}  // namespace fastnz::models

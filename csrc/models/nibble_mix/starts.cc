#include "models/nibble_mix/starts.h"

namespace fastnz::models {
namespace {

constexpr Starts kLearnt = {
#include "models/nibble_mix/starts.inc"
};

}  // namespace

const Starts& learnt_starts() noexcept { return kLearnt; }

}  // namespace fastnz::models

// Numbers that break fp32 loops, for the cases of networks that train while they code.
#pragma once

#include <cstdint>
#include <vector>

#include "digest.h"

namespace fastnz::selftest {

enum class Kind { kUsual, kWide, kTiny, kEdges };
inline constexpr Kind kKinds[] = {Kind::kUsual, Kind::kWide, Kind::kTiny, Kind::kEdges};

// In -1..1 times 1, times 2^-24 to 2^7, below 2^-120 (so that products are denormal), or from a few values.
inline float draw(Random* random, Kind kind) {
  const float unit = static_cast<float>(static_cast<int32_t>(random->below(1u << 24)) - (1 << 23)) * 0x1p-23f;
  if (kind == Kind::kUsual) return unit;
  float scale = 1.0f;
  if (kind == Kind::kWide) {
    for (uint32_t i = random->below(32); i > 0; --i) scale *= 0.5f;
    return unit * scale * 128.0f;
  }
  if (kind == Kind::kTiny) {
    for (uint32_t i = 120 + random->below(30); i > 0; --i) scale *= 0.5f;
    return unit * scale;
  }
  const float values[] = {0.0f, -0.0f, 1.0f, -1.0f, 0x1.fffffep0f, 0x1p-126f, -0x1p-149f, 100.0f, -100.0f, 30.0f};
  return values[random->below(10)];
}

inline std::vector<float> draw_all(Random* random, Kind kind, size_t size) {
  std::vector<float> values(size);
  for (float& value : values) value = draw(random, kind);
  return values;
}

}  // namespace fastnz::selftest

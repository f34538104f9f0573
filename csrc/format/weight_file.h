// The container of a network's weights: header, section table, stored sections, id. docs/weights.md.
// Invariant: what read_weight_file returns lies inside its input and promises no more than kMaxWeightBytes. Knows
// neither how sections are coded nor what they mean, and does not check the id.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"

namespace fastnz::format {

inline constexpr uint8_t kRawSection = 0, kRansSection = 1;
inline constexpr size_t kMaxWeightSections = 64;
inline constexpr uint64_t kMaxWeightBytes = uint64_t{64} << 20;  // of all plain sections
inline constexpr size_t kWeightIdBytes = 8;

struct WeightSection {
  uint32_t plain_size = 0;
  uint8_t coding = kRawSection;
  uint8_t width = 1;  // bytes of an element
  base::ByteSpan stored;
};

struct WeightFile {
  uint8_t family = 0;  // which there are is for the models to say
  std::vector<WeightSection> sections;
  uint64_t id = 0;
};

// Throws kFormat (no weight file), kUnsupported (version), kTruncated, kCorrupt, kLimit.
WeightFile read_weight_file(base::ByteSpan in);

// Appends everything but the id.
void append_weight_file(std::vector<uint8_t>* out, const WeightFile& file);

}  // namespace fastnz::format

// Checks first; what is copied is copied by those who take.
#include "models/network/sections.h"

#include <algorithm>

#include "base/error.h"

namespace fastnz::models {
namespace {

constexpr size_t kMaxNotes = 65536;
constexpr int kMinShift = 4, kMaxShift = 24;
constexpr int32_t kMaxLogitBias = 1 << 20;
constexpr size_t kSymbols = 256;

}  // namespace

SectionReader::SectionReader(const char* model, std::span<const base::ByteSpan> sections, size_t count)
    : model_(model), sections_(sections) {
  if (sections.size() != count)
    corrupt(std::to_string(sections.size()) + " sections, expected " + std::to_string(count));
  if (shape().size() != kShapeBytes) corrupt("a shape of " + std::to_string(shape().size()) + " bytes, expected 16");
}

void SectionReader::corrupt(const std::string& what) const {
  throw base::Error(base::ErrorKind::kCorrupt, "weights of " + std::string(model_) + ": " + what);
}

void SectionReader::require_bounds(const char* name, int value, int low, int high, int multiple) const {
  if (value >= low && value <= high && value % multiple == 0) return;
  throw base::Error(base::ErrorKind::kUnsupported,
                    "weights of " + std::string(model_) + ": " + name + " is " + std::to_string(value) +
                        ", this build takes multiples of " + std::to_string(multiple) + " from " +
                        std::to_string(low) + " to " + std::to_string(high));
}

int SectionReader::require_shift(int shift) const {
  if (shift < kMinShift || shift > kMaxShift) corrupt("a shift of " + std::to_string(shift) + ", expected 4 to 24");
  return shift;
}

void SectionReader::require_zeros_from(size_t offset) const {
  const base::ByteSpan rest = shape().subspan(offset);
  if (std::any_of(rest.begin(), rest.end(), [](uint8_t byte) { return byte != 0; }))
    corrupt("reserved bytes of the shape are not zero");
}

base::ByteSpan SectionReader::take(const std::string& name, size_t size) {
  const base::ByteSpan section = sections_[next_++];
  if (section.size() != size)
    corrupt(name + " has " + std::to_string(section.size()) + " bytes, its shape has " + std::to_string(size));
  return section;
}

std::vector<int32_t> SectionReader::take_logit_bias() {
  auto biases = copy_elements<int32_t>(take("bo", kSymbols * sizeof(int32_t)));
  for (const int32_t bias : biases)
    if (bias < -kMaxLogitBias || bias > kMaxLogitBias) corrupt("a logit's bias of " + std::to_string(bias));
  return biases;
}

size_t SectionReader::finish() const {
  const size_t notes = sections_.back().size();
  if (notes > kMaxNotes) corrupt("notes of " + std::to_string(notes) + " bytes");
  size_t total = 0;
  for (const base::ByteSpan section : sections_) total += section.size();
  return total;
}

}  // namespace fastnz::models

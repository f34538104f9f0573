// Reading the sections of a weight file one after the other. Invariant: every size is proven from the shape before
// anything is reserved, and whatever does not fit is a typed error that names the model. Knows no container (that is
// format/weight_file) and no network.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "base/span.h"

namespace fastnz::models {

inline constexpr size_t kShapeBytes = 16;

class SectionReader {
 public:
  // Throws kCorrupt when there are not `count` sections, the first a shape of 16 bytes, the last notes.
  SectionReader(const char* model, std::span<const base::ByteSpan> sections, size_t count);

  [[noreturn]] void corrupt(const std::string& what) const;
  base::ByteSpan shape() const noexcept { return sections_[0]; }
  // Throws kUnsupported unless `value` is a multiple of `multiple` from `low` to `high`.
  void require_bounds(const char* name, int value, int low, int high, int multiple) const;
  // A shift, as a byte of the shape or from elsewhere: kCorrupt outside 4 to 24.
  int shift_at(size_t offset) const { return require_shift(shape()[offset]); }
  int require_shift(int shift) const;
  void require_zeros_from(size_t offset) const;  // of the shape
  // The next section, which must have that many bytes.
  base::ByteSpan take(const std::string& name, size_t size);
  // One 32-bit bias for each of 256 logits, from the next section.
  std::vector<int32_t> take_logit_bias();
  // After the last take(); returns the bytes of all sections.
  size_t finish() const;
  const char* model() const noexcept { return model_; }

 private:
  const char* model_;
  std::span<const base::ByteSpan> sections_;
  size_t next_ = 1;
};

template <typename T>
std::vector<T> copy_elements(base::ByteSpan bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

}  // namespace fastnz::models

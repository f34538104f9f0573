// The rows. One line per transform.
#include "transforms/transform.h"

#include "transforms/recurrence.h"
#include "transforms/repeat.h"
#include "transforms/words/words.h"
#include "transforms/x86.h"

namespace fastnz::transforms {
namespace {

constexpr TransformRow kRows[] = {
    {3, "recurrence", recurrence_forward, recurrence_max_output, recurrence_inverse},  // its zeros are left to `repeat`
    {1, "repeat", repeat_forward, repeat_max_output, repeat_inverse},
    {2, "x86", x86_forward, x86_max_output, x86_inverse},
    {4, "words", words_forward, words_max_output, words_inverse, true, kWordsMaxSide, kWordsMemory},
};

}  // namespace

std::span<const TransformRow> transform_rows() noexcept { return kRows; }

const TransformRow* find_transform(uint8_t id) noexcept {
  for (const TransformRow& row : kRows)
    if (row.id == id) return &row;
  return nullptr;
}

const TransformRow* find_transform(std::string_view name) noexcept {
  for (const TransformRow& row : kRows)
    if (name == row.name) return &row;
  return nullptr;
}

}  // namespace fastnz::transforms

// Inputs of shapes that break kernels: extremes that saturate or wrap, sizes around a vector's, every misalignment of an
// element, differences at every position. A row of KernelTable has exactly one case here.
#include <algorithm>
#include <iterator>
#include <vector>

#include "cases.h"
#include "context_mix_case.h"

namespace fastnz::selftest {
namespace {

enum class Shape { kUniform, kExtreme, kSmall };
constexpr Shape kShapes[] = {Shape::kUniform, Shape::kExtreme, Shape::kSmall};

int16_t draw_i16(Random* random, Shape shape) {
  static constexpr int16_t kExtremes[] = {-32768, -32767, -1, 0, 1, 2, 16384, 32767};
  switch (shape) {
    case Shape::kUniform: return static_cast<int16_t>(random->next());
    case Shape::kExtreme: return kExtremes[random->below(8)];
    case Shape::kSmall: return static_cast<int16_t>(static_cast<int>(random->below(4095)) - 2047);
  }
  return 0;
}

// Calls visit(x, w, n) for sizes 32 to 1056, all shapes and every element offset below 32. The arrays end where their
// allocation ends, so that a sanitizer sees an access beyond n.
template <typename Visit>
void for_mixer_inputs(Visit visit) {
  Random random(1);
  for (const Shape x_shape : kShapes) {
    for (const Shape w_shape : kShapes) {
      for (size_t offset = 0; offset < 32; ++offset) {
        const size_t n = 32 * (1 + random.below(offset % 8 == 7 ? 33 : 8));
        std::vector<int16_t> x(offset + n), w((offset * 5) % 32 + n);
        for (int16_t& value : x) value = draw_i16(&random, x_shape);
        for (int16_t& value : w) value = draw_i16(&random, w_shape);
        visit(x.data() + offset, w.data() + w.size() - n, n);
      }
    }
  }
}

void run_match_length(const kernels::KernelTable& table, Digest* digest) {
  Random random(2);
  for (size_t max = 0; max <= 200; ++max) {
    const size_t a_offset = random.below(64), b_offset = random.below(64);
    std::vector<uint8_t> a(a_offset + max), b(b_offset + max);
    for (size_t i = 0; i < max; ++i) a[a_offset + i] = b[b_offset + i] = static_cast<uint8_t>(random.next());
    digest->add_value(uint64_t{table.match_length(a.data() + a_offset, b.data() + b_offset, max)});
    for (size_t i = 0; i < max; ++i) {
      b[b_offset + i] ^= static_cast<uint8_t>(1u << random.below(8));
      digest->add_value(uint64_t{table.match_length(a.data() + a_offset, b.data() + b_offset, max)});
      b[b_offset + i] = a[a_offset + i];
    }
  }
}

void run_mix_dot(const kernels::KernelTable& table, Digest* digest) {
  for_mixer_inputs([&](const int16_t* x, const int16_t* w, size_t n) {
    digest->add_value(table.mix_dot_i16_i32(x, w, n));
  });
  const std::vector<int16_t> lowest(256, -32768);  // every pair of products is 2^31
  for (size_t n = 32; n <= lowest.size(); n += 32)
    digest->add_value(table.mix_dot_i16_i32(lowest.data(), lowest.data(), n));
}

void run_mix_train(const kernels::KernelTable& table, Digest* digest) {
  static constexpr int16_t kErrors[] = {-32768, -32767, -4095, -1, 0, 1, 7, 4095, 16384, 32767};
  for (const int16_t err : kErrors) {
    for_mixer_inputs([&](const int16_t* x, int16_t* w, size_t n) {
      table.mix_train_i16_i32(x, w, n, err);
      digest->add(std::span<const int16_t>(w, n));
    });
  }
}

constexpr KernelCase kCases[] = {
    {"context_mix_find", run_context_mix_find},
    {"context_mix_predict", run_context_mix_predict},
    {"context_mix_update", run_context_mix_update},
    {"match_length", run_match_length},
    {"mix_dot_i16_i32", run_mix_dot},
    {"mix_train_i16_i32", run_mix_train},
};

}  // namespace

std::span<const KernelCase> kernel_cases() { return kCases; }

}  // namespace fastnz::selftest

// Inputs that break the loops of transformers that train while they code: one place and many, places that end within a
// vector, scores far apart and all alike, features beyond their bound.
#include <vector>

#include "float_case.h"
#include "float_draw.h"
#include "kernels/float_environment.h"

namespace fastnz::selftest {
namespace {

using kernels::FloatAttention;
using kernels::KernelTable;

// Forth, and back from there; what either wrote goes to the digest.
void run_attention(const KernelTable& table, bool back, Digest* digest) {
  const kernels::FloatEnvironment environment;
  Random random(71);
  for (const Kind kind : kKinds)
    for (const bool squares : {false, true})
      for (const int places : {1, 2, 15, 16, 17, 33, 256})
        for (const int width : {16, 48}) {
          constexpr int kHeads = 2;
          const size_t h = static_cast<size_t>(kHeads * width), n = static_cast<size_t>(places), stride = 3 * h + 5;
          const size_t kept = (n + 15) / 16 * 16;
          const std::vector<float> states = draw_all(&random, kind, n * stride + 3 * h);
          const std::vector<float> relative = draw_all(&random, kind == Kind::kTiny ? Kind::kTiny : Kind::kUsual, n * h);
          std::vector<float> weights(kHeads * kept), inverses(kHeads), out(h), to_relative(n * h), to_offsets(kHeads * kept);
          const std::vector<float> offsets = draw_all(&random, kind, kHeads * kept);
          std::vector<float> to_states = draw_all(&random, Kind::kUsual, n * stride + 3 * h);
          const std::vector<float> above = draw_all(&random, kind, h);
          const size_t own = (n - 1) * stride;
          FloatAttention a{};
          a.heads = kHeads;
          a.width = width;
          a.places = places;
          a.squares = squares;
          a.scale = 0.25f;
          a.offsets = offsets.data();
          a.query = states.data() + own;
          a.key = a.query + h;
          a.value = a.key + h;
          a.stride = stride;
          a.relative = relative.data();
          a.weights = weights.data();
          a.weights_stride = kept;
          a.inverses = inverses.data();
          a.out = out.data();
          table.attention_forward_f32(&a);
          if (back) {
            a.learning = (places + 1) / 2;
            a.from_above = above.data();
            a.to_query = to_states.data() + own;
            a.to_key = a.to_query + h;
            a.to_value = a.to_key + h;
            a.to_stride = stride;
            a.to_relative = to_relative.data();
            a.to_offsets = to_offsets.data();
            table.attention_backward_f32(&a);
          }
          for (const std::vector<float>* made : {&weights, &inverses, &out, &to_states, &to_relative, &to_offsets})
            digest->add(std::span<const float>(*made));
        }
}

void run_feed(const KernelTable& table, bool back, Digest* digest) {
  const kernels::FloatEnvironment environment;
  Random random(72);
  for (const Kind kind : kKinds)
    for (const bool gated : {false, true})
      for (const int inner : {16, 32, 208}) {
        const size_t n = static_cast<size_t>(inner), wide = gated ? 2 * n : n;
        const std::vector<float> u = draw_all(&random, kind, wide), d = draw_all(&random, kind, n);
        std::vector<float> made(back ? wide : n);
        if (back)
          table.feed_backward_f32(u.data(), inner, gated, d.data(), made.data());
        else
          table.feed_forward_f32(u.data(), inner, gated, made.data());
        digest->add(std::span<const float>(made));
      }
}

}  // namespace

void run_attention_forward_f32(const KernelTable& table, Digest* digest) { run_attention(table, false, digest); }
void run_attention_backward_f32(const KernelTable& table, Digest* digest) { run_attention(table, true, digest); }
void run_feed_forward_f32(const KernelTable& table, Digest* digest) { run_feed(table, false, digest); }
void run_feed_backward_f32(const KernelTable& table, Digest* digest) { run_feed(table, true, digest); }

void run_add_bounded_f32(const KernelTable& table, Digest* digest) {
  const kernels::FloatEnvironment environment;
  Random random(73);
  for (const Kind kind : kKinds)
    for (const size_t n : {size_t{16}, size_t{48}, size_t{576}}) {
      const std::vector<float> y = draw_all(&random, kind, n);
      std::vector<float> x = draw_all(&random, Kind::kWide, n);
      table.add_bounded_f32(y.data(), x.data(), 64.0f, n);
      digest->add(std::span<const float>(x));
      table.add_bounded_f32(nullptr, x.data(), 0.5f, n);
      digest->add(std::span<const float>(x));
    }
}

}  // namespace fastnz::selftest

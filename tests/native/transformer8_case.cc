// The network `transformer8` between its products: streams that are all extremes, all zero or tiny; windows of every
// rotation whose scores are far apart, alike, or all at once at the greatest; numbers of heads around a pass's lanes.
#include "transformer8_case.h"

#include <algorithm>
#include <vector>

#include "kernels/transformer8.h"
#include "network_draw.h"

namespace fastnz::selftest {

void run_transformer8_norm(const kernels::KernelTable& table, Digest* digest) {
  Random random(81);
  for (const int width : {32, 64, 96, 160, 512}) {
    for (int i = 0; i < 120; ++i) {
      auto x = draw_all<int16_t>(&random, kDraws[i % 3], static_cast<size_t>(width), -32768, 32767);
      if (i % 4 == 0)
        for (int16_t& v : x) v = static_cast<int16_t>(v >> random.below(16));
      if (i == 1) std::fill(x.begin(), x.end(), int16_t{-32768});  // the greatest sum of squares
      if (i == 2) std::fill(x.begin(), x.end(), int16_t{0});
      std::vector<int8_t> y(x.size(), 1);
      table.transformer8_norm(x.data(), width, y.data());
      digest->add(std::span<const int8_t>(y));
    }
  }
}

void run_transformer8_units(const kernels::KernelTable& table, Digest* digest) {
  Random random(82);
  for (const int linear : {96, 128, 256}) {
    for (const int units : {32, 96}) {
      for (int shift = 4; shift <= 24; shift += 5) {
        const Scales scales(&random, linear + units, shift);
        for (int i = 0; i < 30; ++i) {
          const Draw how = kDraws[i % 3];
          const auto sums = scales.draw_sums(&random, how);
          const auto bias = draw_all<int16_t>(&random, how, sums.size(), -32768, 32767);
          std::vector<int8_t> straight(static_cast<size_t>(linear)), squares(static_cast<size_t>(units));
          table.transformer8_units(&scales.matrix, sums.data(), bias.data(), linear, straight.data(), squares.data());
          digest->add(std::span<const int8_t>(straight));
          digest->add(std::span<const int8_t>(squares));
        }
      }
    }
  }
}

void run_transformer8_add(const kernels::KernelTable& table, Digest* digest) {
  Random random(83);
  for (const int width : {32, 96, 512}) {
    for (int shift = 4; shift <= 24; shift += 5) {
      const Scales scales(&random, width, shift);
      for (int i = 0; i < 30; ++i) {
        const Draw how = kDraws[i % 3];
        const auto sums = scales.draw_sums(&random, how);
        auto x = draw_all<int16_t>(&random, how, sums.size(), -32768, 32767);
        table.transformer8_add(&scales.matrix, sums.data(), x.data());
        digest->add(std::span<const int16_t>(x));
      }
    }
  }
}

void run_transformer8_attend(const kernels::KernelTable& table, Digest* digest) {
  Random random(84);
  for (const int window : {32, 64, 96, 256}) {
    for (const int heads : {1, 2, 3, 4, 5, 16}) {
      for (int i = 0; i < 24; ++i) {
        const Draw how = kDraws[i % 3];
        const Matrix keys(&random, how, window, kernels::kHeadSize), values(&random, how, kernels::kHeadSize, window);
        const auto queries =
            draw_all<int8_t>(&random, how, static_cast<size_t>(heads * kernels::kHeadSize), -127, 127);
        auto bias = draw_all<int16_t>(&random, how, static_cast<size_t>(2 * heads * window), -32768, 32767);
        if (i % 4 == 3) std::fill(bias.begin(), bias.end(), int16_t{0});
        const kernels::Transformer8Window view = {keys.matrix, values.matrix, bias.data(), heads, window,
                                                  static_cast<int32_t>(random.below(static_cast<uint32_t>(window)))};
        std::vector<int8_t> result(queries.size(), 1);
        table.transformer8_attend(&view, queries.data(), result.data());
        digest->add(std::span<const int8_t>(result));
      }
    }
  }
}

}  // namespace fastnz::selftest

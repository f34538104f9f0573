// Integer networks: matrices of every remainder of tiles and lanes, extremes of every type, and sums that come as near
// to 2^31 as a row may. Numbers for gates and logits are drawn where they matter and also where everything saturates.
#include "network_case.h"

#include <vector>

#include "kernels/gru8.h"
#include "network_draw.h"

namespace fastnz::selftest {
void run_multiply_i8(const kernels::KernelTable& table, Digest* digest) {
  Random random(71);
  for (const Draw how : kDraws) {
    for (const int rows : {32, 96, 160, 256, 288}) {
      for (const int columns : {32, 64, 160}) {
        const Matrix m(&random, how, rows, columns);
        for (const int lanes : {1, 2, 3, 4, 5, 9, 16}) {
          const size_t stride = static_cast<size_t>(columns) + random.below(3),
                       out_stride = static_cast<size_t>(rows) + random.below(3);
          const auto x = draw_all<int8_t>(
              &random, how, stride * static_cast<size_t>(lanes - 1) + static_cast<size_t>(columns), -128, 127);
          std::vector<int32_t> out(out_stride * static_cast<size_t>(lanes - 1) + static_cast<size_t>(rows), -1);
          table.multiply_i8(&m.matrix, x.data(), stride, lanes, out.data(), out_stride);
          digest->add(std::span<const int32_t>(out));
        }
      }
    }
  }
}

// Follows an input through changes of few and of many columns; what it arrives at must not depend on the way.
void run_multiply_changes_i8(const kernels::KernelTable& table, Digest* digest) {
  Random random(74);
  for (const Draw how : kDraws) {
    for (const int rows : {32, 160, 288}) {
      for (const int columns : {32, 160}) {
        const Matrix m(&random, how, rows, columns);
        std::vector<int8_t> before(static_cast<size_t>(columns), 0);
        std::vector<int32_t> sums(static_cast<size_t>(rows), 0);
        for (uint32_t share = 0; share < 20; ++share) {
          std::vector<int8_t> now = before;
          std::vector<uint16_t> groups;
          for (int g = 0; g < columns / kernels::kTileColumns; ++g) {
            if (random.below(20) >= share) continue;
            groups.push_back(static_cast<uint16_t>(g));
            for (int k = 0; k < kernels::kTileColumns; ++k)
              now[static_cast<size_t>(g * kernels::kTileColumns + k)] =
                  static_cast<int8_t>(draw(&random, how, -128, 127));
          }
          table.multiply_changes_i8(&m.matrix, before.data(), now.data(), groups.data(),
                                    static_cast<int>(groups.size()), sums.data());
          digest->add(std::span<const int32_t>(sums));
          before = now;
        }
      }
    }
  }
}

// Products of a signed part and of positive columns of which only some groups are not 0.
void run_multiply_sparse_i8(const kernels::KernelTable& table, Digest* digest) {
  Random random(77);
  for (const Draw how : kDraws) {
    for (const int rows : {32, 96, 160}) {
      for (const int columns : {64, 160}) {
        const int signed_columns = columns - 32;
        const Matrix m(&random, how, rows, columns);
        std::vector<int32_t> offset(static_cast<size_t>(rows), 0);
        for (int r = 0; r < rows; ++r)
          for (int c = 0; c < signed_columns; ++c) offset[static_cast<size_t>(r)] -= 128 * m.at(r, c);
        kernels::NetworkMatrix sparse = m.matrix;
        sparse.offset = offset.data();
        for (uint32_t share = 0; share <= 20; share += 4) {
          auto x = draw_all<int8_t>(&random, how, static_cast<size_t>(columns), -128, 127);
          std::vector<uint16_t> groups;
          for (int g = signed_columns / kernels::kTileColumns; g < columns / kernels::kTileColumns; ++g) {
            const bool used = random.below(20) < share;
            if (used) groups.push_back(static_cast<uint16_t>(g));
            for (int k = 0; k < kernels::kTileColumns; ++k)
              x[static_cast<size_t>(g * kernels::kTileColumns + k)] =
                  used ? static_cast<int8_t>(std::max(0, draw(&random, how, 0, 127))) : int8_t{0};
          }
          std::vector<int32_t> out(static_cast<size_t>(rows), -1);
          table.multiply_sparse_i8(&sparse, x.data(), signed_columns, groups.data(), static_cast<int>(groups.size()),
                                   out.data());
          digest->add(std::span<const int32_t>(out));
        }
      }
    }
  }
}

void run_frequencies_q22(const kernels::KernelTable& table, Digest* digest) {
  Random random(72);
  std::vector<uint32_t> freq(kernels::kNetworkSymbols);
  for (int shift = 4; shift <= 24; ++shift) {
    const Scales scales(&random, kernels::kNetworkSymbols, shift);
    for (int i = 0; i < 60; ++i) {
      const Draw how = kDraws[i % 3];
      const auto sums = scales.draw_sums(&random, how);
      const auto bias = draw_all<int32_t>(&random, how, freq.size(), -(1 << 20), 1 << 20);
      table.frequencies_q22(&scales.matrix, sums.data(), bias.data(), freq.data());
      digest->add(std::span<const uint32_t>(freq));
    }
  }
  const Scales scales(&random, kernels::kNetworkSymbols, 12);
  const std::vector<int32_t> zeros(freq.size(), 0);  // 256 times the greatest: the greatest sum
  table.frequencies_q22(&scales.matrix, zeros.data(), zeros.data(), freq.data());
  digest->add(std::span<const uint32_t>(freq));
}

void run_logits_q12(const kernels::KernelTable& table, Digest* digest) {
  Random random(77);
  std::vector<int32_t> logits(kernels::kNetworkSymbols);
  for (int shift = 4; shift <= 24; ++shift) {
    const Scales scales(&random, kernels::kNetworkSymbols, shift);
    for (int i = 0; i < 20; ++i) {
      const auto sums = scales.draw_sums(&random, kDraws[i % 3]);
      const auto bias = draw_all<int32_t>(&random, kDraws[i % 3], logits.size(), -(1 << 20), 1 << 20);
      const int32_t greatest = table.logits_q12(&scales.matrix, sums.data(), bias.data(), logits.data());
      digest->add(std::span<const int32_t>(logits));
      digest->add(std::span<const int32_t>(&greatest, 1));
    }
  }
}

void run_softmax_q22(const kernels::KernelTable& table, Digest* digest) {
  Random random(78);
  std::vector<uint32_t> freq(kernels::kNetworkSymbols);
  for (int range = 0; range < 29; ++range) {
    for (int i = 0; i < 30; ++i) {
      const auto logits = draw_all<int32_t>(&random, kDraws[i % 3], freq.size(), -(1 << range), 1 << range);
      table.softmax_q22(logits.data(), freq.data());
      digest->add(std::span<const uint32_t>(freq));
    }
  }
}

void run_nibble_sums(const kernels::KernelTable& table, Digest* digest) {
  Random random(75);
  for (int i = 0; i < 200; ++i) {
    const auto freq = draw_all<uint32_t>(&random, kDraws[i % 3], kernels::kNetworkSymbols, 1, 1 << 16);
    std::vector<uint32_t> sums(16);
    table.nibble_sums(freq.data(), sums.data());
    digest->add(std::span<const uint32_t>(sums));
  }
}

void run_nibble_odds_q10(const kernels::KernelTable& table, Digest* digest) {
  Random random(76);
  for (int i = 0; i < 3000; ++i) {
    std::vector<uint32_t> freq(16);
    for (uint32_t& f : freq) f = 1 + random.below(uint32_t{1} << random.below(21));
    if (i % 7 == 0) freq[random.below(16)] = (1u << 24) - 16u * (1u << 19);
    std::vector<int16_t> odds(16, -1);
    table.nibble_odds_q10(freq.data(), odds.data());
    digest->add(std::span<const int16_t>(odds));
  }
}

void run_gru8_gates(const kernels::KernelTable& table, Digest* digest) {
  Random random(73);
  for (const int hidden : {32, 96, 192}) {
    const int rows = 3 * hidden;
    for (int shift = 4; shift <= 24; shift += 4) {
      const Scales from_state(&random, rows, shift), from_features(&random, rows, 28 - shift);
      const auto bias = draw_all<int16_t>(&random, Draw::kAll, static_cast<size_t>(hidden), -32768, 32767);
      const kernels::Gru8Gates gates = {&from_state.matrix, &from_features.matrix, bias.data(), hidden};
      auto h = draw_all<int16_t>(&random, Draw::kAll, static_cast<size_t>(hidden), -32767, 32767);
      std::vector<int8_t> h8(static_cast<size_t>(hidden));
      for (int i = 0; i < 60; ++i) {  // h goes on from step to step, but for some fresh extremes
        const Draw how = kDraws[i % 3];
        if (i % 10 == 9) h = draw_all<int16_t>(&random, how, h.size(), -32767, 32767);
        const auto ah = from_state.draw_sums(&random, how), af = from_features.draw_sums(&random, how);
        const auto x = draw_all<int16_t>(&random, how, static_cast<size_t>(rows), -32768, 32767);
        table.gru8_gates(&gates, ah.data(), af.data(), x.data(), h.data(), h8.data());
        digest->add(std::span<const int16_t>(h));
        digest->add(std::span<const int8_t>(h8));
      }
    }
  }
}

}  // namespace fastnz::selftest

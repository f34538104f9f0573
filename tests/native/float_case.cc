// Inputs that break fp32 loops: sizes around a register's blocks, sums that cancel, numbers that differ by many powers of
// two, denormal ones and both zeros, all of whose results are finite.
#include "float_case.h"

#include <vector>

#include "float_draw.h"
#include "kernels/float_environment.h"

namespace fastnz::selftest {
namespace {

using kernels::FloatCell;
using kernels::FloatProduct;
using kernels::KernelTable;

template <typename Run>
void for_each_product(Run run) {
  const kernels::FloatEnvironment environment;
  Random random(61);
  for (const Kind kind : kKinds)
    for (const int rows : {1, 2, 3, 4, 5, 7, 8, 16, 33})
      for (const int columns : {16, 32, 48, 64, 80, 144, 272}) run(&random, kind, rows, columns);
}

void run_product(Random* random, Kind kind, void (*kernel)(const FloatProduct*), const FloatProduct& shape, size_t a_size,
                 size_t b_size, Digest* digest) {
  const std::vector<float> a = draw_all(random, kind, a_size), b = draw_all(random, kind, b_size);
  std::vector<float> out = draw_all(random, kind, shape.out_stride * static_cast<size_t>(shape.rows));
  FloatProduct product = shape;
  product.a = a.data();
  product.b = b.data();
  product.out = out.data();
  kernel(&product);
  digest->add(std::span<const float>(out));
}

// Rows of units with everything that any cell reads; what it wrote goes to the digest.
void run_cell(void (*kernel)(const FloatCell*), Digest* digest) {
  const kernels::FloatEnvironment environment;
  Random random(62);
  for (const Kind kind : kKinds)
    for (const int units : {16, 32, 80, 160}) {
      const size_t h = static_cast<size_t>(units);
      const std::vector<float> from_input = draw_all(&random, kind, 3 * h), from_state = draw_all(&random, kind, 3 * h);
      const std::vector<float> before = draw_all(&random, Kind::kUsual, h), above = draw_all(&random, kind, h);
      std::vector<float> gates = draw_all(&random, Kind::kUsual, 4 * h), after = draw_all(&random, Kind::kUsual, h);
      std::vector<float> cell_after(h), carried = draw_all(&random, kind, h), to_input(3 * h), to_state(3 * h);
      FloatCell cell{};
      cell.units = units;
      cell.from_input = from_input.data();
      cell.from_state = from_state.data();
      cell.before = before.data();
      cell.gates = gates.data();
      cell.after = after.data();
      cell.cell_after = cell_after.data();
      cell.from_above = above.data();
      cell.carried = carried.data();
      cell.to_input = to_input.data();
      cell.to_state = to_state.data();
      kernel(&cell);
      for (const std::vector<float>* made : {&gates, &after, &cell_after, &carried, &to_input, &to_state})
        digest->add(std::span<const float>(*made));
    }
}

}  // namespace

void run_multiply_chains_f32(const KernelTable& table, Digest* digest) {
  for_each_product([&](Random* random, Kind kind, int rows, int columns) {
    const size_t r = static_cast<size_t>(rows), c = static_cast<size_t>(columns);
    for (const int depth : {1, 2, 17, 64}) {
      const size_t d = static_cast<size_t>(depth);
      FloatProduct shape{nullptr, d + 3, 1, nullptr, c + 5, nullptr, c + 1, rows, depth, columns};
      run_product(random, kind, table.multiply_chains_f32, shape, r * (d + 3), d * (c + 5), digest);
      shape.a_row = 1;  // a's columns instead of its rows
      shape.a_step = r;
      run_product(random, kind, table.multiply_chains_f32, shape, r * d, d * (c + 5), digest);
    }
  });
}

void run_multiply_transposed_f32(const KernelTable& table, Digest* digest) {
  for_each_product([&](Random* random, Kind kind, int rows, int columns) {
    const size_t r = static_cast<size_t>(rows), c = static_cast<size_t>(columns);
    for (const int depth : {16, 32, 176}) {
      const size_t d = static_cast<size_t>(depth);
      run_product(random, kind, table.multiply_transposed_f32,
                  {nullptr, d + 2, 1, nullptr, d + 1, nullptr, c + 3, rows, depth, columns}, r * (d + 2), c * (d + 1),
                  digest);
    }
  });
}

void run_add_rows_f32(const KernelTable& table, Digest* digest) {
  const kernels::FloatEnvironment environment;
  Random random(63);
  for (const Kind kind : kKinds)
    for (const int columns : {16, 48, 576}) {
      const std::vector<float> x = draw_all(&random, kind, static_cast<size_t>(columns));
      std::vector<float> sum = draw_all(&random, Kind::kUsual, static_cast<size_t>(columns));
      table.add_rows_f32(x.data(), sum.data(), columns);
      digest->add(std::span<const float>(sum));
    }
}

void run_functions_f32(const KernelTable& table, Digest* digest) {
  const kernels::FloatEnvironment environment;
  Random random(64);
  for (const Kind kind : kKinds)
    for (int which = 0; which < 4; ++which) {
      std::vector<float> x = draw_all(&random, kind, 4096), y(4096);
      for (float& value : x) {
        if (which == 0) value = kind == Kind::kUsual ? value * 80.0f : value > 80.0f ? 80.0f : value < -80.0f ? -80.0f : value;
        if (which == 3) value = value < 0.0f ? -value + 0x1p-100f : value + 0x1p-100f;
      }
      table.functions_f32(which, x.data(), y.data(), 4096);
      digest->add(std::span<const float>(y));
    }
}

void run_softmax_f32(const KernelTable& table, Digest* digest) {
  const kernels::FloatEnvironment environment;
  Random random(65);
  for (const Kind kind : kKinds)
    for (int k = 0; k < 200; ++k) {
      const std::vector<float> logits = draw_all(&random, kind, 256);
      std::vector<float> p(256);
      std::vector<uint32_t> freq(256);
      table.softmax_f32(logits.data(), p.data(), freq.data());
      digest->add(std::span<const float>(p));
      digest->add(std::span<const uint32_t>(freq));
    }
}

void run_adam_f32(const KernelTable& table, Digest* digest) {
  const kernels::FloatEnvironment environment;
  Random random(66);
  for (const Kind kind : kKinds)
    for (const float keep : {0.0f, 0.875f}) {
      constexpr size_t kSize = 528;
      std::vector<float> w = draw_all(&random, Kind::kUsual, kSize), v(kSize), m(kSize);
      for (int step = 1; step <= 20; ++step) {
        const kernels::FloatAdam options{0x1p-8f, 1.0f / static_cast<float>(step), 0x1p-64f, 16.0f, keep};
        const std::vector<float> g = draw_all(&random, kind, kSize);
        table.adam_f32(&options, g.data(), w.data(), v.data(), keep > 0.0f ? m.data() : nullptr, kSize);
      }
      for (const std::vector<float>* made : {&w, &v, &m}) digest->add(std::span<const float>(*made));
    }
}

void run_norm_forward_f32(const KernelTable& table, Digest* digest) {
  const kernels::FloatEnvironment environment;
  Random random(67);
  for (const Kind kind : kKinds)
    for (const int n : {16, 64, 208}) {
      const size_t size = static_cast<size_t>(n);
      std::vector<float> x = draw_all(&random, kind, size), out(size);
      const std::vector<float> gain = draw_all(&random, Kind::kUsual, size), offset = draw_all(&random, kind, size);
      digest->add_value(table.norm_forward_f32(x.data(), gain.data(), offset.data(), out.data(), n));
      digest->add(std::span<const float>(x));
      digest->add(std::span<const float>(out));
    }
}

void run_norm_backward_f32(const KernelTable& table, Digest* digest) {
  const kernels::FloatEnvironment environment;
  Random random(68);
  for (const Kind kind : kKinds)
    for (const int n : {16, 64, 208}) {
      const size_t size = static_cast<size_t>(n);
      const std::vector<float> y = draw_all(&random, Kind::kUsual, size), gain = draw_all(&random, Kind::kUsual, size);
      std::vector<float> d = draw_all(&random, kind, size), d_gain(size), d_offset(size);
      table.norm_backward_f32(y.data(), 0.7f, gain.data(), d.data(), d_gain.data(), d_offset.data(), n);
      for (const std::vector<float>* made : {&d, &d_gain, &d_offset}) digest->add(std::span<const float>(*made));
    }
}

void run_rnn_forward_f32(const KernelTable& table, Digest* digest) { run_cell(table.rnn_forward_f32, digest); }
void run_rnn_backward_f32(const KernelTable& table, Digest* digest) { run_cell(table.rnn_backward_f32, digest); }
void run_gru_forward_f32(const KernelTable& table, Digest* digest) { run_cell(table.gru_forward_f32, digest); }
void run_gru_backward_f32(const KernelTable& table, Digest* digest) { run_cell(table.gru_backward_f32, digest); }
void run_lstm_forward_f32(const KernelTable& table, Digest* digest) { run_cell(table.lstm_forward_f32, digest); }
void run_lstm_backward_f32(const KernelTable& table, Digest* digest) { run_cell(table.lstm_backward_f32, digest); }

}  // namespace fastnz::selftest

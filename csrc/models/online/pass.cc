#include "models/online/pass.h"

#include <algorithm>
#include <cmath>

#include "models/online/attention_body.h"
#include "models/online/philox.h"
#include "models/online/recurrent_body.h"

namespace fastnz::models {
namespace {

constexpr size_t kSymbols = kernels::kFloatSymbols;

void multiply(const float* factors, float* values, size_t count) noexcept {
  for (size_t i = 0; i < count; ++i) values[i] *= factors[i];
}

size_t row_width(const OnlineOptions& o) noexcept {
  return static_cast<size_t>(is_recurrent(o.cell) ? o.layers * o.units + feature_width(o) : o.units);
}

// Of dropout's arrays each.
size_t masked(const OnlineOptions& o) noexcept {
  return static_cast<size_t>(o.streams) * static_cast<size_t>(o.period) * row_width(o);
}

}  // namespace

std::unique_ptr<NetworkBody> make_body(const OnlineOptions& options, DenseParameters* parameters) {
  if (is_recurrent(options.cell)) return std::make_unique<RecurrentBody>(options, parameters);
  return std::make_unique<AttentionBody>(options, parameters);
}

size_t body_bytes(const OnlineOptions& options) noexcept {
  return is_recurrent(options.cell) ? RecurrentBody::bytes(options) : AttentionBody::bytes(options);
}

std::vector<TableShape> tables_of(const OnlineOptions& options) {
  return is_recurrent(options.cell) ? RecurrentBody::tables(options) : AttentionBody::tables(options);
}

NetworkPass::NetworkPass(const OnlineOptions& options, DenseParameters* parameters, int dropout)
    : streams_(options.streams), period_(options.period), dropout_(dropout), body_(make_body(options, parameters)) {
  const size_t streams = static_cast<size_t>(streams_);
  output_.place(parameters, body_->row_width(), kernels::kFloatSymbols);
  histories_.resize(streams);
  logits_ = FloatBuffer(streams * kSymbols);
  output_gradients_ = FloatBuffer(streams * static_cast<size_t>(period_) * kSymbols);
  if (options.bootstrap.units > 0) {
    beside_weights_ = parameters->add(kBootstrapWeights);
    beside_ = FloatBuffer(streams * static_cast<size_t>(period_) * kSymbols);
  }
  if (dropout == 0) return;
  factors_ = FloatBuffer(masked(options));
  dropped_ = FloatBuffer(masked(options));
}

size_t NetworkPass::bytes(const OnlineOptions& options, int dropout) noexcept {
  const size_t streams = static_cast<size_t>(options.streams);
  return body_bytes(options) + 16 * streams + FloatBuffer::bytes(streams * kSymbols) +
         (options.bootstrap.units > 0 ? 2 : 1) * FloatBuffer::bytes(streams * static_cast<size_t>(options.period) * kSymbols) +
         (dropout == 0 ? 0 : 2 * FloatBuffer::bytes(masked(options)));
}

void NetworkPass::draw(OnlineCore* core) const {
  body_->draw(core);
  const size_t inputs = static_cast<size_t>(output_.inputs);
  core->parameters.draw(output_.weights, inputs * kSymbols, 1.0f / std::sqrt(static_cast<float>(output_.inputs)),
                        core->options.seed);
  if (core->options.bootstrap.units > 0) core->parameters.fill(beside_weights_, kBootstrapWeights, 1.0f);
}

// logits = logits + weight * beside, kept for the way back.
void NetworkPass::add_beside(OnlineCore* core, FloatRows beside, FloatRows logits, size_t first) noexcept {
  for (size_t s = 0; s < static_cast<size_t>(streams_); ++s) {
    std::copy_n(beside.row(s), kSymbols, beside_.row(first + s, kSymbols));
    const kernels::FloatProduct product{core->parameters.weights(beside_weights_), 0, 1, beside.row(s), kSymbols,
                                        logits.row(s), kSymbols, 1, 1, kernels::kFloatSymbols};
    core->kernels->multiply_chains_f32(&product);
  }
}

// The same sum for each of the equal weights: a matrix of equal rows.
void NetworkPass::learn_beside(OnlineCore* core) noexcept {
  for (size_t i = 0; i < static_cast<size_t>(period_ * streams_); ++i) {
    const kernels::FloatProduct product{output_gradients_.row(i, kSymbols), kSymbols, 1, beside_.row(i, kSymbols), 0,
                                        core->parameters.gradients(beside_weights_), kBootstrapWeights, 1,
                                        kernels::kFloatSymbols, kBootstrapWeights};
    core->kernels->multiply_transposed_f32(&product);
  }
}

// `first`: of the rows of this period.
FloatRows NetworkPass::without_dropped(const OnlineCore& core, FloatRows rows, size_t first) noexcept {
  const size_t streams = static_cast<size_t>(streams_), width = static_cast<size_t>(output_.inputs);
  const FloatRows dropped{dropped_.row(first, width), width};
  float* const factors = factors_.row(first, width);
  draw_dropout(factors, streams * width, dropout_, core.options.seed, steps_++);
  for (size_t s = 0; s < streams; ++s) std::copy_n(rows.row(s), width, dropped.row(s));
  multiply(factors, dropped.data, streams * width);
  return dropped;
}

void NetworkPass::predict(OnlineCore* core, uint32_t* freq, const FloatRows* beside) noexcept {
  FloatRows rows = body_->forward(core, histories_.data());
  const size_t first = static_cast<size_t>(fresh_) * static_cast<size_t>(streams_);
  if (dropout_ != 0) rows = without_dropped(*core, rows, first);
  const FloatRows logits{logits_.data(), kSymbols};
  output_.forward(*core->kernels, &core->parameters, rows, logits, streams_);
  if (beside) add_beside(core, *beside, logits, first);
  for (size_t s = 0; s < static_cast<size_t>(streams_); ++s)
    core->kernels->softmax_f32(logits.row(s), output_gradients_.row(first + s, kSymbols), freq + s * kSymbols);
}

bool NetworkPass::update(OnlineCore* core, const int* symbols) noexcept {
  const size_t streams = static_cast<size_t>(streams_), first = static_cast<size_t>(fresh_) * streams;
  for (size_t s = 0; s < streams; ++s) {
    float* const gradient = output_gradients_.row(first + s, kSymbols);
    if (symbols[s] < 0)
      std::fill_n(gradient, kSymbols, 0.0f);
    else
      gradient[symbols[s]] -= 1.0f;
    histories_[s].push(static_cast<uint32_t>(std::max(symbols[s], 0)));
  }
  if (++fresh_ < period_) return false;
  fresh_ = 0;
  core->parameters.clear_gradients();
  const NetworkBody::Ends ends = body_->ends();
  const size_t width = static_cast<size_t>(output_.inputs), rows = static_cast<size_t>(period_ * streams_);
  output_.backward(*core->kernels, &core->parameters, dropout_ != 0 ? FloatRows{dropped_.data(), width} : ends.rows,
                   {output_gradients_.data(), kSymbols}, ends.gradients, period_ * streams_);
  for (size_t i = 0; i < rows && dropout_ != 0; ++i) multiply(factors_.row(i, width), ends.gradients.row(i), width);
  if (beside_weights_ != 0) learn_beside(core);
  body_->backward(core);
  return true;
}

void NetworkPass::restart() noexcept {
  fresh_ = 0;
  std::fill(histories_.begin(), histories_.end(), OnlineHistory{});
  body_->restart();
}

}  // namespace fastnz::models

#include "models/online/attention_body.h"

#include <algorithm>
#include <cmath>

namespace fastnz::models {
namespace {

constexpr float kStateBound = 4096.0f;  // of what blocks add up
constexpr float kGradientBound = 64.0f;
constexpr float kByteBound = 1.0f;      // of the tables of bytes

size_t size(int n) noexcept { return static_cast<size_t>(n); }
float bound_of(int inputs) noexcept { return 1.0f / std::sqrt(static_cast<float>(inputs)); }

void place(NormedRows* rows, DenseParameters* parameters, int units) noexcept {
  rows->gain = parameters->add(size(units));
  rows->offset = parameters->add(size(units));
}
void reserve(NormedRows* rows, size_t count, int units) {
  rows->units = FloatBuffer(count * size(units));
  rows->scales = FloatBuffer(count);
  rows->out = FloatBuffer(count * size(units));
}
size_t normed_bytes(size_t count, int units) noexcept {
  return 2 * FloatBuffer::bytes(count * size(units)) + FloatBuffer::bytes(count);
}

void normalise(OnlineCore* core, NormedRows* rows, size_t first, FloatRows x, int streams, int units) noexcept {
  for (size_t s = 0; s < size(streams); ++s) {
    float* const y = rows->units.row(first + s, size(units));
    std::copy_n(x.row(s), units, y);
    rows->scales.data()[first + s] =
        core->kernels->norm_forward_f32(y, core->parameters.weights(rows->gain), core->parameters.weights(rows->offset),
                                        rows->out.row(first + s, size(units)), units);
  }
}

// d, the gradients of normalised rows, become those of the rows.
void normalise_back(OnlineCore* core, NormedRows* rows, FloatRows d, size_t count, int units) noexcept {
  for (size_t i = 0; i < count; ++i)
    core->kernels->norm_backward_f32(rows->units.row(i, size(units)), rows->scales.data()[i],
                                     core->parameters.weights(rows->gain), d.row(i), core->parameters.gradients(rows->gain),
                                     core->parameters.gradients(rows->offset), units);
}

}  // namespace

AttentionShape::AttentionShape(const OnlineOptions& o) noexcept
    : units(o.units), heads(o.heads), places(o.places), inner(o.inner), streams(o.streams), period(o.period) {
  const bool trace = o.cell == OnlineCell::kTrace;
  group = trace ? 4 : 1;
  turns = trace ? 2 : 1;
  squares = trace;
  gated = projected = !trace;
  wide = gated ? 2 * inner : inner;
  rows = size(period) * size(streams);
  older = size(places - 1) * size(group) * size(streams);
  kept_weights = size((places + kernels::kFloatLanes - 1) / kernels::kFloatLanes * kernels::kFloatLanes);
}

AttentionBlock::AttentionBlock(const AttentionShape& shape, DenseParameters* parameters) : shape_(shape) {
  const size_t h = size(shape.units), rows = shape.rows;
  place(&before_attention_, parameters, shape.units);
  queries_keys_values_.place(parameters, shape.units, 3 * shape.units);
  relative_ = parameters->add(size(shape.places) * h);
  if (!shape.squares) offsets_ = parameters->add(size(shape.heads) * shape.kept_weights);
  if (shape.projected) projection_.place(parameters, shape.units, shape.units);
  before_units_.resize(size(shape.turns));
  place(&before_units_[0], parameters, shape.units);
  up_.place(parameters, shape.units, shape.wide);
  down_.place(parameters, shape.inner, shape.units);

  reserve(&before_attention_, rows, shape.units);
  for (NormedRows& normed : before_units_) {
    normed.gain = before_units_[0].gain;
    normed.offset = before_units_[0].offset;
    reserve(&normed, rows, shape.units);
    wide_.emplace_back(rows * size(shape.wide));
    inner_.emplace_back(rows * size(shape.inner));
  }
  states_ = FloatBuffer((shape.older + rows) * 3 * h);
  weights_ = FloatBuffer(rows * size(shape.heads) * shape.kept_weights);
  inverses_ = FloatBuffer(rows * size(shape.heads));
  attended_ = FloatBuffer(rows * h);
  to_states_ = FloatBuffer(rows * 3 * h);
  to_wide_ = FloatBuffer(rows * size(shape.wide));
  to_inner_ = FloatBuffer(rows * size(shape.inner));
  to_attended_ = FloatBuffer(rows * h);
}

size_t AttentionBlock::bytes(const AttentionShape& shape) noexcept {
  const size_t h = size(shape.units), rows = shape.rows, turns = size(shape.turns);
  return (1 + turns) * normed_bytes(rows, shape.units) + (turns + 1) * FloatBuffer::bytes(rows * size(shape.wide)) +
         (turns + 1) * FloatBuffer::bytes(rows * size(shape.inner)) + FloatBuffer::bytes((shape.older + rows) * 3 * h) +
         FloatBuffer::bytes(rows * size(shape.heads) * shape.kept_weights) + FloatBuffer::bytes(rows * size(shape.heads)) +
         2 * FloatBuffer::bytes(rows * h) + FloatBuffer::bytes(rows * 3 * h);
}

void AttentionBlock::draw(OnlineCore* core) const noexcept {
  DenseParameters& parameters = core->parameters;
  const size_t h = size(shape_.units);
  parameters.fill(before_attention_.gain, h, 1.0f);
  parameters.fill(before_units_[0].gain, h, 1.0f);
  for (const DenseLayer* layer : {&queries_keys_values_, &projection_, &up_, &down_})
    if (layer->inputs > 0)
      parameters.draw(layer->weights, size(layer->inputs) * size(layer->outputs), bound_of(layer->inputs), core->options.seed);
  parameters.draw(relative_, size(shape_.places) * h, bound_of(shape_.units), core->options.seed);
  for (int head = 0; head < shape_.heads && !shape_.squares; ++head)
    for (size_t j = 0; j < size(shape_.places); ++j)
      *parameters.weights(offsets_ + size(head) * shape_.kept_weights + j) =
          std::ldexp(-static_cast<float>(j), -1 - head);
}

kernels::FloatAttention AttentionBlock::attention(OnlineCore* core, size_t row, uint64_t seen) noexcept {
  const size_t h = size(shape_.units);
  float* const state = states_.row(shape_.older + row, 3 * h);
  kernels::FloatAttention a{};
  a.heads = shape_.heads;
  a.width = shape_.units / shape_.heads;
  a.places = static_cast<int32_t>(std::min<uint64_t>(size(shape_.places), seen / size(shape_.group) + 1));
  a.squares = shape_.squares;
  a.scale = bound_of(a.width);
  a.query = state;
  a.key = state + h;
  a.value = state + 2 * h;
  a.stride = size(shape_.group) * size(shape_.streams) * 3 * h;
  a.relative = core->parameters.weights(relative_);
  if (!shape_.squares) a.offsets = core->parameters.weights(offsets_);
  a.weights = weights_.row(row, size(shape_.heads) * shape_.kept_weights);
  a.weights_stride = shape_.kept_weights;
  a.inverses = inverses_.row(row, size(shape_.heads));
  a.out = attended_.row(row, h);
  return a;
}

void AttentionBlock::forward(OnlineCore* core, int t, uint64_t seen, FloatRows x) noexcept {
  const kernels::KernelTable& kernels = *core->kernels;
  const int streams = shape_.streams, units = shape_.units;
  const size_t h = size(units), first = size(t) * size(streams);
  normalise(core, &before_attention_, first, x, streams, units);
  queries_keys_values_.forward(kernels, &core->parameters, {before_attention_.out.row(first, h), h},
                               {states_.row(shape_.older + first, 3 * h), 3 * h}, streams);
  for (size_t s = 0; s < size(streams); ++s) {
    const kernels::FloatAttention a = attention(core, first + s, seen);
    kernels.attention_forward_f32(&a);
  }
  FloatRows added{attended_.row(first, h), h};
  if (shape_.projected) {
    added = {to_attended_.data(), h};
    projection_.forward(kernels, &core->parameters, {attended_.row(first, h), h}, added, streams);
  }
  for (size_t s = 0; s < size(streams); ++s) kernels.add_bounded_f32(added.row(s), x.row(s), kStateBound, h);

  for (size_t k = 0; k < before_units_.size(); ++k) {
    const size_t wide = size(shape_.wide), inner = size(shape_.inner);
    normalise(core, &before_units_[k], first, x, streams, units);
    up_.forward(kernels, &core->parameters, {before_units_[k].out.row(first, h), h}, {wide_[k].row(first, wide), wide}, streams);
    for (size_t s = 0; s < size(streams); ++s)
      kernels.feed_forward_f32(wide_[k].row(first + s, wide), shape_.inner, shape_.gated, inner_[k].row(first + s, inner));
    added = {to_attended_.data(), h};
    down_.forward(kernels, &core->parameters, {inner_[k].row(first, inner), inner}, added, streams);
    for (size_t s = 0; s < size(streams); ++s) kernels.add_bounded_f32(added.row(s), x.row(s), kStateBound, h);
  }
}

void AttentionBlock::backward(OnlineCore* core, uint64_t seen, FloatRows d, FloatRows work) noexcept {
  const kernels::KernelTable& kernels = *core->kernels;
  const int rows = static_cast<int>(shape_.rows), units = shape_.units;
  const size_t h = size(units), wide = size(shape_.wide), inner = size(shape_.inner), all = shape_.rows * h;
  const auto clear = [](FloatRows to, size_t count) { std::fill_n(to.data, count * to.stride, 0.0f); };
  const FloatRows to_inner{to_inner_.data(), inner}, to_wide{to_wide_.data(), wide};
  for (size_t k = before_units_.size(); k-- > 0;) {
    kernels.add_bounded_f32(nullptr, d.data, kGradientBound, all);
    clear(to_inner, shape_.rows);
    down_.backward(kernels, &core->parameters, {inner_[k].data(), inner}, d, to_inner, rows);
    for (size_t i = 0; i < shape_.rows; ++i)
      kernels.feed_backward_f32(wide_[k].row(i, wide), shape_.inner, shape_.gated, to_inner.row(i), to_wide.row(i));
    clear(work, shape_.rows);
    up_.backward(kernels, &core->parameters, {before_units_[k].out.data(), h}, to_wide, work, rows);
    normalise_back(core, &before_units_[k], work, shape_.rows, units);
    kernels.add_rows_f32(work.data, d.data, static_cast<int>(all));
  }

  kernels.add_bounded_f32(nullptr, d.data, kGradientBound, all);
  FloatRows to_attended = d;
  if (shape_.projected) {
    to_attended = {to_attended_.data(), h};
    clear(to_attended, shape_.rows);
    projection_.backward(kernels, &core->parameters, {attended_.data(), h}, d, to_attended, rows);
  }
  const FloatRows to_states{to_states_.data(), 3 * h};
  clear(to_states, shape_.rows);
  for (int t = shape_.period - 1; t >= 0; --t)
    for (size_t s = 0; s < size(shape_.streams); ++s) {
      const size_t row = size(t) * size(shape_.streams) + s;
      kernels::FloatAttention a = attention(core, row, seen + size(t));
      a.learning = std::min(a.places, t / shape_.group + 1);
      a.from_above = to_attended.row(row);
      a.to_query = to_states.row(row);
      a.to_key = a.to_query + h;
      a.to_value = a.to_query + 2 * h;
      a.to_stride = size(shape_.group) * size(shape_.streams) * 3 * h;
      a.to_relative = core->parameters.gradients(relative_);
      if (!shape_.squares) a.to_offsets = core->parameters.gradients(offsets_);
      kernels.attention_backward_f32(&a);
    }
  kernels.add_bounded_f32(nullptr, to_states_.data(), kGradientBound, shape_.rows * 3 * h);
  clear(work, shape_.rows);
  queries_keys_values_.backward(kernels, &core->parameters, {before_attention_.out.data(), h}, to_states, work, rows);
  normalise_back(core, &before_attention_, work, shape_.rows, units);
  kernels.add_rows_f32(work.data, d.data, static_cast<int>(all));
  std::copy_n(states_.data() + shape_.rows * 3 * h, shape_.older * 3 * h, states_.data());
}

AttentionBody::AttentionBody(const OnlineOptions& options, DenseParameters* parameters) : shape_(options) {
  for (int l = 0; l < options.layers; ++l) blocks_.emplace_back(shape_, parameters);
  place(&last_, parameters, shape_.units);
  reserve(&last_, shape_.rows, shape_.units);
  symbols_.resize(size(shape_.group) * shape_.rows);
  x_ = FloatBuffer(size(shape_.streams) * size(shape_.units));
  gradients_ = FloatBuffer(shape_.rows * size(shape_.units));
  work_ = FloatBuffer(shape_.rows * size(shape_.units));
}

size_t AttentionBody::bytes(const OnlineOptions& options) noexcept {
  const AttentionShape shape(options);
  const size_t h = size(shape.units);
  return size(options.layers) * AttentionBlock::bytes(shape) + normed_bytes(shape.rows, shape.units) +
         size(shape.group) * shape.rows * sizeof(uint32_t) + FloatBuffer::bytes(size(shape.streams) * h) +
         2 * FloatBuffer::bytes(shape.rows * h);
}

std::vector<TableShape> AttentionBody::tables(const OnlineOptions& options) {
  const AttentionShape shape(options);
  return std::vector<TableShape>(size(shape.group), {kernels::kFloatSymbols, shape.units / shape.group});
}

void AttentionBody::draw(OnlineCore* core) const {
  for (const AttentionBlock& block : blocks_) block.draw(core);
  core->parameters.fill(last_.gain, size(shape_.units), 1.0f);
  for (size_t k = 0; k < core->tables.size(); ++k)
    core->tables[k].draw(kByteBound, core->options.seed, static_cast<uint32_t>(0x80000000u + k));
}

FloatRows AttentionBody::forward(OnlineCore* core, const OnlineHistory* histories) noexcept {
  const size_t streams = size(shape_.streams), h = size(shape_.units), first = size(fresh_) * streams;
  const FloatRows x{x_.data(), h};
  for (size_t s = 0; s < streams; ++s) {
    float* to = x.row(s);
    for (size_t k = 0; k < size(shape_.group); ++k) {
      const uint32_t byte = static_cast<uint32_t>(histories[s].bytes >> (8 * k) & 255);
      const EmbeddingTable& table = core->tables[k];
      symbols_[k * shape_.rows + first + s] = byte;
      to = std::copy_n(table.row(byte), table.width(), to);
    }
  }
  for (AttentionBlock& block : blocks_) block.forward(core, fresh_, seen_, x);
  normalise(core, &last_, first, x, shape_.streams, shape_.units);
  ++fresh_;
  ++seen_;
  return {last_.out.row(first, h), h};
}

NetworkBody::Ends AttentionBody::ends() noexcept {
  const size_t h = size(shape_.units);
  std::fill_n(gradients_.data(), shape_.rows * h, 0.0f);
  return {{last_.out.data(), h}, {gradients_.data(), h}};
}

void AttentionBody::backward(OnlineCore* core) noexcept {
  const size_t h = size(shape_.units);
  const FloatRows d{gradients_.data(), h}, work{work_.data(), h};
  normalise_back(core, &last_, d, shape_.rows, shape_.units);
  const uint64_t before = seen_ - size(fresh_);
  for (size_t l = blocks_.size(); l-- > 0;) blocks_[l].backward(core, before, d, work);
  core->kernels->add_bounded_f32(nullptr, d.data, kGradientBound, shape_.rows * h);
  for (size_t k = 0; k < core->tables.size(); ++k)
    for (size_t i = 0; i < shape_.rows; ++i)
      core->tables[k].add_gradient(*core->kernels, symbols_[k * shape_.rows + i], d.row(i) + k * core->tables[k].width());
  fresh_ = 0;
}

void AttentionBody::restart() noexcept {
  seen_ = 0;
  fresh_ = 0;
}

}  // namespace fastnz::models

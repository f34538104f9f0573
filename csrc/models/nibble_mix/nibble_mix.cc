// The model object: owns the cells, keeps the history, and at each nibble tells the kernels which cells and which rows
// of weights to use. Specified in docs/nibble_mix.md.
#include "models/nibble_mix/nibble_mix.h"

#include <algorithm>
#include <bit>

#include "kernels/dispatch.h"
#include "models/context_mix/contexts.h"
#include "models/context_mix/match_finder.h"
#include "models/context_mix/options.h"
#include "models/context_mix/zeroed_buffer.h"
#include "models/nibble_mix/tables.h"

namespace fastnz::models {
namespace {

using kernels::kNibbleLanes;
using kernels::kNibbleSets;
using kernels::NibbleMixState;

struct Tier {
  int contexts;    // even
  int table_bits;  // log2 of the most bytes of lines; the overflow has half of that
  int apm_bits;    // log2 of the most trees in an adaptive probability map; 0: no maps
};

constexpr Tier kTierTable[kNibbleMixTiers] = {{4, 22, 0}, {6, 24, 13}, {8, 27, 13}, {10, 27, 13}, {12, 28, 13}};

constexpr uint64_t kLineBytes = 64;
constexpr uint64_t kCachedBytes = 8 << 20;  // tables up to this size stay in a shared cache
constexpr int kTrees = 17;             // of a direct context: the first nibble, then by the first nibble
constexpr uint32_t kSetRows[kNibbleSets] = {kTrees * 4, 2 * 16, 2 * 256};
constexpr int kMatchBuckets = 20;
constexpr uint32_t kMatchMost = 500;
constexpr int kApmColumns = kernels::kNibbleApmColumns;
constexpr uint64_t kApmTreeBytes = kNibbleLanes * kApmColumns * sizeof(uint16_t);

struct Shape {
  int contexts;
  int inputs;
  uint64_t line_bytes, overflow_bytes;  // powers of two
  uint64_t match_entries;               // a power of two
  uint64_t apm_trees;                   // a power of two, or 0
};

Shape nibble_shape(const ContextMixOptions& options, uint64_t content_size) {
  const Tier& tier = kTierTable[options.tier - 1];
  Shape shape;
  shape.contexts = std::min<int>(tier.contexts, static_cast<int>(profile_row(options.profile).contexts.size()) & ~1);
  shape.inputs = shape.contexts + kernels::kNibbleDirect + 2;
  const uint64_t most = uint64_t{1} << tier.table_bits;
  // A context claims at most a line a byte, most of them in small contents; in large ones contexts recur.
  const uint64_t start = std::min<uint64_t>(content_size, 1 << 16), rest = std::min(content_size - start, most);
  const uint64_t wanted = std::max<uint64_t>((start * 24 + rest * 12) * static_cast<uint64_t>(shape.contexts), 1 << 13);
  shape.line_bytes = std::min(std::bit_floor(wanted), most);
  shape.overflow_bytes = shape.line_bytes / 2;
  shape.match_entries = std::min(std::bit_ceil(std::max<uint64_t>(content_size, 512)) * 2, uint64_t{1} << 22);
  shape.apm_trees = tier.apm_bits == 0 ? 0 : std::clamp<uint64_t>(std::bit_ceil(content_size / 64), 1u << 4, uint64_t{1} << tier.apm_bits);
  return shape;
}

uint64_t weight_trees(const Shape& shape) {
  uint64_t rows = 0;
  for (const uint32_t r : kSetRows) rows += r;
  return rows * static_cast<uint64_t>(shape.inputs);
}

constexpr uint64_t kDirectTrees = kTrees + 256 * kTrees;

uint64_t reserved_bytes(const Shape& shape, uint64_t content_size) {
  return shape.line_bytes + shape.overflow_bytes + shape.match_entries * 4 + content_size + shape.apm_trees * kApmTreeBytes +
         (weight_trees(shape) + kDirectTrees) * kNibbleLanes * 2 + (uint64_t{1} << 20);
}

int match_bucket(uint32_t length) {
  return static_cast<int>(length < 16 ? length : length < 32 ? 16 : length < 64 ? 17 : length <= 400 ? 18 : 19);
}

class NibbleMix final : public BitModel {
 public:
  NibbleMix(const ContextMixOptions& options, uint64_t content_size)
      : shape_(nibble_shape(options, content_size)),
        profile_(profile_row(options.profile)),
        history_(content_size, options.width, options.step, options.profile),
        kernels_(kernels::kernels()),
        lines_(shape_.line_bytes),
        overflow_(shape_.overflow_bytes),
        matches_(shape_.match_entries, kMatchMost) {
    initialise();
    compute_hashes();
    start_byte();
  }

  void update(int bit) noexcept override {
    node_ = node_ * 2 + static_cast<uint32_t>(bit);
    if (node_ < 16) {
      p1_q16_ = state_.p1_q16[node_];
    } else {
      finish_nibble(node_ & 15);
    }
  }

 private:
  void initialise();
  void start_byte() noexcept;
  void start_nibble() noexcept;
  void compute_hashes() noexcept;
  void fetch_ahead() noexcept;
  void finish_nibble(uint32_t nibble) noexcept;

  Shape shape_;
  const ProfileRow& profile_;
  History history_;
  const kernels::KernelTable kernels_;
  ZeroedBuffer lines_, overflow_;
  MatchFinder matches_;
  ZeroedBuffer small_;  // everything else, one block
  NibbleMixState state_{};

  uint32_t node_ = 1;        // bits of this nibble so far with a leading 1
  bool second_ = false;      // which nibble
  uint32_t first_nibble_ = 0;
  int16_t* direct_[kernels::kNibbleDirect] = {};  // order 0: [kTrees], order 1: [256][kTrees]
  int16_t* set_[kNibbleSets] = {};
  uint32_t set_base_[4] = {};
  uint32_t previous_byte_ = 0;
  int guessed_byte_ = -1;    // pushed to the history before it is known, so that its lines are fetched in time
  History::Before before_{};

  uint32_t match_length_ = 0;
  int expected_byte_ = -1, expected_nibble_ = -1;
  uint16_t match_q16_[kMatchBuckets * 2][4];  // by nibble and bit: how often the match was right

  uint16_t* apm_ = nullptr;       // [apm_trees][kNibbleLanes][kApmColumns]
};

void NibbleMix::initialise() {
  const kernels::NibbleMixTables& tables = nibble_mix_tables();
  state_.tables = &tables;
  state_.contexts = shape_.contexts;
  state_.cells = shape_.contexts + kernels::kNibbleDirect;
  state_.lines = reinterpret_cast<int16_t*>(lines_.data());
  state_.overflow = reinterpret_cast<int16_t*>(overflow_.data());
  state_.line_mask = static_cast<uint32_t>(shape_.line_bytes / kLineBytes - 1);
  state_.overflow_mask = static_cast<uint32_t>(shape_.overflow_bytes / kLineBytes - 1);

  constexpr uint64_t kTreeBytes = kNibbleLanes * 2;
  const uint64_t direct_bytes = kDirectTrees * kTreeBytes, weight_bytes = weight_trees(shape_) * kTreeBytes;
  small_ = ZeroedBuffer(direct_bytes + weight_bytes + shape_.apm_trees * kApmTreeBytes);
  auto* next = reinterpret_cast<int16_t*>(small_.data());
  std::fill(next, next + direct_bytes / 2, kernels::kNibbleNewCell);
  direct_[0] = next;
  direct_[1] = next + kTrees * kNibbleLanes;
  next += direct_bytes / 2;

  // Each set holds a third of the weight that an input starts with: 0.2 for contexts and order 1, 0 for order 0, 0.4 for the match.
  const int n = shape_.contexts, inputs = shape_.inputs;
  for (int j = 0; j < kNibbleSets; ++j) {
    set_[j] = next;
    for (uint32_t row = 0; row < kSetRows[j]; ++row)
      for (int i = 0; i < inputs; ++i, next += kNibbleLanes)
        std::fill(next, next + kNibbleLanes, static_cast<int16_t>(i <= n ? 1092 : i == n + 2 ? 2184 : 0));
  }

  for (int i = 0; i < state_.cells; ++i)
    for (int k = 1; k < kernels::kNibbleSoleStates; ++k) {
      state_.sole_q16[i][k] = sole_start_q16(k);
      const auto value = static_cast<uint16_t>(tables.stretch_q10[sole_start_q16(k) >> 4]);
      state_.sole_low[i][k] = state_.sole_low[i][k + 16] = static_cast<uint8_t>(value);
      state_.sole_high[i][k] = state_.sole_high[i][k + 16] = static_cast<uint8_t>(value >> 8);
    }
  for (auto& bucket : match_q16_) std::fill(bucket, bucket + 4, uint16_t{58982});
  std::fill(state_.x[n + 3], state_.x[n + 3] + kNibbleLanes, int16_t{256});

  if (shape_.apm_trees != 0) {
    // Columns stand for log2 odds of -12 to 12, 1.6 apart: p = 2^x / (1 + 2^x), q16.
    static constexpr uint16_t kFirst[kApmColumns] = {16, 48, 147, 443, 1324, 3855, 10439, 23908, 41627, 55096, 61680, 64211, 65092, 65388, 65487, 65519};
    apm_ = reinterpret_cast<uint16_t*>(next);
    for (uint64_t row = 0; row < shape_.apm_trees * kNibbleLanes; ++row) std::copy(kFirst, kFirst + kApmColumns, apm_ + row * kApmColumns);
  }
}

void NibbleMix::compute_hashes() noexcept {
  compute_contexts(profile_, history_, shape_.contexts, state_.hash);
  kernels_.nibble_mix_prefetch(&state_);
}

void NibbleMix::start_byte() noexcept {
  compute_set_bases(profile_, history_, set_base_, 3);
  previous_byte_ = history_.c4 & 0xFF;
  match_length_ = matches_.find(history_, match_length_);
  expected_byte_ = matches_.expected_byte();
  second_ = false;
  first_nibble_ = 0;
  // Fast at first, then settling: 0.6 + 5 / (1 + bytes / 1024), q9.
  state_.learning_rate_q9 = 308 + static_cast<int32_t>(2560 * 1024 / (1024 + history_.size));
  kernels_.nibble_mix_find_first(&state_);
  start_nibble();
}

void NibbleMix::start_nibble() noexcept {
  const int n = shape_.contexts;
  const uint32_t tree = second_ ? 1 + first_nibble_ : 0;
  state_.slot[n] = direct_[1] + (previous_byte_ * kTrees + tree) * kNibbleLanes;
  state_.slot[n + 1] = direct_[0] + tree * kNibbleLanes;

  expected_nibble_ = -1;
  if (expected_byte_ >= 0) {
    if (!second_) expected_nibble_ = expected_byte_ >> 4;
    else if (static_cast<uint32_t>(expected_byte_ >> 4) == first_nibble_) expected_nibble_ = expected_byte_ & 15;
  }
  int16_t* const match = state_.x[n + 2];
  std::fill(match, match + kNibbleLanes, int16_t{0});
  uint32_t matched = 0;
  if (expected_nibble_ >= 0) {
    matched = match_length_ < 8 ? 1 : match_length_ < 24 ? 2 : 3;
    const uint16_t* const q = match_q16_[match_bucket(match_length_) * 2 + second_];
    for (int k = 0, node = 1; k < 4; ++k) {
      const int bit = expected_nibble_ >> (3 - k) & 1;
      const int16_t x = state_.tables->stretch_q10[q[k] >> 4];
      match[node] = bit ? x : static_cast<int16_t>(-x);
      node = node * 2 + bit;
    }
  }
  uint32_t known = 0;
  for (int i = 0; i < std::min(profile_.ordered, n); ++i) known += (state_.slot[i][1] & 15) != 0;
  const uint32_t row[kNibbleSets] = {tree * 4 + matched, second_ * 16u + (matched > 1 ? 8 + matched : known), second_ * 256u + set_base_[2]};
  for (int j = 0; j < kNibbleSets; ++j)
    state_.weights[j] = set_[j] + static_cast<uint64_t>(row[j]) * static_cast<uint32_t>(shape_.inputs) * kNibbleLanes;

  if (shape_.apm_trees != 0) {
    state_.apm = apm_ + ((previous_byte_ * 32 + tree) & (shape_.apm_trees - 1)) * kNibbleLanes * kApmColumns;
    for (int node = 0; node < kNibbleLanes; node += 2) __builtin_prefetch(state_.apm + node * kApmColumns);
  }
  kernels_.nibble_mix_predict(&state_);
  node_ = 1;
  fetch_ahead();
  p1_q16_ = state_.p1_q16[1];
}

// Fetches what the likeliest nibble will need: lines of the overflow after a first nibble, lines of the next byte after
// a second one. Right two to three times in four, and the memory then answers while the bits are coded.
void NibbleMix::fetch_ahead() noexcept {
  if (shape_.line_bytes <= kCachedBytes) return;  // near enough without
  const uint32_t likely = kernels_.nibble_mix_likely(&state_, second_);
  if (second_ && history_.step == 0 && history_.size < history_.bytes.size()) {
    guessed_byte_ = static_cast<int>(first_nibble_ << 4 | likely);
    before_ = history_.before();
    history_.push(static_cast<uint8_t>(guessed_byte_));
    compute_hashes();
  }
}

void NibbleMix::finish_nibble(uint32_t nibble) noexcept {
  kernels_.nibble_mix_update(&state_, static_cast<int>(nibble));
  if (expected_nibble_ >= 0) {
    uint16_t* const q = match_q16_[match_bucket(match_length_) * 2 + second_];
    const uint32_t differ = nibble ^ static_cast<uint32_t>(expected_nibble_);
    for (int k = 0; k < 4; ++k) {
      const bool right = (differ >> (3 - k) & 1) == 0;
      q[k] = static_cast<uint16_t>(q[k] + (((right ? 65535 : 0) - q[k]) >> 6));
      if (!right) break;
    }
  }
  if (!second_) {
    second_ = true;
    first_nibble_ = nibble;
    kernels_.nibble_mix_find_second(&state_, nibble);
    start_nibble();
    return;
  }
  const uint32_t byte = first_nibble_ << 4 | nibble;
  if (expected_byte_ >= 0 && static_cast<uint32_t>(expected_byte_) != byte) match_length_ = 0;
  if (guessed_byte_ != static_cast<int>(byte)) {
    if (guessed_byte_ >= 0) history_.go_back(before_);
    if (history_.size < history_.bytes.size()) history_.push(static_cast<uint8_t>(byte));
    compute_hashes();
  }
  guessed_byte_ = -1;
  start_byte();
}

}  // namespace

size_t nibble_mix_memory(base::ByteSpan options, uint64_t content_size) {
  return reserved_bytes(nibble_shape(read_options(options, "nibble_mix", kNibbleMixTiers), content_size), content_size);
}

std::unique_ptr<BitModel> make_nibble_mix(base::ByteSpan options, uint64_t content_size) {
  return std::make_unique<NibbleMix>(read_options(options, "nibble_mix", kNibbleMixTiers), content_size);
}

}  // namespace fastnz::models

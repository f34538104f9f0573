#include "models/nibble_mix/mixer.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "kernels/dispatch.h"
#include "models/nibble_mix/sizes.h"
#include "models/nibble_mix/tables.h"

namespace fastnz::models {
namespace {

using kernels::kNibbleLanes;

struct Tier {
  int contexts;    // even
  int table_bits;  // log2 of the most bytes of lines; the overflow has half of that
  int apm_bits;    // log2 of the most trees in an adaptive probability map; 0: no maps
};

constexpr Tier kTierTable[kNibbleMixTiers] = {{4, 22, 0},   {6, 24, 13},  {8, 27, 13}, {10, 27, 13},
                                           {12, 28, 13}, {16, 28, 13}, {24, 28, 13}};

constexpr uint64_t kCachedBytes = 8 << 20;  // tables up to this size stay in a shared cache
constexpr uint64_t kLazyBytes = 1 << 16;    // contents up to this size initialise what they come to, when they do
constexpr uint32_t kTrees = kNibbleTrees;
constexpr uint32_t kDirectTrees = kTrees + 256 * kTrees;
constexpr uint32_t kDirectRoom = kDirectTrees + 1;  // even, so that rows of weights begin with a cache line
constexpr int kMapColumns = kernels::kNibbleApmColumns;
constexpr uint64_t kMapTreeLanes = kNibbleLanes * kMapColumns;

// Rows of each set, and where they begin among all rows.
constexpr uint32_t kSetRows[kernels::kMaxNibbleSets] = {kTrees * 4, 2 * 16, 2 * 256, 2 * 16};
constexpr uint32_t kSetBegin[kernels::kMaxNibbleSets + 1] = {0, 68, 100, 612, 644};

// Of a network: how sure it is of a nibble (the least odds on the way to its likeliest one) and what it costs of late, in
// eight steps each. Trees of the answer's map, then those of each network lie behind those of the order-1 map.
constexpr int kSteps = 8;
constexpr int32_t kSure_q10[kSteps - 1] = {300, 900, 1800, 3000, 4500, 6500, 9000};
constexpr int32_t kCost_q10[kSteps - 1] = {400, 900, 1600, 2500, 3600, 5000, 7500};
constexpr int32_t kCostStart_q10 = 2500;
constexpr int32_t kFrequencyBits_q10 = 22 * 1024;
constexpr uint32_t kNetworkInputTrees = 2 * kSteps, kNetworkAnswerTrees = 2 * 16 * kSteps;
static_assert(kSetBegin[4] == kStartRows && kNetworkInputTrees + kNetworkAnswerTrees == kStartMaps && kMapColumns == kStartColumns);
static_assert(kStartContexts + kernels::kNibbleDirect + kernels::kNibbleOthers + kernels::kNibbleNetwork == kStartInputs);

int step_of(int32_t value, const int32_t (&limits)[kSteps - 1]) {
  int step = 0;
  while (step < kSteps - 1 && value > limits[step]) ++step;
  return step;
}

uint64_t weight_rows(const NibbleMixShape& shape) { return kSetBegin[shape.networks != 0 ? 4 : 3]; }
uint64_t map_trees(const NibbleMixShape& shape) {
  return shape.apm_trees + (shape.networks != 0 ? static_cast<uint32_t>(shape.networks) * kNetworkInputTrees + kNetworkAnswerTrees : 0);
}

// As the kernels number them.
uint64_t line_number(uint32_t hash, uint32_t mask, int context) {
  return ((hash & mask) & ~uint32_t{2}) | (static_cast<uint32_t>(context) & 1) << 1;
}

// Of direct trees, weights and maps.
uint64_t small_lanes(const NibbleMixShape& shape) {
  return (kDirectRoom + weight_rows(shape) * static_cast<uint64_t>(shape.inputs) + map_trees(shape) * kMapColumns) * kNibbleLanes +
         static_cast<uint64_t>(shape.readout) * Readout::kRows;
}
uint64_t small_bytes(const NibbleMixShape& shape) {
  return (small_lanes(shape) * sizeof(int16_t) + Journal::kUnit - 1) / Journal::kUnit * Journal::kUnit;
}

}  // namespace

NibbleMixShape nibble_mix_shape(const MixOptions& options, uint64_t content_size, int networks, int last_inputs) {
  const Tier& tier = kTierTable[options.tier - 1];
  NibbleMixShape shape;
  shape.networks = networks;
  shape.readout = networks == 0 ? 0 : Readout::width(options.tier, last_inputs);
  shape.contexts = std::min<int>(tier.contexts, static_cast<int>(profile_row(options.profile).contexts.size()) & ~1);
  shape.inputs = shape.contexts + kernels::kNibbleDirect + kernels::kNibbleOthers + networks * kernels::kNibbleNetwork;
  const uint64_t most = uint64_t{1} << tier.table_bits;
  shape.line_bytes = nibble_line_bytes(shape.contexts, content_size, most);
  shape.overflow_bytes = shape.line_bytes / 2;
  shape.match_entries = nibble_match_entries(content_size);
  shape.apm_trees = tier.apm_bits == 0 ? 0 : std::clamp<uint64_t>(std::bit_ceil(content_size / 64), 1u << 4, uint64_t{1} << tier.apm_bits);
  return shape;
}

uint64_t reserved_bytes(const NibbleMixShape& shape, uint64_t content_size) {
  const uint64_t trees = weight_rows(shape) * static_cast<uint64_t>(shape.inputs) + kDirectTrees;
  return shape.line_bytes + shape.overflow_bytes + shape.match_entries * 4 + content_size + map_trees(shape) * kMapTreeLanes * 2 +
         trees * kNibbleLanes * 2 + static_cast<uint64_t>(shape.readout) * Readout::kRows * 2 + (uint64_t{1} << 20);
}

NibbleMix::NibbleMix(const MixOptions& options, uint64_t content_size, int networks, int last_inputs, const Starts* starts)
    : shape_(nibble_mix_shape(options, content_size, networks, last_inputs)),
      profile_(profile_row(options.profile)),
      history_(content_size, options.width, options.step, options.profile),
      kernels_(kernels::kernels()),
      lines_(shape_.line_bytes),
      overflow_(shape_.overflow_bytes),
      matches_(shape_.match_entries, kNibbleMatchMost),
      starts_(starts) {
  const bool learnt = networks == 1 && shape_.contexts == kStartContexts && options.profile == Profile::kText;
  if (starts_ == nullptr && learnt) starts_ = &learnt_starts();
  nibble_p1_q16_ = state_.p1_q16;
  history_.kept = kept_summaries(profile_, shape_.contexts);
  initialise();
  compute_hashes();
  if (networks == 0) begin_byte(nullptr);
}

void NibbleMix::initialise() {
  const kernels::NibbleMixTables& tables = nibble_mix_tables();
  state_.tables = &tables;
  state_.contexts = shape_.contexts;
  state_.cells = shape_.contexts + kernels::kNibbleDirect;
  state_.lines = reinterpret_cast<int16_t*>(lines_.data());
  state_.overflow = reinterpret_cast<int16_t*>(overflow_.data());
  state_.line_mask = static_cast<uint32_t>(shape_.line_bytes / kNibbleLineBytes - 1);
  state_.overflow_mask = static_cast<uint32_t>(shape_.overflow_bytes / kNibbleLineBytes - 1);

  start_sole_states(&state_);
  std::fill(state_.x[state_.cells + 1], state_.x[state_.cells + 2], int16_t{256});
  state_.networks = shape_.networks;
  std::fill(network_cost_q10_, network_cost_q10_ + kernels::kMaxNibbleNetworks, kCostStart_q10);

  // Without networks the sets together begin with 0.2 for contexts and order 1, less where there are more than 12 of them, and
  // 0.4 for the match; with them with 1.5 for all contexts together, 0.4 for the match and 0.6 for all inputs of networks together. Order 0 and the constant: 0.
  const int n = shape_.contexts, networks = shape_.networks;
  std::fill(weight_start_, weight_start_ + n + 1, static_cast<int16_t>(networks != 0 ? 6300 / n : std::min(1092, 13104 / n)));
  weight_start_[n + 2] = networks != 0 ? 1638 : 2184;
  for (int k = 0; k < networks * kernels::kNibbleNetwork; ++k) weight_start_[n + 4 + k] = static_cast<int16_t>(1200 / networks);

  const bool lazy = history_.bytes.size() <= kLazyBytes;
  const uint64_t rows = weight_rows(shape_), maps = map_trees(shape_), row_lanes = static_cast<uint64_t>(shape_.inputs) * kNibbleLanes;
  const uint64_t lanes = small_lanes(shape_), flags = kDirectTrees + rows + maps;
  small_ = ZeroedBuffer(lanes * 2 + (lazy ? flags : 0) + Journal::kUnit);
  direct_ = reinterpret_cast<int16_t*>(small_.data());
  weights_ = direct_ + kDirectRoom * kNibbleLanes;
  maps_ = reinterpret_cast<uint16_t*>(weights_ + rows * row_lanes);
  readout_.place(reinterpret_cast<int16_t*>(maps_ + maps * kMapTreeLanes), shape_.readout);
  if (lazy) {
    known_ = small_.data() + lanes * 2;
    return;
  }
  for (uint32_t i = 0; i < kDirectTrees; ++i) initialise_direct(i);
  for (uint32_t i = 0; i < rows; ++i) initialise_weights(i);
  for (uint32_t i = 0; i < maps; ++i) initialise_map(i);
}

void NibbleMix::initialise_direct(uint32_t number) noexcept {
  std::fill_n(direct_ + number * kNibbleLanes, kNibbleLanes, kernels::kNibbleNewCell);
}

void NibbleMix::initialise_weights(uint32_t number) noexcept {
  int16_t* const row = weights_ + static_cast<uint64_t>(number) * static_cast<uint32_t>(shape_.inputs * kNibbleLanes);
  const int16_t* const first = starts_ != nullptr ? starts_->weights[number] : weight_start_;
  for (int i = 0; i < shape_.inputs; ++i) std::fill_n(row + i * kNibbleLanes, kNibbleLanes, first[i]);
}

void NibbleMix::initialise_map(uint32_t number) noexcept {
  // Columns stand for log2 odds of -12 to 12, 1.6 apart: p = 2^x / (1 + 2^x), q16.
  static constexpr uint16_t kFirst[kMapColumns] = {16, 48, 147, 443, 1324, 3855, 10439, 23908, 41627, 55096, 61680, 64211, 65092, 65388, 65487, 65519};
  uint16_t* const tree = maps_ + number * kMapTreeLanes;
  const bool of_network = starts_ != nullptr && number >= shape_.apm_trees;
  const uint16_t* const first = of_network ? starts_->maps[number - shape_.apm_trees] : kFirst;
  for (int lane = 0; lane < kNibbleLanes; ++lane) std::copy(first, first + kMapColumns, tree + lane * kMapColumns);
}

const int16_t* NibbleMix::used_weights(uint32_t row) const noexcept {
  if (known_ != nullptr && !known_[kDirectTrees + row]) return nullptr;
  return weights_ + static_cast<uint64_t>(row) * static_cast<uint32_t>(shape_.inputs * kNibbleLanes);
}

const uint16_t* NibbleMix::used_map(uint32_t tree) const noexcept {
  const uint64_t number = shape_.apm_trees + tree;
  if (known_ != nullptr && !known_[kDirectTrees + weight_rows(shape_) + number]) return nullptr;
  return maps_ + number * kMapTreeLanes;
}

int16_t* NibbleMix::direct_tree(uint32_t number) noexcept {
  if (known_ != nullptr && !known_[number]) {
    known_[number] = 1;
    initialise_direct(number);
  }
  int16_t* const tree = direct_ + number * kNibbleLanes;
  if (journal_) journal_->touch(Journal::kSmall, tree, kNibbleLanes * sizeof *tree);
  return tree;
}

int16_t* NibbleMix::weight_row(int set, uint32_t row) noexcept {
  const uint32_t number = kSetBegin[set] + row;
  if (known_ != nullptr && !known_[kDirectTrees + number]) {
    known_[kDirectTrees + number] = 1;
    initialise_weights(number);
  }
  const auto row_lanes = static_cast<uint32_t>(shape_.inputs * kNibbleLanes);
  int16_t* const weights = weights_ + static_cast<uint64_t>(number) * row_lanes;
  if (journal_) journal_->touch(Journal::kSmall, weights, row_lanes * sizeof *weights);
  return weights;
}

uint16_t* NibbleMix::map_tree(uint64_t number) noexcept {
  if (known_ != nullptr) {
    uint8_t& known = known_[kDirectTrees + weight_rows(shape_) + number];
    if (!known) {
      known = 1;
      initialise_map(static_cast<uint32_t>(number));
    }
  }
  uint16_t* const tree = maps_ + number * kMapTreeLanes;
  if (journal_) journal_->touch(Journal::kSmall, tree, kMapTreeLanes * sizeof *tree);
  return tree;
}

void NibbleMix::compute_hashes() noexcept {
  compute_contexts(profile_, history_, shape_.contexts, state_.hash);
  kernels_.nibble_mix_prefetch(&state_);
}

void NibbleMix::begin_byte(const uint32_t* freq0, const uint32_t* freq1, std::span<const int8_t> inputs) noexcept {
  if (shape_.readout != 0) readout_.begin_byte(inputs);
  freq_[0] = freq0;
  freq_[1] = freq1;
  set_base_ = third_set_base(profile_, history_);
  previous_byte_ = history_.c4 & 0xFF;
  if (journal_ && matches_.pending_cell() != nullptr) journal_->touch(matches_.pending_cell());
  match_length_ = matches_.find(history_, match_length_);
  expected_byte_ = matches_.expected_byte();
  second_ = false;
  first_nibble_ = 0;
  state_.learning_rate_q9 = nibble_learning_rate_q9(history_.size);
  if (journal_) touch_lines();
  kernels_.nibble_mix_find_first(&state_);
  start_nibble();
}

// The networks' odds at the nodes of this nibble, and what they select. The first network leads.
void NibbleMix::start_networks() noexcept {
  const auto half = static_cast<uint32_t>(second_);
  for (int k = 0; k < shape_.networks; ++k) {
    int16_t* const odds = state_.x[state_.cells + kernels::kNibbleOthers + k * kernels::kNibbleNetwork];
    if (second_) {
      kernels_.nibble_odds_q10(freq_[k] + first_nibble_ * 16, odds);
    } else {
      alignas(64) uint32_t sums[kNibbleLanes];
      kernels_.nibble_sums(freq_[k], sums);
      kernels_.nibble_odds_q10(sums, odds);
    }
    uint32_t node = 1;
    int32_t least = INT16_MAX;
    for (int step = 0; step < 4; ++step) {
      const int32_t o = odds[node];
      least = std::min(least, o < 0 ? -o : o);
      node = node * 2 + (o > 0);
    }
    const auto sure = static_cast<uint32_t>(step_of(least, kSure_q10));
    const uint64_t input = shape_.apm_trees + kNetworkAnswerTrees + static_cast<uint32_t>(k) * kNetworkInputTrees;
    state_.network_map[k] = map_tree(input + half * kSteps + sure);
    if (k == 0) state_.network_apm = map_tree(shape_.apm_trees + (half * 16 + (node & 15)) * kSteps + sure);
  }
  if (shape_.readout != 0)
    kernels_.readout_odds_q10(readout_.row(tree(), 0), readout_.x(), shape_.readout, state_.readout_q10);
  const bool led = shape_.networks < 2 || network_cost_q10_[0] <= network_cost_q10_[1];
  const auto cost = static_cast<uint32_t>(step_of(network_cost_q10_[0], kCost_q10));
  state_.weights[3] = weight_row(3, half * 16 + (led ? 0 : kSteps) + cost);
}

void NibbleMix::start_nibble() noexcept {
  const int n = shape_.contexts;
  const uint32_t tree = this->tree();
  state_.slot[n] = direct_tree(kTrees + previous_byte_ * kTrees + tree);
  state_.slot[n + 1] = direct_tree(tree);
  const uint32_t matched = match_odds_.begin(expected_byte_, match_length_, second_, first_nibble_, state_.tables->stretch_q10, state_.x[state_.cells]);
  uint32_t known = 0;
  for (int i = 0; i < std::min(profile_.ordered, n); ++i) known += (state_.slot[i][1] & 15) != 0;
  state_.weights[0] = weight_row(0, tree * 4 + matched);
  state_.weights[1] = weight_row(1, second_ * 16u + (matched > 1 ? 8 + matched : known));
  state_.weights[2] = weight_row(2, second_ * 256u + set_base_);
  if (shape_.apm_trees != 0) {
    state_.apm = map_tree((previous_byte_ * 32 + tree) & (shape_.apm_trees - 1));
    for (int node = 0; node < kNibbleLanes; node += 2) __builtin_prefetch(state_.apm + node * kMapColumns);
  }
  if (shape_.networks != 0) start_networks();
  kernels_.nibble_mix_predict(&state_);
  fetch_ahead();
  begin_nibble();
}

// Fetches what the next nibble will need: lines of the overflow after a first nibble, lines of the next byte after a second
// one. An encoder knows the nibble; the likeliest one is right two to three times in four, and the memory then answers while
// the bits are coded.
void NibbleMix::fetch_ahead() noexcept {
  if (shape_.line_bytes <= kCachedBytes) return;  // near enough without
  const bool room = history_.size < history_.bytes.size();
  uint32_t nibble;
  if (content_ != nullptr && room) {
    nibble = content_[history_.size] >> (second_ ? 0 : 4) & 15;
  } else {
    uint32_t node = 1;
    for (int k = 0; k < 4; ++k) node = node * 2 + (state_.p1_q16[node] >> 15);
    nibble = node & 15;
  }
  if (!second_) {
    kernels_.nibble_mix_prefetch_second(&state_, nibble);
  } else if (history_.step == 0 && room) {
    guessed_byte_ = static_cast<int>(first_nibble_ << 4 | nibble);
    before_ = history_.before();
    push(static_cast<uint8_t>(guessed_byte_));
    compute_hashes();
  }
}

void NibbleMix::push(uint8_t byte) noexcept {
  if (journal_) {
    journal_->touch(&history_.follow1[history_.c4 & 0xFF]);
    journal_->touch(&history_.follow2[history_.c4 & 0xFFFF]);
  }
  history_.push(byte);
}

// The pairs of lines of this byte's contexts, one of which each will take or make its own.
void NibbleMix::touch_lines() noexcept {
  for (int i = 0; i < state_.contexts; ++i) {
    const uint64_t line = line_number(state_.hash[i], state_.line_mask, i) & ~uint64_t{1};
    journal_->touch(Journal::kLines, state_.lines + line * kernels::kNibbleLineLanes, 2 * kNibbleLineBytes);
  }
}

// The lines of the overflow that nibble_mix_find_second() may change.
void NibbleMix::touch_overflow(uint32_t nibble) noexcept {
  for (int i = 0; i < state_.contexts; ++i) {
    const int16_t tag = state_.line[i][kernels::kNibbleSecond];
    if (tag == 0 || tag == static_cast<int16_t>(nibble + 1)) continue;
    uint32_t h = (state_.hash[i] + nibble * 0x3D4D51CBu) * 0x9E3779B1u;
    h ^= h >> 15;
    const uint64_t line = line_number(h * 0x85EBCA6Bu >> 1, state_.overflow_mask, i);
    journal_->touch(Journal::kOverflow, state_.overflow + line * kernels::kNibbleLineLanes, kNibbleLineBytes);
  }
}

void NibbleMix::forget_past(uint64_t size) {
  if (guessed_byte_ >= 0) history_.go_back(before_);
  guessed_byte_ = -1;
  Summaries fresh;
  fresh.size = fresh.line_start = fresh.line1_start = history_.size;
  static_cast<Summaries&>(history_) = fresh;
  if (history_.bytes.size() < history_.size + size) history_.bytes.resize(static_cast<size_t>(history_.size + size));
  if (journal_) journal_->reserve(journal_bytes(shape_, size), 5 * (size + 2));
  matches_.begin_anew();
  match_length_ = 0;
  compute_hashes();
}

void NibbleMix::set_mark() {
  for (uint32_t i = 0; i < kDirectTrees; ++i) direct_tree(i);
  for (uint32_t i = 0; i < weight_rows(shape_); ++i) weight_row(0, i);
  for (uint32_t i = 0; i < map_trees(shape_); ++i) map_tree(i);
  known_ = nullptr;  // a journal's units reach over more than one tree, so all of them must be there
  mark_ = std::make_unique<Mark>();
  mark_->size = history_.size;
  mark_->state = state_;
  mark_->match_odds = match_odds_;
  std::memcpy(mark_->network_cost_q10, network_cost_q10_, sizeof network_cost_q10_);
  journal_ = std::make_unique<Journal>();
  journal_->watch(Journal::kLines, lines_.data(), shape_.line_bytes);
  journal_->watch(Journal::kOverflow, overflow_.data(), shape_.overflow_bytes);
  journal_->watch(Journal::kSmall, small_.data(), small_bytes(shape_));
}

void NibbleMix::return_to_mark() noexcept {
  journal_->put_back();
  history_.size = mark_->size;
  guessed_byte_ = -1;
  state_ = mark_->state;
  match_odds_ = mark_->match_odds;
  std::memcpy(network_cost_q10_, mark_->network_cost_q10, sizeof network_cost_q10_);
}

// Of each context a pair of lines and one of the overflow a byte, of the rest at most all.
uint64_t NibbleMix::journal_bytes(const NibbleMixShape& shape, uint64_t record_size) {
  const uint64_t tables = shape.line_bytes + shape.overflow_bytes;
  const uint64_t a_byte = static_cast<uint64_t>(shape.contexts) * 2 * Journal::kUnit;
  return (record_size + 1 < tables / a_byte ? (record_size + 1) * a_byte : tables) + small_bytes(shape);
}

void NibbleMix::learn_readout(uint32_t nibble) noexcept {
  for (uint32_t k = 4, node = 1; k-- > 0;) {
    const uint32_t bit = nibble >> k & 1;
    const int16_t step = readout_.step((bit ? 32767 : 0) - state_.mixed_q15[node]);
    int16_t* const row = readout_.row(tree(), node);
    if (journal_) journal_->touch(Journal::kSmall, row, static_cast<size_t>(shape_.readout) * sizeof *row);
    if (step != 0) kernels_.readout_learn(readout_.x(), shape_.readout, step, row);
    node = node * 2 + bit;
  }
}

void NibbleMix::update_nibble(uint32_t nibble) noexcept {
  if (second_) {
    const uint32_t byte = first_nibble_ << 4 | nibble;
    for (int k = 0; k < shape_.networks; ++k)
      network_cost_q10_[k] += (kFrequencyBits_q10 - log2_q10(freq_[k][byte]) - network_cost_q10_[k]) >> 2;
    byte_known(byte);  // the frequencies may change from here on
  }
  if (shape_.readout != 0) learn_readout(nibble);
  kernels_.nibble_mix_update(&state_, static_cast<int>(nibble));
  match_odds_.learn(nibble);
  if (!second_) {
    second_ = true;
    first_nibble_ = nibble;
    if (journal_) touch_overflow(nibble);
    kernels_.nibble_mix_find_second(&state_, nibble);
    start_nibble();
    return;
  }
  const uint32_t byte = first_nibble_ << 4 | nibble;
  if (expected_byte_ >= 0 && static_cast<uint32_t>(expected_byte_) != byte) match_length_ = 0;
  if (guessed_byte_ != static_cast<int>(byte)) {
    if (guessed_byte_ >= 0) history_.go_back(before_);
    if (history_.size < history_.bytes.size()) push(static_cast<uint8_t>(byte));
    compute_hashes();
  }
  guessed_byte_ = -1;
  byte_coded(byte);
}

}  // namespace fastnz::models

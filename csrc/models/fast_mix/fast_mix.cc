// The model object: as models/nibble_mix/mixer.cc, with less of everything (no order 0, no maps, no guesses ahead) and one
// thing more, the bytes that are asked whole. Specified in docs/fast_mix.md.
#include "models/fast_mix/fast_mix.h"

#include <algorithm>

#include "kernels/dispatch.h"
#include "models/mixing/contexts.h"
#include "models/mixing/history.h"
#include "models/mixing/match_finder.h"
#include "models/mixing/options.h"
#include "models/mixing/zeroed_buffer.h"
#include "models/nibble_mix/match_odds.h"
#include "models/nibble_mix/sizes.h"
#include "models/nibble_mix/tables.h"

namespace fastnz::models {
namespace {

using kernels::kNibbleLanes;
using kernels::kNibbleSets;

constexpr int kCells = kFastContexts + 1;  // order 1 has cells of its own
constexpr int kInputs = kCells + kernels::kNibbleOthers;
constexpr uint64_t kRowLanes = kInputs * kNibbleLanes;
constexpr uint32_t kTrees = kNibbleTrees;
constexpr uint32_t kDirectTrees = 256 * kTrees;
constexpr uint32_t kSetRows[kNibbleSets] = {kTrees * 4, 2 * 16, 2 * 256};
constexpr uint64_t kRows = kSetRows[0] + kSetRows[1] + kSetRows[2];

// What a match of at least kSureLength foretells is asked whole where such bytes have come often enough.
constexpr uint32_t kSureLength = 16;
constexpr uint16_t kSureStart_q16 = 60000, kSure_q16 = 65000;
constexpr int kSureRate = 5;

struct Shape {
  uint64_t line_bytes, overflow_bytes;  // powers of two
  uint64_t match_entries;               // a power of two
};

Shape fast_shape(const MixOptions& options, uint64_t content_size) {
  // Reads of genomes recur seldom but exactly: they alone pay for tables beyond the caches.
  const uint64_t most = uint64_t{1} << (options.profile == Profile::kSequences ? 24 : 22);
  Shape shape;
  shape.line_bytes = nibble_line_bytes(kFastContexts, content_size, most);
  shape.overflow_bytes = shape.line_bytes / 2;
  shape.match_entries = std::min(nibble_match_entries(content_size), uint64_t{1} << 18);  // a MiB stays near
  return shape;
}

class FastMix final : public NibbleModel {
 public:
  FastMix(const MixOptions& options, uint64_t content_size)
      : shape_(fast_shape(options, content_size)),
        profile_(fast_profile_row(options.profile)),
        history_(content_size, options.width, options.step, options.profile),
        kernels_(kernels::kernels()),
        lines_(shape_.line_bytes),
        overflow_(shape_.overflow_bytes),
        matches_(shape_.match_entries, kNibbleMatchMost),
        small_((kDirectTrees * kNibbleLanes + kRows * kRowLanes + 65536) * sizeof(int16_t)) {
    nibble_p1_q16_ = state_.p1_q16;
    history_.kept = kept_summaries(profile_, kFastContexts);
    initialise();
    start_byte();
  }

  void update_nibble(uint32_t nibble) noexcept override;
  void update_expected(bool as_expected) noexcept override;

 private:
  void initialise();
  void push(uint32_t byte) noexcept;
  void enter(uint32_t byte) noexcept;
  void compute_hashes() noexcept;
  bool foreseen() const noexcept { return content_ != nullptr && history_.size < history_.bytes.size(); }
  void start_byte() noexcept;
  void start_bits() noexcept;
  void start_nibble() noexcept;
  void learn(uint32_t nibble) noexcept;
  void learn_sure(bool as_expected) noexcept { *sure_ = static_cast<uint16_t>(*sure_ + (((as_expected ? 65535 : 0) - *sure_) >> kSureRate)); }

  Shape shape_;
  const ProfileRow& profile_;
  History history_;
  const kernels::KernelTable kernels_;
  ZeroedBuffer lines_, overflow_;
  MatchFinder matches_;
  ZeroedBuffer small_;
  kernels::NibbleMixState state_{};

  bool second_ = false;
  bool entered_ = false;  // the history has the byte that is being coded
  bool hashed_ = false;   // the hashes are those of the next byte
  uint32_t first_nibble_ = 0, previous_byte_ = 0;
  int16_t* direct_ = nullptr;         // [256][kTrees] trees of order 1
  int16_t* set_[kNibbleSets] = {};    // [rows][kInputs] trees of weights
  uint16_t* sure_table_ = nullptr;    // [last byte][expected byte]: how often it came
  uint16_t* sure_ = nullptr;          // of the byte to come; null: the match is too short
  uint32_t set_base_ = 0;
  uint32_t match_length_ = 0;
  int match_byte_ = -1;
  MatchOdds match_odds_;
};

void FastMix::initialise() {
  const kernels::NibbleMixTables& tables = nibble_mix_tables();
  state_.tables = &tables;
  state_.contexts = kFastContexts;
  state_.cells = kCells;
  state_.lines = reinterpret_cast<int16_t*>(lines_.data());
  state_.overflow = reinterpret_cast<int16_t*>(overflow_.data());
  state_.line_mask = static_cast<uint32_t>(shape_.line_bytes / kNibbleLineBytes - 1);
  state_.overflow_mask = static_cast<uint32_t>(shape_.overflow_bytes / kNibbleLineBytes - 1);
  start_sole_states(&state_);

  direct_ = reinterpret_cast<int16_t*>(small_.data());
  std::fill_n(direct_, kDirectTrees * kNibbleLanes, kernels::kNibbleNewCell);
  int16_t* next = direct_ + kDirectTrees * kNibbleLanes;
  // Each set holds a third of the weight that an input starts with: 0.2 for contexts, 0.4 for the match.
  for (int j = 0; j < kNibbleSets; ++j) {
    set_[j] = next;
    for (uint32_t row = 0; row < kSetRows[j]; ++row)
      for (int i = 0; i < kInputs; ++i, next += kNibbleLanes)
        std::fill_n(next, kNibbleLanes, static_cast<int16_t>(i < kCells ? 1092 : i == kCells ? 2184 : 0));
  }
  sure_table_ = reinterpret_cast<uint16_t*>(next);
  std::fill_n(sure_table_, 65536, kSureStart_q16);
  std::fill_n(state_.x[kCells + 1], kNibbleLanes, int16_t{256});
}

void FastMix::push(uint32_t byte) noexcept {
  if (history_.size < history_.bytes.size()) history_.push(static_cast<uint8_t>(byte));
  hashed_ = false;
}

// The lines of what follows are fetched while the byte is coded or learnt, unless the next one will likely be asked whole.
void FastMix::enter(uint32_t byte) noexcept {
  push(byte);
  entered_ = true;
  if (match_byte_ != static_cast<int>(byte) || match_length_ < kSureLength) compute_hashes();
}

void FastMix::compute_hashes() noexcept {
  compute_fast_contexts(profile_.profile, history_, state_.hash);
  kernels_.nibble_mix_prefetch(&state_);
  hashed_ = true;
}

void FastMix::start_byte() noexcept {
  match_length_ = matches_.find(history_, match_length_);
  match_byte_ = matches_.expected_byte();
  previous_byte_ = history_.c4 & 0xFF;
  asked_byte_ = -1;
  sure_ = nullptr;
  if (match_byte_ >= 0 && match_length_ >= kSureLength && history_.step == 0) {
    sure_ = sure_table_ + (previous_byte_ << 8 | static_cast<uint32_t>(match_byte_));
    if (*sure_ >= kSure_q16) {
      asked_byte_ = match_byte_;
      asked_q16_ = *sure_;
      return;
    }
  }
  start_bits();
}

// A byte that came as expected is neither predicted nor learnt by the cells.
void FastMix::update_expected(bool as_expected) noexcept {
  learn_sure(as_expected);
  if (as_expected) {
    push(static_cast<uint32_t>(asked_byte_));
    start_byte();
    return;
  }
  match_length_ = 0;
  match_byte_ = asked_byte_ = -1;
  sure_ = nullptr;
  start_bits();
}

void FastMix::start_bits() noexcept {
  if (!hashed_) compute_hashes();
  set_base_ = third_set_base(profile_, history_);
  second_ = false;
  first_nibble_ = 0;
  state_.learning_rate_q9 = nibble_learning_rate_q9(history_.size);
  kernels_.nibble_mix_find_first(&state_);
  if (foreseen()) kernels_.nibble_mix_prefetch_second(&state_, content_[history_.size] >> 4);
  start_nibble();
}

void FastMix::start_nibble() noexcept {
  const uint32_t tree = second_ ? 1 + first_nibble_ : 0;
  state_.slot[kFastContexts] = direct_ + (previous_byte_ * kTrees + tree) * kNibbleLanes;
  const uint32_t trust =
      match_odds_.begin(match_byte_, match_length_, second_, first_nibble_, state_.tables->stretch_q10, state_.x[kCells]);
  uint32_t select = 8 + trust;
  if (trust < 2) {  // which contexts were seen before
    select = 0;
    for (int i = 0; i < kFastContexts; ++i) select |= static_cast<uint32_t>((state_.slot[i][1] & 15) != 0) << i;
  }
  state_.weights[0] = set_[0] + (tree * 4 + trust) * kRowLanes;
  state_.weights[1] = set_[1] + (second_ * 16u + select) * kRowLanes;
  state_.weights[2] = set_[2] + (second_ * 256u + set_base_) * kRowLanes;
  kernels_.nibble_mix_predict(&state_);
  begin_nibble();
}

void FastMix::learn(uint32_t nibble) noexcept {
  kernels_.nibble_mix_update(&state_, static_cast<int>(nibble));
  match_odds_.learn(nibble);
}

void FastMix::update_nibble(uint32_t nibble) noexcept {
  if (!second_) {
    learn(nibble);
    second_ = true;
    first_nibble_ = nibble;
    kernels_.nibble_mix_find_second(&state_, nibble);
    if (foreseen()) enter(content_[history_.size]);
    start_nibble();
    return;
  }
  const uint32_t byte = first_nibble_ << 4 | nibble;
  const bool as_expected = match_byte_ == static_cast<int>(byte);
  if (!entered_) enter(byte);
  entered_ = false;
  learn(nibble);
  if (sure_ != nullptr) learn_sure(as_expected);
  if (!as_expected) match_length_ = 0;
  start_byte();
}

}  // namespace

size_t fast_mix_memory(base::ByteSpan options, uint64_t content_size) {
  const Shape shape = fast_shape(read_options(options, "fast_mix", kFastMixTiers), content_size);
  return shape.line_bytes + shape.overflow_bytes + shape.match_entries * 4 + content_size +
         (kDirectTrees * kNibbleLanes + kRows * kRowLanes + 65536) * 2 + (uint64_t{1} << 20);
}

std::unique_ptr<BitModel> make_fast_mix(base::ByteSpan options, uint64_t content_size) {
  return std::make_unique<FastMix>(read_options(options, "fast_mix", kFastMixTiers), content_size);
}

}  // namespace fastnz::models

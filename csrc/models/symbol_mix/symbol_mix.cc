// The model object: keeps the history, tells the kernels which nodes and rows of weights a nibble uses, and asks whole bytes
// where a long match is sure. Specified in docs/symbol_mix.md.
#include "models/symbol_mix/symbol_mix.h"

#include <algorithm>
#include <bit>

#include "kernels/dispatch.h"
#include "models/mixing/contexts.h"
#include "models/mixing/history.h"
#include "models/mixing/match_finder.h"
#include "models/mixing/options.h"
#include "models/mixing/zeroed_buffer.h"
#include "models/nibble_mix/sizes.h"
#include "models/nibble_mix/tables.h"
#include "models/symbol_mix/tables.h"

namespace fastnz::models {
namespace {

using kernels::kSymbolInputs;
using kernels::kSymbolLanes;

constexpr uint32_t kTrees = kNibbleTrees;          // of order 1, by the byte before: the upper nibble, then by it
constexpr uint32_t kDirectNodes = 256 * kTrees;
constexpr uint32_t kKnownRows = 1 << 2 * kFastContexts;  // of a half: four degrees of knowledge of each context
constexpr uint32_t kNibbleRows = 16, kBaseRows = 256;    // by the upper nibble of this or the last byte; by third_set_base()
constexpr uint32_t kRows = 2 * (kKnownRows + kNibbleRows + kBaseRows);
constexpr uint64_t kLineBytes = kernels::kSymbolLineLanes * sizeof(int16_t);
constexpr uint32_t kCheck = 0x7FF, kBesides = kCheck + 1;  // of a hash: its node's check; the line beside its line
static_assert(kFastContexts <= kernels::kMaxSymbolContexts && kFastContexts + 2 <= kSymbolInputs);

// What inputs weigh at first, all three rows together: q20.
constexpr int32_t kFirstWeight_q20 = 314573, kFirstMatchWeight_q20 = 419430;

// What a match of at least kSureLength foretells is asked whole where such bytes have come often enough.
constexpr uint32_t kSureLength = 16;
constexpr uint16_t kSureStart_q16 = 60000, kSure_q16 = 65000;
constexpr int kSureRate = 5;

struct Shape {
  uint64_t line_bytes;     // a power of two
  uint64_t match_entries;  // a power of two
};

// Each context of a byte claims two nodes, which is a line; most of them in small contents, in large ones contexts recur.
Shape symbol_shape(const MixOptions& options, uint64_t content_size) {
  // Reads of genomes recur seldom but exactly: they alone pay for tables beyond the caches.
  const uint64_t most = uint64_t{1} << (options.profile == Profile::kSequences ? 24 : 22);
  const uint64_t start = std::min<uint64_t>(content_size, 1 << 16), rest = std::min(content_size - start, most);
  const uint64_t wanted = std::max<uint64_t>((start * 48 + rest * 24) * kFastContexts, 1 << 13);
  return {std::min(std::bit_floor(wanted), most), std::min(nibble_match_entries(content_size), uint64_t{1} << 18)};
}

// Weights learn fast at first, then settle.
int rate_shift(uint64_t bytes) { return bytes < 256 ? 12 : bytes < 640 ? 13 : bytes < 1536 ? 14 : bytes < 3584 ? 15 : 16; }

// How often the match is right, by its length and the half of the byte.
class MatchShare {
 public:
  MatchShare() {
    for (int length = 0; length < kLengths; ++length) {
      right_q16_[0][length] = length < 5 ? 40000 : 60000;
      right_q16_[1][length] = 64000;
    }
  }
  // log2 of how much less likely any other nibble is than the foretold one, q11.
  int16_t odds_q11(int half, uint32_t length) noexcept {
    now_[half] = &right_q16_[half][length < 16 ? length / 2 : length < 32 ? 8 + (length - 16) / 4 : length < 64 ? 12 : length < 400 ? 13 : 14];
    return static_cast<int16_t>(-std::clamp(2 * stretch_q10_[*now_[half] >> 4] + 4 * 2048, 0, 28000));
  }
  void learn(int half, bool right) noexcept {
    uint16_t* const q = now_[half];
    *q = static_cast<uint16_t>(*q + (((right ? 65535 : 0) - *q) >> 6));
  }

 private:
  static constexpr int kLengths = 15;
  const int16_t* stretch_q10_ = nibble_mix_tables().stretch_q10;
  uint16_t right_q16_[2][kLengths];
  uint16_t* now_[2] = {right_q16_[0], right_q16_[1]};
};

class SymbolMix final : public BitModel {
 public:
  SymbolMix(const MixOptions& options, uint64_t content_size)
      : shape_(symbol_shape(options, content_size)),
        profile_(fast_profile_row(options.profile)),
        neighbours_(options.profile == Profile::kSequences),
        history_(content_size, options.width, options.step, options.profile),
        kernels_(kernels::kernels()),
        lines_(shape_.line_bytes),
        matches_(shape_.match_entries, kNibbleMatchMost),
        small_(kRows * kSymbolInputs * sizeof(int32_t) + (kDirectNodes * kSymbolLanes + 65536) * sizeof(int16_t)) {
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
  void fetch(uint32_t hash) const noexcept {
    __builtin_prefetch(state_.lines + uint64_t{kernels::symbol_line(hash, state_.line_mask)} * kernels::kSymbolLineLanes);
  }
  void fetch_second(uint32_t upper) noexcept;
  bool foreseen() const noexcept { return content_ != nullptr && history_.size < history_.bytes.size(); }
  void start_byte() noexcept;
  void start_bits() noexcept;
  void start_nibble(int half) noexcept;
  void learn(int half, uint32_t nibble) noexcept;
  void learn_sure(bool as_expected) noexcept { *sure_ = static_cast<uint16_t>(*sure_ + (((as_expected ? 65535 : 0) - *sure_) >> kSureRate)); }

  Shape shape_;
  const ProfileRow& profile_;
  const bool neighbours_;  // the nodes of second nibbles are in the line beside that of the first
  History history_;
  const kernels::KernelTable kernels_;
  ZeroedBuffer lines_;
  MatchFinder matches_;
  ZeroedBuffer small_;
  kernels::SymbolMixState state_{};

  bool entered_ = false;  // the history has the byte that is being coded
  bool hashed_ = false;   // the hashes are those of the next byte
  bool fetched_ = false;  // the lines of the second nibble are on their way, as the encoder knows the first
  int half_ = 0;          // which nibble is next
  uint32_t upper_ = 0, previous_byte_ = 0;
  int32_t* rows_ = nullptr;       // by knowledge, by nibble, by base; each [2][..][kSymbolInputs]
  int16_t* direct_ = nullptr;     // [256][kTrees] nodes of order 1
  uint16_t* sure_table_ = nullptr;  // [last byte][expected byte]: how often it came
  uint16_t* sure_ = nullptr;        // of the byte to come; null: the match is too short
  uint32_t set_base_ = 0;
  uint32_t match_length_ = 0;
  int match_byte_ = -1;
  MatchShare match_share_;
};

void SymbolMix::initialise() {
  state_.tables = &symbol_mix_tables();
  state_.contexts = kFastContexts;
  state_.lines = reinterpret_cast<int16_t*>(lines_.data());
  state_.line_mask = static_cast<uint32_t>(shape_.line_bytes / kLineBytes - 1);

  rows_ = reinterpret_cast<int32_t*>(small_.data());
  for (uint32_t row = 0; row < 2 * kKnownRows; ++row) {
    std::fill_n(rows_ + row * kSymbolInputs, kFastContexts + 1, kFirstWeight_q20);
    rows_[row * kSymbolInputs + kFastContexts + 1] = kFirstMatchWeight_q20;
  }
  direct_ = reinterpret_cast<int16_t*>(rows_ + kRows * kSymbolInputs);
  for (uint32_t node = 0; node < kDirectNodes; ++node) std::copy_n(state_.tables->fresh, kSymbolLanes, direct_ + node * kSymbolLanes);
  sure_table_ = reinterpret_cast<uint16_t*>(direct_ + kDirectNodes * kSymbolLanes);
  std::fill_n(sure_table_, 65536, kSureStart_q16);
}

void SymbolMix::push(uint32_t byte) noexcept {
  if (history_.size < history_.bytes.size()) history_.push(static_cast<uint8_t>(byte));
  hashed_ = false;
}

// The lines of what follows are fetched while the byte is coded or learnt, unless the next one will likely be asked whole.
void SymbolMix::enter(uint32_t byte) noexcept {
  push(byte);
  entered_ = true;
  if (match_byte_ != static_cast<int>(byte) || match_length_ < kSureLength) compute_hashes();
}

void SymbolMix::compute_hashes() noexcept {
  compute_fast_contexts(profile_.profile, history_, state_.hash);
  for (int i = 0; i < kFastContexts; ++i) {
    fetch(state_.hash[i]);
    if (neighbours_) fetch(state_.hash[i] ^ kBesides);
  }
  hashed_ = true;
}

// The lines of the second nibble after such a first one. Reads of genomes have few, and tables that memory is slow to give.
void SymbolMix::fetch_second(uint32_t upper) noexcept {
  if (neighbours_) {
    for (int i = 0; i < kFastContexts; ++i)
      state_.second_hash[i] = ((state_.hash[i] ^ kBesides) & ~kCheck) | ((state_.hash[i] + (upper + 1) * 0x9D) & kCheck);
    return;
  }
  for (int i = 0; i < kFastContexts; ++i) {
    state_.second_hash[i] = (state_.hash[i] + upper * 0x3D4D51CBu) * 0x9E3779B1u;
    fetch(state_.second_hash[i]);
  }
}

void SymbolMix::start_byte() noexcept {
  match_length_ = matches_.find(history_, match_length_);
  match_byte_ = matches_.expected_byte();
  previous_byte_ = history_.c4 & 0xFF;
  asked_byte_ = -1;
  sure_ = nullptr;
  if (match_byte_ >= 0 && match_length_ >= kSureLength) {
    sure_ = sure_table_ + (previous_byte_ << 8 | static_cast<uint32_t>(match_byte_));
    if (*sure_ >= kSure_q16) {
      asked_byte_ = match_byte_;
      asked_q16_ = *sure_;
      return;
    }
  }
  start_bits();
}

// A byte that came as expected is neither predicted nor learnt by the nodes.
void SymbolMix::update_expected(bool as_expected) noexcept {
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

void SymbolMix::start_bits() noexcept {
  if (!hashed_) compute_hashes();
  set_base_ = third_set_base(profile_, history_);
  half_ = 0;
  state_.rate_shift = rate_shift(history_.size);
  fetched_ = foreseen();
  if (fetched_) fetch_second(content_[history_.size] >> 4);
  start_nibble(0);
}

void SymbolMix::start_nibble(int half) noexcept {
  const bool second = half != 0;
  const auto place = static_cast<uint32_t>(half);
  kernels::SymbolNibble& now = state_.nibble[half];
  now.node[0] = direct_ + (previous_byte_ * kTrees + (second ? 1 + upper_ : 0)) * kSymbolLanes;
  now.known_rows = rows_ + place * kKnownRows * kSymbolInputs;
  now.row[1] = rows_ + (2 * kKnownRows + place * kNibbleRows + (second ? upper_ : previous_byte_ >> 4)) * kSymbolInputs;
  now.row[2] = rows_ + (2 * (kKnownRows + kNibbleRows) + place * kBaseRows + set_base_) * kSymbolInputs;
  now.match = -1;
  if (match_byte_ >= 0 && (!second || static_cast<uint32_t>(match_byte_ >> 4) == upper_)) {
    now.match = second ? match_byte_ & 15 : match_byte_ >> 4;
    now.match_q11 = match_share_.odds_q11(half, match_length_);
  }
  kernels_.symbol_mix_predict(&state_, half);
  nibble_starts_q15_ = now.start_q15;
}

void SymbolMix::learn(int half, uint32_t nibble) noexcept {
  kernels_.symbol_mix_update(&state_, half, static_cast<int>(nibble));
  const int32_t match = state_.nibble[half].match;
  if (match >= 0) match_share_.learn(half, match == static_cast<int32_t>(nibble));
}

// The next nibble is predicted first, as it only then learns from this one: the processor works on both at once.
void SymbolMix::update_nibble(uint32_t nibble) noexcept {
  if (half_ == 0) {
    if (!fetched_) fetch_second(nibble);
    upper_ = nibble;
    half_ = 1;
    start_nibble(1);
    learn(0, nibble);
    if (foreseen()) enter(content_[history_.size]);
    return;
  }
  const uint32_t byte = upper_ << 4 | nibble;
  const bool as_expected = match_byte_ == static_cast<int>(byte);
  if (!entered_) enter(byte);
  entered_ = false;
  if (sure_ != nullptr) learn_sure(as_expected);
  if (!as_expected) match_length_ = 0;
  start_byte();
  learn(1, nibble);
}

}  // namespace

size_t symbol_mix_memory(base::ByteSpan options, uint64_t content_size) {
  const Shape shape = symbol_shape(read_options(options, "symbol_mix", kSymbolMixTiers), content_size);
  return shape.line_bytes + shape.match_entries * 4 + content_size + kRows * kSymbolInputs * 4 +
         (kDirectNodes * kSymbolLanes + 65536) * 2 + (uint64_t{1} << 20);
}

std::unique_ptr<BitModel> make_symbol_mix(base::ByteSpan options, uint64_t content_size) {
  return std::make_unique<SymbolMix>(read_options(options, "symbol_mix", kSymbolMixTiers), content_size);
}

}  // namespace fastnz::models

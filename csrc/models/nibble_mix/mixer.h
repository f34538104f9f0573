// The mixer of nibble_mix as a class: owns the cells, keeps the history, and at each nibble tells the kernels which cells and
// which rows of weights to use (docs/nibble_mix.md). It may take networks' frequencies of the next byte as more inputs
// (docs/hybrid.md); whoever derives from it brings them. Plain data of known size: a function of options and content size.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "kernels/table.h"
#include "models/mixing/contexts.h"
#include "models/mixing/history.h"
#include "models/mixing/match_finder.h"
#include "models/mixing/options.h"
#include "models/mixing/zeroed_buffer.h"
#include "models/model.h"
#include "models/nibble_mix/journal.h"
#include "models/nibble_mix/match_odds.h"
#include "models/nibble_mix/readout.h"
#include "models/nibble_mix/starts.h"

namespace fastnz::models {

inline constexpr int kNibbleMixTiers = 7;

struct NibbleMixShape {
  int contexts;
  int inputs;
  int networks;
  int readout;                          // numbers of a row of the readout, or 0
  uint64_t line_bytes, overflow_bytes;  // powers of two
  uint64_t match_entries;               // a power of two
  uint64_t apm_trees;                   // a power of two, or 0
};

// `last_inputs`: what the leading network's last layer takes.
NibbleMixShape nibble_mix_shape(const MixOptions& options, uint64_t content_size, int networks, int last_inputs);
uint64_t reserved_bytes(const NibbleMixShape& shape, uint64_t content_size);

class NibbleMix : public NibbleModel {
 public:
  // Ready for the first byte, but with networks only after begin_byte(). `starts`: what weights and maps begin with, if not
  // with what is learnt for such a shape.
  NibbleMix(const MixOptions& options, uint64_t content_size, int networks, int last_inputs, const Starts* starts = nullptr);

  void update_nibble(uint32_t nibble) noexcept override;

  // Priming (docs/dictionary.md): any number of samples, each begun and then coded; a mark; then records, each begun, coded
  // and taken back, so that every one of them starts from the state at the mark.
  virtual void begin_sample(uint64_t size) {
    forget_past(size);
    begin_byte(nullptr);
  }
  void set_mark();
  void return_to_mark() noexcept;
  // Bytes that a journal may come to hold, beyond what reserved_bytes() counts.
  static uint64_t journal_bytes(const NibbleMixShape& shape, uint64_t record_size);

 protected:
  // What comes next stands alone: contexts do not reach into what was before, matches do. Makes room for `size` bytes.
  void forget_past(uint64_t size);

  // As soon as a byte is known, when the networks' frequencies are read no more; and after all is learnt from it, with all
  // but begin_byte() done.
  virtual void byte_known(uint32_t) noexcept {}
  virtual void byte_coded(uint32_t) noexcept { begin_byte(nullptr); }

  // `freq`: of each network, the strongest first, frequencies of 256 values with sum 2^22, which stay as they are until
  // the byte's last bit; null without networks.
  // `inputs`: what the leading network's last layer took.
  void begin_byte(const uint32_t* freq0, const uint32_t* freq1 = nullptr, std::span<const int8_t> inputs = {}) noexcept;

  // For those who learn starts: a row of weights (of all sets) or a tree of the networks' maps, or null if it was never used.
  const int16_t* used_weights(uint32_t row) const noexcept;
  const uint16_t* used_map(uint32_t tree) const noexcept;

 private:
  void initialise();
  void start_nibble() noexcept;
  void compute_hashes() noexcept;
  void fetch_ahead() noexcept;
  void start_networks() noexcept;
  void learn_readout(uint32_t nibble) noexcept;
  uint32_t tree() const noexcept { return second_ ? 1 + first_nibble_ : 0; }  // of this nibble
  void push(uint8_t byte) noexcept;
  void touch_lines() noexcept;
  void touch_overflow(uint32_t nibble) noexcept;
  // What a nibble uses of the small tables, initialised.
  int16_t* direct_tree(uint32_t number) noexcept;
  int16_t* weight_row(int set, uint32_t row) noexcept;
  uint16_t* map_tree(uint64_t number) noexcept;
  void initialise_direct(uint32_t number) noexcept;
  void initialise_weights(uint32_t number) noexcept;
  void initialise_map(uint32_t number) noexcept;

  NibbleMixShape shape_;
  const ProfileRow& profile_;
  History history_;
  const kernels::KernelTable kernels_;
  ZeroedBuffer lines_, overflow_;
  MatchFinder matches_;
  ZeroedBuffer small_;  // everything else, one block
  kernels::NibbleMixState state_{};

  bool second_ = false;      // which nibble
  uint32_t first_nibble_ = 0;
  int16_t* direct_ = nullptr;     // trees: order 0, then order 1 by the byte before
  int16_t* weights_ = nullptr;    // rows of all sets
  uint16_t* maps_ = nullptr;      // trees of adaptive probability maps, those of networks last
  uint8_t* known_ = nullptr;      // which of these three are initialised, one flag each; null: all
  const Starts* starts_;         // null: constants
  int16_t weight_start_[kernels::kMaxNibbleInputs] = {};
  uint32_t set_base_ = 0;
  uint32_t previous_byte_ = 0;
  int guessed_byte_ = -1;    // pushed to the history before it is known, so that its lines are fetched in time
  History::Before before_{};

  uint32_t match_length_ = 0;
  int expected_byte_ = -1;
  MatchOdds match_odds_;

  Readout readout_;
  const uint32_t* freq_[kernels::kMaxNibbleNetworks] = {};     // the networks'
  int32_t network_cost_q10_[kernels::kMaxNibbleNetworks] = {};  // recent mean of what a byte costs by each alone

  struct Mark {
    uint64_t size;  // of the history
    kernels::NibbleMixState state;
    MatchOdds match_odds;
    int32_t network_cost_q10[kernels::kMaxNibbleNetworks];
  };
  std::unique_ptr<Mark> mark_;
  std::unique_ptr<Journal> journal_;  // of what changed since; both null without a mark
};

}  // namespace fastnz::models

// Interleaved range asymmetric numeral systems for static distributions: four 32-bit states take turns, symbol i belongs
// to state i % 4. Invariant: between symbols every state is in [2^23, 2^31); bytes are written last symbol first and
// read forwards. The stream is the four states (little-endian, 4 bytes each) and then the renormalisation bytes. The
// decoder cannot fail: it reads zeros past the end and says so. Source: J. Duda, "Asymmetric numeral systems"
// (arXiv:1311.2540); interleaving after F. Giesen, "Interleaved entropy coders" (arXiv:1402.3392).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/span.h"

namespace fastnz::coding {

inline constexpr int kRansStates = 4;
inline constexpr int kMinRansBits = 8, kMaxRansBits = 16;
inline constexpr size_t kRansHeaderBytes = 4 * kRansStates;

// Scales counts to frequencies with sum exactly 2^total_bits; a symbol that occurs keeps at least 1, one that does not
// gets 0. Preconditions: 1 <= symbols that occur <= 2^total_bits; counts below 2^40.
std::vector<uint32_t> normalize_frequencies(std::span<const uint64_t> counts, int total_bits);

class RansTable {
 public:
  // Precondition: freq sums to exactly 2^total_bits; at most 2^16 symbols.
  RansTable(std::span<const uint32_t> freq, int total_bits);

  int total_bits() const noexcept { return total_bits_; }
  size_t symbols() const noexcept { return entries_.size(); }
  uint32_t freq(size_t symbol) const noexcept { return entries_[symbol].freq; }
  uint32_t cum(size_t symbol) const noexcept { return entries_[symbol].cum; }
  uint16_t symbol_at(uint32_t slot) const noexcept { return slots_[slot]; }

 private:
  struct Entry {
    uint32_t freq;
    uint32_t cum;
  };

  int total_bits_;
  std::vector<Entry> entries_;   // by symbol
  std::vector<uint16_t> slots_;  // by position in [0, 2^total_bits)
};

// Precondition: every symbol has freq >= 1 in the table.
std::vector<uint8_t> rans_encode(std::span<const uint16_t> symbols, const RansTable& table);

// Fills `symbols`. False when the input ends before the last symbol, or does not end where the encoder began: the bytes
// are not what was encoded.
bool rans_decode(base::ByteSpan in, const RansTable& table, std::span<uint16_t> symbols) noexcept;

}  // namespace fastnz::coding

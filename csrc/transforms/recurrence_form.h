// A linear recurrence as `recurrence` stores it: how wide a unit is, how units are added, from how far back. Invariant:
// what read() returns is safe to evaluate; lags ascend and are at most kMaxLag. Knows neither how a recurrence is found
// nor where it holds. Source: FORMAT.md section 6.3.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace fastnz::transforms {

inline constexpr size_t kMaxTaps = 256;
inline constexpr uint32_t kMaxLag = 65535;  // units

// The bytes that a source's symbols 0, 1, ..., modulus - 1 are written as, in ascending order.
struct Alphabet {
  uint32_t modulus = 256;
  std::array<uint8_t, 256> bytes{};  // of each symbol

  bool is_interval() const noexcept { return uint32_t{bytes[modulus - 1]} - bytes[0] + 1 == modulus; }
};

inline constexpr uint16_t kNoSymbol = 0x100;
std::array<uint16_t, 256> symbols_of(const Alphabet& alphabet);  // by byte; kNoSymbol outside of the alphabet

struct Tap {
  uint32_t lag;
  uint64_t factor;
};

struct Recurrence {
  int width = 1;       // bytes of a unit, little-endian: 1, 2, 4 or 8
  bool sums = false;   // modulo 2^(8 width) or the alphabet's size; else exclusive or, for which the width is 1
  std::optional<Alphabet> alphabet;  // units are symbols; the width is 1
  uint64_t constant = 0;             // sums only
  std::vector<Tap> taps;             // ascending lags; factors with sums only

  uint32_t order() const noexcept { return taps.back().lag; }
  void write(std::vector<uint8_t>* out) const;
  static Recurrence read(base::ByteReader* reader);  // throws kCorrupt, kTruncated
};

// Calls `body` with a predictor for the recurrence: Unit, and predict(units, n), the prediction of unit n from those
// before, all in `units`. With an alphabet, units are symbols.
struct XorPredictor {
  using Unit = uint8_t;
  const Recurrence& r;
  Unit predict(const uint8_t* units, size_t n) const noexcept {
    Unit sum = 0;
    for (const Tap& tap : r.taps) sum = static_cast<Unit>(sum ^ units[n - tap.lag]);
    return sum;
  }
  Unit difference(Unit value, Unit predicted) const noexcept { return static_cast<Unit>(value ^ predicted); }
  Unit restore(Unit rest, Unit predicted) const noexcept { return static_cast<Unit>(rest ^ predicted); }
};

template <typename T>
struct SumPredictor {
  using Unit = T;
  const Recurrence& r;
  Unit predict(const uint8_t* units, size_t n) const noexcept {
    uint64_t sum = r.constant;
    for (const Tap& tap : r.taps) sum += tap.factor * base::load_le<T>(units + (n - tap.lag) * sizeof(T));
    return static_cast<Unit>(sum);
  }
  Unit difference(Unit value, Unit predicted) const noexcept { return static_cast<Unit>(value - predicted); }
  Unit restore(Unit rest, Unit predicted) const noexcept { return static_cast<Unit>(rest + predicted); }
};

struct ModularPredictor {
  using Unit = uint8_t;
  const Recurrence& r;
  const uint32_t modulus = r.alphabet->modulus;
  // At most 256 products below 2^16, and a constant: far below 2^32. A symbol may be a byte that is none (forward only).
  Unit predict(const uint8_t* units, size_t n) const noexcept {
    uint32_t sum = static_cast<uint32_t>(r.constant);
    for (const Tap& tap : r.taps) sum += static_cast<uint32_t>(tap.factor) * units[n - tap.lag];
    return static_cast<Unit>(sum % modulus);
  }
  Unit difference(Unit value, Unit predicted) const noexcept {
    return static_cast<Unit>((value + modulus - predicted) % modulus);
  }
  Unit restore(Unit rest, Unit predicted) const noexcept { return static_cast<Unit>((rest + predicted) % modulus); }
};

template <typename Body>
auto with_predictor(const Recurrence& r, Body&& body) {
  if (!r.sums) return body(XorPredictor{r});
  if (r.alphabet) return body(ModularPredictor{r});
  if (r.width == 2) return body(SumPredictor<uint16_t>{r});
  if (r.width == 4) return body(SumPredictor<uint32_t>{r});
  if (r.width == 8) return body(SumPredictor<uint64_t>{r});
  return body(SumPredictor<uint8_t>{r});
}

}  // namespace fastnz::transforms

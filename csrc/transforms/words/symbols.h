// The alphabet that `words` works on, and the way from bytes to it and back: words in lower case behind a space of their own,
// flags for what that hides. Exact for any bytes. FORMAT.md section 6.4; the flags are those of NNCP's preprocessor (F. Bellard,
// "Lossless data compression with neural networks", 2019), after cmix and the word-replacing transforms before it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/span.h"

namespace fastnz::transforms::words {

using Symbol = uint16_t;  // a byte or a flag
inline constexpr Symbol kJoin = 256;   // the next space is not there
inline constexpr Symbol kFirst = 257;  // after the next space the first letter is a capital
inline constexpr Symbol kUpper = 258;  // after the next space all letters are, up to the space after that
inline constexpr int kFlags = 3;
inline constexpr int kSymbols = 256 + kFlags;

// A unit is what no entry of the dictionary reaches beyond: a word with its space, or what stands between two words, flags
// included. Longer ones are cut.
inline constexpr size_t kMaxUnit = 24;

inline bool is_capital(uint8_t c) { return c >= 'A' && c <= 'Z'; }
inline bool is_lower(uint8_t c) { return (c >= 'a' && c <= 'z') || c >= 0x80; }  // UTF-8 beyond ASCII has no case here

// take(symbols, count) for each unit.
template <typename Take>
void for_each_unit(base::ByteSpan in, Take take) {
  Symbol unit[kMaxUnit];
  size_t count = 0;
  const auto flush = [&] {
    if (count) take(unit, count);
    count = 0;
  };
  const auto put = [&](Symbol symbol) {
    if (count == kMaxUnit) flush();
    unit[count++] = symbol;
  };
  for (size_t i = 0; i < in.size();) {
    if (!is_lower(in[i]) && !is_capital(in[i])) {
      put(in[i++]);
      continue;
    }
    const size_t begin = i++;
    Symbol flag = 0;
    if (is_capital(in[begin])) flag = i < in.size() && is_capital(in[i]) ? kUpper : kFirst;
    if (flag == kUpper)
      while (i < in.size() && is_capital(in[i])) ++i;
    else
      while (i < in.size() && is_lower(in[i])) ++i;
    if (count && unit[count - 1] == ' ')
      --count;
    else
      put(kJoin);
    if (flag) put(flag);
    flush();
    put(' ');
    for (size_t k = begin; k < i; ++k) put(is_capital(in[k]) ? in[k] + 32 : in[k]);
    flush();
  }
  flush();
}

// Symbols back to bytes.
class Restorer {
 public:
  // The byte that `symbol` is, or -1 where it is none.
  int next(Symbol symbol) {
    if (symbol == kJoin) {
      joined_ = true;
      return -1;
    }
    if (symbol > kJoin) {
      pending_ = symbol;
      return -1;
    }
    if (symbol == ' ') {
      active_ = pending_;
      pending_ = 0;
      const bool hidden = joined_;
      joined_ = false;
      return hidden ? -1 : ' ';
    }
    const bool raise = active_ && symbol >= 'a' && symbol <= 'z';
    if (active_ == kFirst) active_ = 0;
    return raise ? symbol - 32 : symbol;
  }

 private:
  bool joined_ = false;
  Symbol pending_ = 0, active_ = 0;
};

}  // namespace fastnz::transforms::words

#include "transforms/recurrence_form.h"

#include <bit>
#include <string>

#include "base/error.h"

namespace fastnz::transforms {
namespace {

// Bits of the form byte.
constexpr uint8_t kWidthMask = 3, kSums = 4, kInterval = 8, kListed = 16, kKnown = 31;

[[noreturn]] void corrupt(const std::string& what) {
  throw base::Error(base::ErrorKind::kCorrupt, "recurrence transform: " + what);
}

void write_number(uint64_t value, int width, std::vector<uint8_t>* out) {
  for (int k = 0; k < width; ++k) out->push_back(static_cast<uint8_t>(value >> (8 * k)));
}

uint64_t read_number(base::ByteReader* reader, int width) {
  uint64_t value = 0;
  for (int k = 0; k < width; ++k) value |= uint64_t{reader->read_u8("recurrence number")} << (8 * k);
  return value;
}

Alphabet read_alphabet(base::ByteReader* reader, bool listed) {
  Alphabet alphabet;
  alphabet.modulus = reader->read_u8("recurrence alphabet") + 1u;
  if (alphabet.modulus < 2) corrupt("an alphabet of one symbol");
  const uint32_t first = reader->read_u8("recurrence alphabet");
  alphabet.bytes[0] = static_cast<uint8_t>(first);
  if (!listed && first + alphabet.modulus > 256) corrupt("an alphabet beyond 255");
  for (uint32_t k = 1; k < alphabet.modulus; ++k) {
    alphabet.bytes[k] = listed ? reader->read_u8("recurrence alphabet") : static_cast<uint8_t>(first + k);
    if (alphabet.bytes[k] <= alphabet.bytes[k - 1]) corrupt("an alphabet that does not ascend");
  }
  return alphabet;
}

}  // namespace

std::array<uint16_t, 256> symbols_of(const Alphabet& alphabet) {
  std::array<uint16_t, 256> symbols;
  symbols.fill(kNoSymbol);
  for (uint32_t k = 0; k < alphabet.modulus; ++k) symbols[alphabet.bytes[k]] = static_cast<uint16_t>(k);
  return symbols;
}

void Recurrence::write(std::vector<uint8_t>* out) const {
  const bool listed = alphabet && !alphabet->is_interval();
  const int log_width = std::countr_zero(static_cast<unsigned>(width));
  out->push_back(static_cast<uint8_t>(log_width | (sums ? kSums : 0) | (listed ? kListed : alphabet ? kInterval : 0)));
  if (alphabet) {
    out->push_back(static_cast<uint8_t>(alphabet->modulus - 1));
    out->insert(out->end(), alphabet->bytes.begin(), alphabet->bytes.begin() + (listed ? alphabet->modulus : 1));
  }
  if (sums) write_number(constant, width, out);
  out->push_back(static_cast<uint8_t>(taps.size() - 1));
  uint32_t last = 0;
  for (const Tap& tap : taps) {
    base::ByteWriter(out).write_varint(tap.lag - last);
    last = tap.lag;
    if (sums) write_number(tap.factor, width, out);
  }
}

Recurrence Recurrence::read(base::ByteReader* reader) {
  Recurrence r;
  const uint8_t form = reader->read_u8("recurrence form");
  if (form & ~kKnown) corrupt("an unknown form");
  r.width = 1 << (form & kWidthMask);
  r.sums = (form & kSums) != 0;
  const bool interval = (form & kInterval) != 0, listed = (form & kListed) != 0;
  if (interval && listed) corrupt("two alphabets");
  if (r.width != 1 && (!r.sums || interval || listed)) corrupt("a form that is none");
  if (interval || listed) r.alphabet = read_alphabet(reader, listed);
  const uint64_t modulus = r.alphabet ? r.alphabet->modulus : 0;
  if (modulus && !r.sums && !std::has_single_bit(modulus)) corrupt("an exclusive or outside of the alphabet");
  if (r.sums) r.constant = read_number(reader, r.width);
  if (modulus && r.constant >= modulus) corrupt("a constant outside of the alphabet");
  const size_t count = reader->read_u8("recurrence taps") + size_t{1};
  uint64_t lag = 0;
  while (r.taps.size() < count) {
    const uint64_t gap = reader->read_varint("recurrence lag");
    if (gap == 0 || gap > kMaxLag - lag) corrupt("a lag of nothing or beyond 65535");
    lag += gap;
    const uint64_t factor = r.sums ? read_number(reader, r.width) : 1;
    if (factor == 0 || (modulus && factor >= modulus)) corrupt("a factor of zero or outside of the alphabet");
    r.taps.push_back({static_cast<uint32_t>(lag), factor});
  }
  return r;
}

}  // namespace fastnz::transforms

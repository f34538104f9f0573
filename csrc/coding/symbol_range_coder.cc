// Carry propagation and the ending of the many-symbol range coder.
#include "coding/symbol_range_coder.h"

namespace fastnz::coding {

// The value written so far plus what is pending stays below 1, so the carry stops inside this encoder's own bytes.
void SymbolRangeEncoder::carry() {
  size_t i = out_->size();
  while (++(*out_)[--i] == 0) {
  }
}

// Any value in [low, low + range) decodes alike. range >= 2^56, so one byte is always enough and often none is needed.
// Trailing zero bytes are dropped, at most four of those written before (kMaxUnwritten).
void SymbolRangeEncoder::finish() {
  if (low_ != 0) {
    const uint64_t mask = (uint64_t{1} << 56) - 1;
    const uint64_t whole = uint64_t{0} - low_;  // distance to the carry, which would need no byte at all
    if (whole < range_) {
      carry();
    } else {
      low_ = (low_ + mask) & ~mask;
      shift_low();
    }
  }
  size_t size = out_->size();
  const size_t floor = size - start_ > 4 ? size - 4 : start_;
  while (size > floor && (*out_)[size - 1] == 0) --size;
  out_->resize(size);
}

}  // namespace fastnz::coding

// Strings that a dictionary may hold, found by merging the commonest pair of neighbours again and again within units.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "transforms/words/unit_table.h"

namespace fastnz::transforms::words {

using Entry = std::vector<Symbol>;  // 2 to kMaxEntry symbols

// At most `most` strings, in the order in which they were found, each from a pair that came `least` times or more.
std::vector<Entry> merge_pairs(const UnitTable& units, size_t most, uint32_t least, size_t max_entry);

}  // namespace fastnz::transforms::words

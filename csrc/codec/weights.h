// Weight files, both forms (docs/weights.md): the only place where their container meets the entropy coder and the
// models that use them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/span.h"
#include "models/weights_store.h"

namespace fastnz::codec {

// Either form to the plain one, whose id is checked, and to the packed one, in which a section is coded where that
// pays. Throw what read_weight_file throws, kCorrupt for damaged sections or an id that does not fit.
std::vector<uint8_t> unpack_weights(base::ByteSpan file);
std::vector<uint8_t> pack_weights(base::ByteSpan file);

// Checks a file whole, a weight file or a dictionary, and leaves what it holds in the store.
std::shared_ptr<const models::Weights> load_weights(base::ByteSpan file);

}  // namespace fastnz::codec

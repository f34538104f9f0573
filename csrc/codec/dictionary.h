// Dictionaries (docs/dictionary.md): the only place where their container meets the codec that stores the samples and the
// model that they prime.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/span.h"
#include "codec/monitor.h"
#include "models/primed_mix/dictionary.h"

namespace fastnz::codec {

// Checks a file whole. Throws what read_dictionary_file throws, kCorrupt for samples that are not what its id says.
std::shared_ptr<const models::Dictionary> read_dictionary(base::ByteSpan file);

// The file of these samples, in this order. The tier is that of nibble_mix, or of the hybrid with the network of that id (0:
// none); the profile follows from the samples. Throws kInvalidArgument without samples or with more than a file may hold.
std::vector<uint8_t> make_dictionary(const std::vector<base::ByteSpan>& samples, int tier, uint64_t network);

// The code of a record by a model that the dictionary has primed, without a body around it. For trials: the dictionary need
// not be in the store.
std::vector<uint8_t> code_primed(const models::Dictionary& dictionary, base::ByteSpan record);

// Which of the samples to take, in the order in which to prime with them: those that say most about the others, as many as
// `size` bytes hold. A function of the samples alone.
std::vector<size_t> choose_samples(const std::vector<base::ByteSpan>& samples, uint64_t size, Monitor* monitor);

}  // namespace fastnz::codec

// The levels that users choose from: one row each, so a level is a model, an effort and a block size and nothing else.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/span.h"
#include "models/registry.h"

namespace fastnz::codec {

struct Level {
  int level;
  const char* model;  // name of a registry row
  int tier;           // effort, handed to the model's own search for options
  uint64_t block_size;
};

inline constexpr int kDefaultLevel = 3;
inline constexpr int kMaxLevel = 9;

std::span<const Level> levels() noexcept;

// Throws kInvalidArgument outside 1..9 and kUnsupported for a level that this build has no model for.
const Level& find_level(int level);
const models::ModelRow& model_of(const Level& level);

// The option bytes for a block that the model is about to code.
std::vector<uint8_t> choose_options(const Level& level, base::ByteSpan residual);

// Options that suit any content, and the memory that the model of no block of up to `size` bytes may exceed: blocks
// whose own options would take more are coded with the neutral ones.
std::vector<uint8_t> neutral_options(const Level& level);
uint64_t model_memory_bound(const Level& level, uint64_t size);

}  // namespace fastnz::codec

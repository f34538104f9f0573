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
  uint64_t model_id = 0;  // of the model file that the user named, 0 = none: the level's own choice
};

inline constexpr int kDefaultLevel = 3;
inline constexpr int kMaxLevel = 9;

std::span<const Level> levels() noexcept;

// The level's row, with the model file that the user named. Throws kInvalidArgument outside 1..9, kUnsupported for a
// level that this build has no model for, kModelMissing for a model file that is not loaded.
Level find_level(int level, uint64_t model_id = 0);

struct Choice {
  const models::ModelRow* row;
  std::vector<uint8_t> options;
};

// The model and its option bytes for a block that is about to be coded.
Choice choose_model(const Level& level, base::ByteSpan residual);

// A choice that suits any content, and the memory that the model of no block of up to `size` bytes may exceed: blocks
// whose own choice would take more are coded with the neutral one.
Choice neutral_model(const Level& level);
uint64_t model_memory_bound(const Level& level, uint64_t size);

}  // namespace fastnz::codec

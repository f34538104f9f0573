// The levels that users choose from: one row each, so a level is a model, an effort, a block size and a network that comes
// with fastnz, and nothing else. Blocks that a network does not help are coded by the row's model without it.
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
  int network_tier = 0;          // effort of the hybrid, 0: none
  uint8_t priors[2] = {0, 0};    // the hybrid's networks (models/hybrid/priors.h), 0: none
  uint64_t network_most = 0;     // largest content of a block that is given to the hybrid
  uint8_t learner = 0;           // number of the network beside them that learns while it codes, 0: none
  bool network_required = false; // else the level does without where the network's file is missing
  uint64_t model_id = 0;  // of the model file that the user named, 0 = none: the level's own choice
};

inline constexpr int kDefaultLevel = 3;
inline constexpr int kMaxLevel = 9;

std::span<const Level> levels() noexcept;

// The level's row, with the model file that the user named. Throws kInvalidArgument outside 1..9, kModelMissing for
// a model file that is not loaded.
Level find_level(int level, uint64_t model_id = 0);

struct Choice {
  const models::ModelRow* row = nullptr;
  std::vector<uint8_t> options;
};

// The model and its option bytes for a block that is about to be coded. Throws kModelMissing where the level requires a
// network that is not here.
Choice choose_model(const Level& level, base::ByteSpan residual);

// A second choice that an encoder tries too and takes if its code is shorter; without a row where there is none.
Choice rival_model(const Level& level, const Choice& choice, base::ByteSpan residual);

// Is the transform `words` to be tried? Only where the user's model asks for it.
bool wants_words(const Level& level);

// What an encoder takes to train what it stores, beyond the model's own memory.
uint64_t training_memory(const Level& level);

// A choice that suits any content, and the memory that the model of no block of up to `size` bytes may exceed: blocks
// whose own choice would take more are coded with the neutral one.
Choice neutral_model(const Level& level);
uint64_t model_memory_bound(const Level& level, uint64_t size);

}  // namespace fastnz::codec

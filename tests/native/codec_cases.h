// The whole codec over generated content: what every machine must agree on, from the search for options to the last byte.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fastnz::selftest {

struct Content {
  const char* name;
  std::vector<uint8_t> bytes;
};

// Loads the networks that come with fastnz, for the levels that use them.
void load_priors();

// One of each kind that the detection and the models tell apart.
std::vector<Content> make_contents();

// Enough for a network that learns beside others to be asked.
Content make_long_text();

struct CodecResult {
  bool round_trip;
  size_t compressed_size;
  std::string digest;  // of the compressed bytes
};
// `model_id`: a model in the store, or 0.
CodecResult run_codec(const Content& content, int level, size_t threads, uint64_t model_id = 0);

// A small network over codes for words, put into the store: its id there.
uint64_t words_network();

// The lanes mode with short lanes in small groups, as a model that may be named.
uint64_t make_lanes();

// Decodes every frame file <name>.fnz of the folder and compares it with <name>.raw. Returns how many differ, and counts
// the files.
int check_vectors(const std::string& folder, int* files);

}  // namespace fastnz::selftest

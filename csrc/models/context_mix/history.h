// What the contexts of context_mix are made from: the bytes coded so far and running summaries of them (words, lines,
// formats, records). Updated once per byte. Deterministic: integers only.
#pragma once

#include <cstdint>
#include <vector>

namespace fastnz::models {

inline uint32_t hash2(uint32_t a, uint32_t b) {
  uint32_t h = a * 0x2F0B4C47u + b * 0x9E3779B1u;
  h ^= h >> 15;
  h *= 0x85EBCA6Bu;
  return h ^ (h >> 13);
}

struct History {
  std::vector<uint8_t> bytes;  // [content_size]
  uint64_t size = 0;
  uint32_t width = 0;          // bytes per record, row or line pitch of the profile; 0 when it has none
  uint32_t step = 1;           // bytes per pixel or number

  uint32_t c4 = 0, c8 = 0, c12 = 0;           // the last 4, the 4 before, the 4 before those; newest byte lowest
  uint32_t lower4 = 0;                        // c4 with ASCII letters in lower case
  uint32_t word = 0, word1 = 0, word2 = 0;    // hashes of this word, the previous one, the one before
  uint32_t word_length = 0, word1_length = 0;
  uint32_t format = 0;                        // last four distinct kinds: letter, digit, blank, or the mark itself
  uint32_t first_word = 0;                    // hash of the letters at the start of this line
  uint32_t last_mark = 0;                     // last byte that is neither letter, digit nor blank
  uint32_t digits = 0;                        // length of the current run of digits
  uint64_t line_start = 0, line1_start = 0;   // of this line and the previous one
  uint32_t column = 0;                        // min(255, bytes since line_start)
  uint32_t above = 0, above_next = 0, above_left = 0;  // bytes of the previous line at column, column + 1, column - 1
  uint32_t follow1[256] = {};                 // per byte: the last bytes that came after it
  std::vector<uint32_t> follow2 = std::vector<uint32_t>(65536);  // per pair of bytes, likewise

  History(uint64_t content_size, uint32_t record_width, uint32_t element_step) : bytes(content_size), width(record_width), step(element_step) {}

  uint32_t back(uint64_t distance) const { return distance <= size && distance != 0 ? bytes[size - distance] : 0; }
  void push(uint8_t byte);
};

}  // namespace fastnz::models

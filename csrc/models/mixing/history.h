// What the contexts are made from: the bytes coded so far and running summaries of them (words, lines,
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

enum class Profile : uint8_t { kText = 0, kBinary = 1, kExecutable = 2, kRecord = 3, kImage = 4, kSymbols = 5, kNumbers = 6, kSequences = 7 };
inline constexpr uint8_t kProfiles = 8;

// Where the next byte stands in x86 code, guessed from instruction lengths. Bytes that are no code only mislead it, and
// it falls into step again after a few instructions.
struct Instructions {
  enum Part : uint8_t { kOpcode, kSecondOpcode, kModRm, kSib, kDisplacement, kImmediate };
  Part part = kOpcode;
  uint8_t left = 0;            // bytes of this part still to come, this one included
  uint8_t immediate = 0;       // bytes of immediate that follow the addressing bytes
  bool second_map = false, short_operand = false;
  uint32_t current = 0;        // opcode, map and addressing byte of this instruction
  uint32_t operand = 0;        // bytes of the current displacement or immediate so far
  uint32_t past[4] = {};       // the latest instructions' `current`, newest first
  uint64_t skeleton = 0;       // bytes that were no displacement and no immediate, newest lowest

  uint32_t where() const { return static_cast<uint32_t>(part) << 3 | left; }
  void push(uint8_t byte);

 private:
  void begin_operand();
  void begin_immediate();
  void finish();
};

// A linear prediction of the next pixel or number from its neighbours, its weights learnt on the way (normalised LMS).
struct Predictor {
  static constexpr int kTaps = 16;
  int32_t weight_q16[4][kTaps] = {};  // by colour
  int32_t input[kTaps] = {};          // neighbours less the base
  int32_t answer_q4 = 0;              // in 1/16
  int32_t past_error = 0;             // recent mean of the error's size, in 1/16

  void predict(uint32_t row, int64_t around);   // from input[]; `around` is what the inputs were taken less of
  void learn(uint32_t row, int64_t actual);
};

// The running summaries: plain, so that a push can be taken back.
struct Summaries {
  uint64_t size = 0;                          // bytes so far
  uint32_t c4 = 0, c8 = 0, c12 = 0;           // the last 4, the 4 before, the 4 before those; newest byte lowest
  uint32_t word = 0, word1 = 0, word2 = 0;    // hashes of this word, the previous one, the one before
  uint32_t word_length = 0;
  uint32_t format = 0;                        // last four distinct kinds: letter, digit, blank, or the mark itself
  uint32_t first_word = 0;                    // hash of the letters at the start of this line
  uint32_t last_mark = 0;                     // last byte that is neither letter, digit nor blank
  uint64_t line_start = 0, line1_start = 0;   // of this line and the previous one
  uint32_t column = 0;                        // min(255, bytes since line_start)
  uint32_t above = 0;                         // byte of the previous line at this column
  uint64_t symbols = 0, symbols16 = 0;        // low nibbles of the last 16 bytes and the 16 before, line ends left out
  uint32_t line_phase = 0;                    // lines since one that began a record, modulo 4 (headers of sequences)

  Instructions code;                          // executables
};

struct History : Summaries {
  // Groups of summaries, of which those that nothing looks at need not be kept.
  enum Kept : uint32_t {
    kFollowers = 1,  // follow1, follow2
    kWords = 2,      // word to word_length
    kForms = 4,      // format, last_mark
    kLines = 8,      // first_word, line_start to above, line_phase
    kSymbols = 16,   // symbols, symbols16
    kPredictions = 32,  // predictor, which is at rest otherwise
  };
  uint32_t kept = ~uint32_t{0};
  std::vector<uint8_t> bytes;  // [content_size]
  uint32_t width = 0;          // bytes per record, row or line pitch of the profile; 0 when it has none
  uint32_t step = 0;           // bytes per pixel or number; 0 when there are none
  Profile profile = Profile::kText;
  Predictor predictor;         // profiles with a step

  uint32_t follow1[256] = {};                 // per byte: the last bytes that came after it
  std::vector<uint32_t> follow2 = std::vector<uint32_t>(65536);  // per pair of bytes, likewise

  History(uint64_t content_size, uint32_t record_width, uint32_t element_step, Profile of_profile)
      : bytes(content_size), width(record_width), step(element_step), profile(of_profile) {}

  uint32_t back(uint64_t distance) const { return distance <= size && distance != 0 ? bytes[size - distance] : 0; }
  uint64_t number(uint64_t distance) const {  // of step bytes, lowest first, beginning that far back
    uint64_t v = 0;
    for (uint32_t k = 0; k < step; ++k) v |= static_cast<uint64_t>(back(distance - k)) << (8 * k);
    return v;
  }
  void push(uint8_t byte);

  // A push that may prove wrong: as push(), and what it takes to go back. Only without a step, since a predictor's
  // learning is not taken back.
  struct Before {
    Summaries summaries;
    uint32_t follow1, follow2;
  };
  Before before() const { return {*this, follow1[c4 & 0xFF], follow2[c4 & 0xFFFF]}; }
  void go_back(const Before& past) {
    static_cast<Summaries&>(*this) = past.summaries;
    follow1[c4 & 0xFF] = past.follow1;
    follow2[c4 & 0xFFFF] = past.follow2;
  }

 private:
  void predict();
};

}  // namespace fastnz::models

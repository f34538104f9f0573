#include "models/online/options.h"

#include <string>

#include "base/error.h"

namespace fastnz::models {
namespace {

using base::Error;
using base::ErrorKind;

constexpr uint8_t kVersion = 1;
constexpr int kWidthUnit = 16;

// Tuned on two novels of the training corpus, 400,000 bytes each (docs/lab.md).
constexpr OnlinePreset kPresets[] = {
    {"rnn", {.cell = OnlineCell::kRnn, .units = 160, .layers = 2, .period = 20, .rate = 0xA8, .decay = 11, .memory = 11}},
    {"gru", {.cell = OnlineCell::kGru, .units = 192, .period = 20, .rate = 0x98, .decay = 11, .memory = 11}},
    {"gru_feat", {.cell = OnlineCell::kGru, .units = 192, .period = 20, .rate = 0x98, .decay = 11, .memory = 11,
                  .table_bits = 16, .table_width = 32}},
    {"lstm", {.cell = OnlineCell::kLstm, .normalised = true, .units = 80, .layers = 4, .period = 20, .rate = 0x80,
              .decay = 10, .memory = 11}},
};

void require(bool condition, const char* what) {
  if (!condition) throw Error(ErrorKind::kCorrupt, std::string("options of the model online: ") + what);
}

// Of the vector of section 3; no step costs more multiply-adds than twice m + 1 times as many.
int64_t dense_parameters(const OnlineOptions& o) {
  const int64_t h = o.units, gates = (o.cell == OnlineCell::kRnn ? 1 : 3) * h, layers = o.layers;
  const int64_t features = 3 * o.table_width;
  return layers * (h * gates + gates * (o.normalised ? 3 : 1)) + (layers - 1) * h * gates + features * gates +
         (layers * h + features + 1) * 256;
}

bool within(int value, int least, int most) { return value >= least && value <= most; }

}  // namespace

OnlineOptions read_online_options(base::ByteSpan bytes) {
  require(bytes.size() == kOnlineOptionBytes, "their number is not 12");
  if (bytes[0] >> 4 != kVersion)
    throw Error(ErrorKind::kUnsupported, "options of the model online: version " + std::to_string(bytes[0] >> 4) +
                                             ", this build reads version 1");
  OnlineOptions o;
  const int cell = bytes[0] & 3;
  require(cell != 0, "no such cell");
  o.cell = static_cast<OnlineCell>(cell);
  o.normalised = (bytes[0] & 4) != 0;
  o.with_mean = (bytes[0] & 8) != 0;
  o.units = kWidthUnit * bytes[1];
  o.layers = bytes[2];
  o.streams = bytes[3];
  o.period = bytes[4];
  o.horizons = bytes[5];
  o.rate = bytes[6];
  o.decay = bytes[7];
  o.memory = bytes[8];
  o.table_bits = bytes[9];
  o.table_width = kWidthUnit * bytes[10];
  o.seed = bytes[11];
  require(within(o.units, 16, 1024), "units outside 16 to 1024");
  require(within(o.layers, 1, 8), "layers outside 1 to 8");
  require(within(o.streams, 1, 64), "streams outside 1 to 64");
  require(within(o.period, 1, 128), "period outside 1 to 128");
  require(within(o.horizons, 1, 128) && o.period * o.horizons <= 128, "more than 128 steps back");
  require(o.decay <= 24, "decay above 24");
  require(within(o.memory, 4, 20), "memory outside 4 to 20");
  require(o.table_bits == 0 ? o.table_width == 0 : within(o.table_bits, 8, 20), "table size outside 8 to 20 bits");
  require(o.table_bits == 0 || within(o.table_width, 16, 64), "table width outside 16 to 64");
  require(o.table_width << o.table_bits <= 1 << 22, "tables larger than 2^22 values");
  require(o.cell == OnlineCell::kLstm || !o.normalised, "only cells of lstm are normalised");
  require(dense_parameters(o) * (1 + 2 * o.horizons) <= int64_t{1} << 24, "more work than a byte may cost");
  return o;
}

std::vector<uint8_t> write_online_options(const OnlineOptions& o) {
  const int first = kVersion << 4 | static_cast<int>(o.cell) | (o.normalised ? 4 : 0) | (o.with_mean ? 8 : 0);
  std::vector<uint8_t> bytes;
  for (const int value : {first, o.units / kWidthUnit, o.layers, o.streams, o.period, o.horizons, o.rate, o.decay, o.memory,
                          o.table_bits, o.table_width / kWidthUnit, static_cast<int>(o.seed)})
    bytes.push_back(static_cast<uint8_t>(value));
  return bytes;
}

std::span<const OnlinePreset> online_presets() noexcept { return kPresets; }

}  // namespace fastnz::models

#include "models/online/options.h"

#include <bit>
#include <string>

#include "base/error.h"

namespace fastnz::models {
namespace {

using base::Error;
using base::ErrorKind;

constexpr uint8_t kVersion = 1;
constexpr int kDecayBits = 5;  // of its byte; the others are dropout's
constexpr int kWidthUnit = 16, kInnerUnit = 32, kLeastReplayBits = 6;

// Tuned on two novels of the training corpus, 400,000 bytes each (docs/lab.md).
constexpr OnlinePreset kPresets[] = {
    {"rnn", {.cell = OnlineCell::kRnn, .units = 160, .layers = 2, .period = 20, .rate = 0xA8, .decay = 11, .memory = 11}},
    {"gru", {.cell = OnlineCell::kGru, .units = 192, .period = 20, .rate = 0x98, .decay = 11, .memory = 11}},
    {"gru_feat", {.cell = OnlineCell::kGru, .units = 192, .period = 20, .rate = 0x98, .decay = 11, .memory = 11,
                  .table_bits = 16, .table_width = 48, .contexts = 4}},
    {"lstm", {.cell = OnlineCell::kLstm, .normalised = true, .units = 80, .layers = 4, .period = 20, .rate = 0x80,
              .decay = 10, .memory = 11}},
    {"trace", {.cell = OnlineCell::kTrace, .units = 128, .period = 20, .rate = 0xA8, .decay = 9, .memory = 11, .heads = 2,
               .places = 8, .inner = 512}},
    {"nncp", {.cell = OnlineCell::kNncp, .units = 128, .layers = 2, .period = 20, .rate = 0xA0, .decay = 11, .memory = 11,
              .heads = 4, .places = 32, .inner = 256}},
    {"dzip", {.cell = OnlineCell::kGru, .units = 192, .period = 20, .rate = 0x98, .decay = 11, .memory = 11,
              .table_bits = 16, .table_width = 48, .contexts = 4, .bootstrap = {.units = 16, .step = 3}}},
};

void require(bool condition, const char* what) {
  if (!condition) throw Error(ErrorKind::kCorrupt, std::string("options of the model online: ") + what);
}

bool within(int value, int least, int most) { return value >= least && value <= most; }

void read_recurrent(base::ByteSpan bytes, OnlineOptions* o) {
  o->normalised = (bytes[0] & 4) != 0;
  o->horizons = bytes[5];
  o->table_bits = bytes[9];
  o->table_width = kWidthUnit * (bytes[10] & 15);
  o->contexts = (o->table_bits > 0 ? 3 : 0) + (bytes[10] >> 4);
  require(within(o->layers, 1, 8), "layers outside 1 to 8");
  require(within(o->horizons, 1, 128) && o->period * o->horizons <= 128, "more than 128 steps back");
  require(o->table_bits == 0 ? bytes[10] == 0 : within(o->table_bits, 8, 20), "table size outside 8 to 20 bits");
  require(o->table_bits == 0 || within(o->table_width, 16, 64), "table width outside 16 to 64");
  require(o->table_width << o->table_bits <= 1 << 22, "tables larger than 2^22 values");
  require(o->contexts <= 6, "more than 6 tables");
  require(o->cell == OnlineCell::kLstm || !o->normalised, "only cells of lstm are normalised");
}

void read_attention(base::ByteSpan bytes, OnlineOptions* o) {
  o->heads = bytes[5];
  o->places = bytes[9] + 1;
  o->inner = kInnerUnit * bytes[10];
  require(within(o->layers, 1, 24), "layers outside 1 to 24");
  require(o->heads > 0 && o->units % (o->heads * kWidthUnit) == 0, "heads that do not share units by sixteens");
  require(o->cell != OnlineCell::kTrace || o->units % (4 * kWidthUnit) == 0, "units that four bytes do not share by sixteens");
  require(o->inner > 0, "no feed-forward units");
}

void read_schedule(base::ByteSpan bytes, OnlineSchedule* schedule) {
  schedule->every = kLeastReplayBits + (bytes[0] & 15);
  schedule->lanes = 1 << (bytes[0] >> 4 & 7);
  schedule->doubling = bytes[0] >> 7 != 0;
  schedule->window = kLeastReplayBits + (bytes[1] & 15);
  schedule->passes = 1 + (bytes[1] >> 4 & 7);
  schedule->apart = bytes[1] >> 7 != 0;
  schedule->rate = bytes[2];
  require(schedule->lanes <= 64, "more than 64 lanes of replays");
}

void read_bootstrap(uint8_t byte, const OnlineOptions& o, OnlineBootstrap* bootstrap) {
  bootstrap->units = kWidthUnit * (byte & 15);
  bootstrap->step = byte >> 4;
  require(bootstrap->units > 0 && bootstrap->step >= 2, "a bootstrap without units, or a step of more than a quarter");
  require(is_recurrent(o.cell), "a bootstrap beside attention");
}

// What a byte may cost: multiply-adds of a step of one stream, forth and back, and its share of learning, which takes some
// sixteen for each parameter.
int64_t work(const OnlineOptions& o) {
  const int64_t dense = dense_parameters(o), h = o.units, again = o.cell == OnlineCell::kTrace ? 2 * h * o.inner : 0;
  const int64_t back = is_recurrent(o.cell) ? dense * 2 * o.horizons : 2 * (dense + o.layers * (again + 4 * h * o.places));
  const int64_t lanes = o.schedule.every > 0 ? o.schedule.lanes : 0;  // one update of a replay follows each
  return (dense + back) * (o.streams + lanes) / o.streams + dense * (16 / o.period) * (lanes > 0 ? 2 : 1) +
         (o.bootstrap.units > 0 ? dense_parameters(bootstrap_network(o)) : 0);
}

}  // namespace

int64_t dense_parameters(const OnlineOptions& o) noexcept {
  const int64_t h = o.units, layers = o.layers;
  if (!is_recurrent(o.cell)) {
    const bool nncp = o.cell == OnlineCell::kNncp;
    const int64_t wide = (nncp ? 2 : 1) * o.inner;
    const int64_t offsets = (o.places + 15) / 16 * 16;
    const int64_t attention = 3 * h * (h + 1) + o.places * h + (nncp ? h * (h + 1) + o.heads * offsets : 0);
    return layers * (4 * h + attention + (h + 1) * wide + (o.inner + 1) * h) + 2 * h + (h + 1) * 256;
  }
  const int64_t gates = (o.cell == OnlineCell::kRnn ? 1 : 3) * h, features = feature_width(o);
  return (o.bootstrap.units > 0 ? kBootstrapWeights : 0) + layers * (h * gates + gates * (o.normalised ? 3 : 1)) + (layers - 1) * h * gates + features * gates +
         (layers * h + features + 1) * 256;
}

OnlineOptions bootstrap_network(const OnlineOptions& o) noexcept {
  OnlineOptions network;
  network.cell = OnlineCell::kGru;
  network.units = o.bootstrap.units;
  network.streams = o.streams;
  network.period = 1;
  network.seed = o.seed;
  return network;
}

uint64_t least_bootstrapped(const OnlineBootstrap& bootstrap) noexcept {
  return bootstrap.units > 0 ? uint64_t{1024} * static_cast<uint64_t>(bootstrap.units) : 0;
}

std::vector<uint8_t> online_options_for(base::ByteSpan bytes, uint64_t content_size) {
  std::vector<uint8_t> made(bytes.begin(), bytes.end());
  const OnlineOptions o = read_online_options(bytes);
  if (content_size < least_bootstrapped(o.bootstrap)) made.resize(kOnlineOptionBytes);
  return made;
}

OnlineOptions read_online_options(base::ByteSpan bytes) {
  const bool schedule = bytes.size() == kOnlineOptionBytes + kOnlineScheduleBytes;
  const bool bootstrap = bytes.size() == kOnlineOptionBytes + kOnlineBootstrapBytes;
  require(bytes.size() == kOnlineOptionBytes || schedule || bootstrap, "their number is not 12, 13 or 15");
  if (bytes[0] >> 4 != kVersion)
    throw Error(ErrorKind::kUnsupported, "options of the model online: version " + std::to_string(bytes[0] >> 4) +
                                             ", this build reads version 1");
  OnlineOptions o;
  const int cell = bytes[0] & 3;
  o.cell = cell != 0 ? static_cast<OnlineCell>(cell) : (bytes[0] & 4) != 0 ? OnlineCell::kNncp : OnlineCell::kTrace;
  o.with_mean = (bytes[0] & 8) != 0;
  o.units = kWidthUnit * bytes[1];
  o.layers = bytes[2];
  o.streams = bytes[3];
  o.period = bytes[4];
  o.rate = bytes[6];
  o.decay = bytes[7] & ((1 << kDecayBits) - 1);
  o.memory = bytes[8];
  o.seed = bytes[11];
  require(within(o.units, 16, 1024), "units outside 16 to 1024");
  require(within(o.streams, 1, 64), "streams outside 1 to 64");
  require(within(o.period, 1, 128), "period outside 1 to 128");
  require(o.decay <= 24, "decay above 24");
  require(within(o.memory, 4, 20), "memory outside 4 to 20");
  is_recurrent(o.cell) ? read_recurrent(bytes, &o) : read_attention(bytes, &o);
  if (bootstrap) read_bootstrap(bytes[kOnlineOptionBytes], o, &o.bootstrap);
  if (schedule) read_schedule(bytes.subspan(kOnlineOptionBytes), &o.schedule);
  o.schedule.dropout = bytes[7] >> kDecayBits;
  require(o.schedule.dropout == 0 || o.schedule.every > 0, "dropout without replays");
  require(work(o) <= int64_t{1} << (is_recurrent(o.cell) ? 24 : 28), "more work than a byte may cost");
  return o;
}

std::vector<uint8_t> write_online_options(const OnlineOptions& o) {
  const bool recurrent = is_recurrent(o.cell);
  const int family = recurrent ? static_cast<int>(o.cell) | (o.normalised ? 4 : 0) : o.cell == OnlineCell::kNncp ? 4 : 0;
  const int tables = o.table_width / kWidthUnit + 16 * (o.contexts > 3 ? o.contexts - 3 : 0);
  std::vector<uint8_t> bytes;
  for (const int value : {kVersion << 4 | family | (o.with_mean ? 8 : 0), o.units / kWidthUnit, o.layers, o.streams, o.period,
                          recurrent ? o.horizons : o.heads, o.rate, o.decay | o.schedule.dropout << kDecayBits, o.memory, recurrent ? o.table_bits : o.places - 1,
                          recurrent ? tables : o.inner / kInnerUnit, static_cast<int>(o.seed)})
    bytes.push_back(static_cast<uint8_t>(value));
  if (o.bootstrap.units > 0) bytes.push_back(static_cast<uint8_t>(o.bootstrap.units / kWidthUnit | o.bootstrap.step << 4));
  const OnlineSchedule& schedule = o.schedule;
  if (schedule.every == 0) return bytes;
  const int lanes = std::bit_width(static_cast<unsigned>(schedule.lanes)) - 1;
  for (const int value : {schedule.every - kLeastReplayBits + 16 * lanes + 128 * schedule.doubling,
                          schedule.window - kLeastReplayBits + 16 * (schedule.passes - 1) + 128 * schedule.apart, schedule.rate})
    bytes.push_back(static_cast<uint8_t>(value));
  return bytes;
}

std::span<const OnlinePreset> online_presets() noexcept { return kPresets; }

}  // namespace fastnz::models

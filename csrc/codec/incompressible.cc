#include "codec/incompressible.h"

#include <algorithm>
#include <array>
#include <memory>

#include "codec/code_byte.h"
#include "codec/lane_codes.h"
#include "codec/lane_order.h"

namespace fastnz::codec {
namespace {

// Small blocks are cheap to code, and their byte counts say little: noise of n bytes has mean(e^2) = 256 / n below.
constexpr size_t kMinSize = size_t{64} << 10;
constexpr size_t kPieces = 4, kMinPiece = size_t{4} << 10, kMaxPiece = size_t{16} << 10;

// Entropy above 7.99 bits: the sum of squared counts tells without logarithms, and in integers. With 256 symbols of
// p = (1 + e) / 256, the entropy falls short of 8 by mean(e^2) / (2 ln 2) bits, and sum p^2 is (1 + mean(e^2)) / 256;
// 0.01 bits are mean(e^2) = 0.0139. Blocks are below 2^29, so the square of the size is below 2^58.
bool evenly_spread(base::ByteSpan in) {
  std::array<std::array<uint32_t, 256>, 4> counts{};  // four, so that equal neighbours do not wait for each other
  size_t i = 0;
  for (; i + 4 <= in.size(); i += 4)
    for (size_t k = 0; k < 4; ++k) ++counts[k][in[i + k]];
  for (; i < in.size(); ++i) ++counts[0][in[i]];
  uint64_t squares = 0;
  for (size_t b = 0; b < 256; ++b) {
    const uint64_t count = uint64_t{counts[0][b]} + counts[1][b] + counts[2][b] + counts[3][b];
    squares += count * count;
  }
  const uint64_t size = in.size();
  return squares <= size * size / 256 / 10000 * 10139;
}

}  // namespace

void encode_with_model(base::ByteSpan in, const models::ModelRow& row, base::ByteSpan options,
                       std::vector<uint8_t>* out, Monitor* monitor, bool extra, const Workers& workers) {
  if (row.lane_layout) {
    const std::vector<uint8_t> code = encode_lanes(in, row, options, workers, extra ? nullptr : monitor);
    out->insert(out->end(), code.begin(), code.end());
    return;
  }
  const std::unique_ptr<models::BitModel> model = row.make_bit_model(options, in.size());
  model->foresee(in);
  lend_threads(model.get(), workers.threads);
  coding::BinaryRangeEncoder encoder(out);
  if (row.make_preface)
    for (const uint8_t byte : row.make_preface(options, in, [&] { if (monitor) monitor->tick(0); }))
      encode_byte(byte, model.get(), &encoder);
  for_each_in_lanes(
      in.size(), content_lanes(row, options), tick_bytes(row),
      [&](size_t i) { encode_byte(in[i], model.get(), &encoder); },
      [&](size_t coded) {
        if (monitor) monitor->tick(extra ? 0 : coded);
      });
  encoder.finish();
}

bool looks_incompressible(base::ByteSpan in, const Level& level, Monitor* monitor) {
  if (in.size() < kMinSize || !evenly_spread(in)) return false;
  const size_t piece_size = std::clamp(in.size() / 16, kMinPiece, kMaxPiece);
  std::vector<uint8_t> sample;
  sample.reserve(kPieces * piece_size);
  for (size_t k = 0; k < kPieces; ++k) {
    const base::ByteSpan piece = in.subspan((in.size() - piece_size) / (kPieces - 1) * k, piece_size);
    sample.insert(sample.end(), piece.begin(), piece.end());
  }
  std::vector<uint8_t> coded;
  const Choice choice = choose_model(level, sample);
  encode_with_model(sample, *choice.row, choice.options, &coded, monitor, true);
  return coded.size() + coded.size() / 1024 >= sample.size();  // less than 0.1 % gained
}

}  // namespace fastnz::codec

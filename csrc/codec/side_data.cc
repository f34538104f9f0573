#include "codec/side_data.h"

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "codec/code_byte.h"
#include "codec/incompressible.h"
#include "codec/limits.h"
#include "models/nibble_mix/nibble_mix.h"
#include "models/registry.h"

namespace fastnz::codec {
namespace {

using transforms::TransformRow;

// Twelve contexts, of text: what a list of words needs (docs/lab.md).
const models::ModelRow& side_model() { return *models::find_model("nibble_mix"); }
std::vector<uint8_t> side_options() {
  return models::write_options({.tier = 5, .profile = models::Profile::kText});
}

uint64_t coded_memory(uint64_t size) { return size + side_model().memory(side_options(), size); }

uint64_t read_size(const TransformRow& row, base::ByteReader* reader) {
  const uint64_t size = reader->read_varint("side data size");
  if (size > row.most_coded_side || size > (reader->remaining() + kMaxUnwrittenBytes) * kMaxBytesPerCodedByte)
    throw base::Error(base::ErrorKind::kCorrupt,
                      std::string("block: side data of ") + row.name + " cannot have " + std::to_string(size) + " bytes");
  return size;
}

}  // namespace

std::vector<uint8_t> pack_side(const TransformRow& row, std::vector<uint8_t> side) {
  if (row.most_coded_side == 0) return side;
  std::vector<uint8_t> packed;
  base::ByteWriter(&packed).write_varint(side.size());
  encode_with_model(side, side_model(), side_options(), &packed, nullptr);
  return packed;
}

uint64_t side_memory(const TransformRow& row, base::ByteSpan packed) {
  if (row.most_coded_side == 0) return row.inverse_memory;
  base::ByteReader reader(packed);
  return row.inverse_memory + coded_memory(read_size(row, &reader));
}

base::ByteSpan unpack_side(const TransformRow& row, base::ByteSpan packed, std::vector<uint8_t>* room) {
  if (row.most_coded_side == 0) return packed;
  base::ByteReader reader(packed);
  room->resize(static_cast<size_t>(read_size(row, &reader)));
  const std::unique_ptr<models::BitModel> model = side_model().make_bit_model(side_options(), room->size());
  coding::BinaryRangeDecoder decoder(reader.read_bytes(reader.remaining(), "side data"));
  for (uint8_t& byte : *room) byte = decode_byte(model.get(), &decoder);
  if (decoder.overran())
    throw base::Error(base::ErrorKind::kCorrupt, std::string("block: the coded side data of ") + row.name + " ends too early");
  return *room;
}

uint64_t transforms_memory_bound(const Level& level, uint64_t size) {
  uint64_t memory = 0;
  for (const TransformRow& row : transforms::transform_rows()) {
    if (row.on_request && !wants_words(level)) continue;
    memory += size + row.inverse_memory;
    if (row.most_coded_side != 0) memory += coded_memory(row.most_coded_side);
  }
  return memory;
}

}  // namespace fastnz::codec

#include "format/weight_file.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace fastnz::format {
namespace {

using base::Error;
using base::ErrorKind;

constexpr std::array<uint8_t, 4> kMagic = {0x46, 0x4E, 0x5A, 0x57};  // "FNZW"
constexpr uint8_t kVersion = 1;

[[noreturn]] void corrupt(const std::string& what, uint64_t offset) {
  throw Error(ErrorKind::kCorrupt, "weight file: " + what, offset);
}

}  // namespace

WeightFile read_weight_file(base::ByteSpan in) {
  if (in.size() < kMagic.size() || !std::equal(kMagic.begin(), kMagic.end(), in.begin()))
    throw Error(ErrorKind::kFormat, "not a weight file: it does not begin with FNZW", 0);
  base::ByteReader reader(in);
  reader.skip(kMagic.size(), "magic");
  const uint8_t version = reader.read_u8("weight file version");
  if (version != kVersion)
    throw Error(ErrorKind::kUnsupported,
                "weight file version " + std::to_string(version) + "; this build reads version 1", 4);
  WeightFile file;
  file.family = reader.read_u8("network family");
  const uint16_t count = reader.read_u16("number of sections");
  if (count < 1 || count > kMaxWeightSections)
    corrupt(std::to_string(count) + " sections, expected 1 to " + std::to_string(kMaxWeightSections), 6);

  struct Row {
    uint32_t plain_size, stored_size;
    uint8_t coding, width;
  };
  std::vector<Row> rows;
  uint64_t plain_total = 0;
  for (uint16_t k = 0; k < count; ++k) {
    const uint64_t offset = reader.offset();
    const std::string name = "section " + std::to_string(k) + ": ";
    Row row{};
    row.plain_size = reader.read_u32("plain size");
    row.stored_size = reader.read_u32("stored size");
    row.coding = reader.read_u8("section coding");
    row.width = reader.read_u8("element width");
    if (reader.read_u16("reserved bytes") != 0) corrupt(name + "its reserved bytes are not zero", offset);
    if (row.coding > kRansSection) corrupt(name + "unknown coding " + std::to_string(row.coding), offset);
    if (row.width != 1 && row.width != 2 && row.width != 4)
      corrupt(name + "elements of " + std::to_string(row.width) + " bytes, expected 1, 2 or 4", offset);
    if (row.plain_size % row.width != 0) corrupt(name + "its size is no multiple of its elements' size", offset);
    if (row.coding == kRawSection && row.stored_size != row.plain_size) corrupt(name + "raw, but of two sizes", offset);
    plain_total += row.plain_size;
    rows.push_back(row);
  }
  if (plain_total > kMaxWeightBytes)
    throw Error(ErrorKind::kLimit, "weight file: " + std::to_string(plain_total) + " bytes of weights, the limit is " +
                                       std::to_string(kMaxWeightBytes));
  for (const Row& row : rows)
    file.sections.push_back({row.plain_size, row.coding, row.width, reader.read_bytes(row.stored_size, "section")});
  file.id = reader.read_u64("id");
  if (reader.remaining() != 0) corrupt(std::to_string(reader.remaining()) + " bytes follow its end", reader.offset());
  return file;
}

void append_weight_file(std::vector<uint8_t>* out, const WeightFile& file) {
  base::ByteWriter writer(out);
  writer.write_bytes(kMagic);
  writer.write_u8(kVersion);
  writer.write_u8(file.family);
  writer.write_u16(static_cast<uint16_t>(file.sections.size()));
  for (const WeightSection& section : file.sections) {
    writer.write_u32(section.plain_size);
    writer.write_u32(static_cast<uint32_t>(section.stored.size()));
    writer.write_u8(section.coding);
    writer.write_u8(section.width);
    writer.write_u16(0);
  }
  for (const WeightSection& section : file.sections) writer.write_bytes(section.stored);
}

}  // namespace fastnz::format

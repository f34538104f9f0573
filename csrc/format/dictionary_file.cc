#include "format/dictionary_file.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/error.h"

namespace fastnz::format {
namespace {

using base::Error;
using base::ErrorKind;

constexpr std::array<uint8_t, 4> kMagic = {0x46, 0x4E, 0x5A, 0x44};  // "FNZD"
constexpr uint8_t kVersion = 1;
constexpr size_t kTrailerBytes = 12;  // CRC and id

}  // namespace

bool is_dictionary_file(base::ByteSpan in) noexcept {
  return in.size() >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), in.begin());
}

DictionaryFile read_dictionary_file(base::ByteSpan in) {
  if (!is_dictionary_file(in)) throw Error(ErrorKind::kFormat, "not a dictionary: it does not begin with FNZD", 0);
  base::ByteReader reader(in);
  reader.skip(kMagic.size(), "magic");
  const uint8_t version = reader.read_u8("dictionary version");
  if (version != kVersion)
    throw Error(ErrorKind::kUnsupported, "dictionary version " + std::to_string(version) + "; this build reads version 1",
                4);
  DictionaryFile file;
  file.model = reader.read_u8("model");
  file.options = reader.read_bytes(reader.read_u8("number of option bytes"), "option bytes");
  file.samples = reader.read_varint("number of samples");
  file.plain_size = reader.read_varint("size of the samples");
  file.header = in.first(reader.position());
  const uint64_t body_size = reader.read_varint("body size");
  if (body_size > reader.remaining() || body_size + kTrailerBytes > reader.remaining())
    throw Error(ErrorKind::kTruncated, "dictionary: it ends before its body does", in.size());
  if (body_size + kTrailerBytes < reader.remaining())
    throw Error(ErrorKind::kCorrupt, "dictionary: bytes follow its end", reader.offset() + body_size + kTrailerBytes);
  file.body = reader.read_bytes(static_cast<size_t>(body_size), "body");
  const uint32_t crc = reader.read_u32("CRC");
  file.id = reader.read_u64("id");
  if (base::crc32c(in.first(in.size() - kTrailerBytes)) != crc)
    throw Error(ErrorKind::kCorrupt, "dictionary: its CRC32C does not fit", in.size() - kTrailerBytes);
  if (file.plain_size > kMaxDictionaryBytes || file.samples > kMaxDictionarySamples)
    throw Error(ErrorKind::kLimit, "dictionary: " + std::to_string(file.plain_size) + " bytes in " +
                                       std::to_string(file.samples) + " samples; the limits are " +
                                       std::to_string(kMaxDictionaryBytes) + " and " +
                                       std::to_string(kMaxDictionarySamples));
  return file;
}

std::vector<uint8_t> dictionary_header(const DictionaryFile& file) {
  std::vector<uint8_t> out;
  base::ByteWriter writer(&out);
  writer.write_bytes(kMagic);
  writer.write_u8(kVersion);
  writer.write_u8(file.model);
  writer.write_u8(static_cast<uint8_t>(file.options.size()));
  writer.write_bytes(file.options);
  writer.write_varint(file.samples);
  writer.write_varint(file.plain_size);
  return out;
}

void append_dictionary_body(std::vector<uint8_t>* header, base::ByteSpan body, uint64_t id) {
  base::ByteWriter writer(header);
  writer.write_varint(body.size());
  writer.write_bytes(body);
  writer.write_u32(base::crc32c(*header));
  writer.write_u64(id);
}

}  // namespace fastnz::format

#include "codec/weights.h"

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "base/xxh3.h"
#include "codec/dictionary.h"
#include "coding/rans.h"
#include "format/dictionary_file.h"
#include "format/weight_file.h"
#include "models/network/families.h"

namespace fastnz::codec {
namespace {

using base::ByteSpan;
using base::Error;
using base::ErrorKind;
using format::WeightFile;
using format::WeightSection;

constexpr int kRansBits = 14;
constexpr size_t kFrequencyBytes = 256 * sizeof(uint16_t);

[[noreturn]] void corrupt(size_t section, const char* what) {
  throw Error(ErrorKind::kCorrupt, "weight file, section " + std::to_string(section) + ": " + what);
}

std::vector<uint8_t> decode_section(const WeightSection& section, size_t index) {
  std::vector<uint8_t> plain(section.plain_size);
  std::vector<uint16_t> plane(section.plain_size / section.width);
  base::ByteReader reader(section.stored);
  for (size_t p = 0; p < section.width; ++p) {
    const uint32_t size = reader.read_u32("size of a stream");
    const ByteSpan table = reader.read_bytes(kFrequencyBytes, "frequencies");
    std::vector<uint32_t> freq(256);
    uint64_t sum = 0;
    for (size_t s = 0; s < freq.size(); ++s) sum += freq[s] = base::load_le<uint16_t>(table.data() + 2 * s);
    if (sum != uint64_t{1} << kRansBits) corrupt(index, "its frequencies do not sum to 2^14");
    if (!coding::rans_decode(reader.read_bytes(size, "stream"), coding::RansTable(freq, kRansBits), plane))
      corrupt(index, "its stream is damaged");
    for (size_t i = 0; i < plane.size(); ++i) plain[i * section.width + p] = static_cast<uint8_t>(plane[i]);
  }
  if (reader.remaining() != 0) corrupt(index, "bytes follow its last stream");
  return plain;
}

// Empty where coding does not pay.
std::vector<uint8_t> encode_section(const WeightSection& section) {
  std::vector<uint8_t> stored;
  base::ByteWriter writer(&stored);
  std::vector<uint16_t> plane(section.plain_size / section.width);
  if (plane.empty()) return stored;
  for (size_t p = 0; p < section.width; ++p) {
    std::vector<uint64_t> counts(256, 0);
    for (size_t i = 0; i < plane.size(); ++i) ++counts[plane[i] = section.stored[i * section.width + p]];
    const std::vector<uint32_t> freq = coding::normalize_frequencies(counts, kRansBits);
    const std::vector<uint8_t> stream = coding::rans_encode(plane, coding::RansTable(freq, kRansBits));
    writer.write_u32(static_cast<uint32_t>(stream.size()));
    for (const uint32_t f : freq) writer.write_u16(static_cast<uint16_t>(f));
    writer.write_bytes(stream);
  }
  if (stored.size() >= section.plain_size) stored.clear();
  return stored;
}

void append_id(std::vector<uint8_t>* out, uint64_t id) { base::ByteWriter(out).write_u64(id); }

bool is_plain(const WeightFile& file) {
  return std::all_of(file.sections.begin(), file.sections.end(),
                     [](const WeightSection& section) { return section.coding == format::kRawSection; });
}

void require_id(ByteSpan plain_without_id, uint64_t id) {
  const uint64_t made = base::xxh3_64(plain_without_id);
  if (made != id)
    throw Error(ErrorKind::kCorrupt, "weight file: its id is " + models::weights_name(id) + ", but its content's is " +
                                         models::weights_name(made));
}

}  // namespace

std::vector<uint8_t> unpack_weights(ByteSpan in) {
  WeightFile file = format::read_weight_file(in);
  models::require_family(file.family);
  std::vector<std::vector<uint8_t>> plain(file.sections.size());
  for (size_t k = 0; k < plain.size(); ++k) {
    WeightSection& section = file.sections[k];
    if (section.coding == format::kRawSection) continue;
    plain[k] = decode_section(section, k);
    section.coding = format::kRawSection;
    section.stored = plain[k];
  }
  std::vector<uint8_t> out;
  format::append_weight_file(&out, file);
  require_id(out, file.id);
  append_id(&out, file.id);
  return out;
}

std::vector<uint8_t> pack_weights(ByteSpan in) {
  const std::vector<uint8_t> plain = unpack_weights(in);
  WeightFile file = format::read_weight_file(plain);
  std::vector<std::vector<uint8_t>> coded(file.sections.size());
  for (size_t k = 0; k < coded.size(); ++k) {
    WeightSection& section = file.sections[k];
    coded[k] = encode_section(section);
    if (coded[k].empty()) continue;
    section.coding = format::kRansSection;
    section.stored = coded[k];
  }
  std::vector<uint8_t> out;
  format::append_weight_file(&out, file);
  append_id(&out, file.id);
  return out;
}

std::shared_ptr<const models::Weights> load_weights(ByteSpan in) {
  if (format::is_dictionary_file(in)) {
    const auto dictionary = read_dictionary(in);
    models::add_weights(dictionary);
    return dictionary;
  }
  WeightFile file = format::read_weight_file(in);
  const models::NetworkFamily& family = models::require_family(file.family);
  std::vector<uint8_t> plain;
  if (is_plain(file)) {
    require_id(in.first(in.size() - format::kWeightIdBytes), file.id);
  } else {
    plain = unpack_weights(in);
    file = format::read_weight_file(plain);
  }
  std::vector<ByteSpan> sections;
  for (const WeightSection& section : file.sections) sections.push_back(section.stored);
  auto weights = family.load(file.id, sections);
  models::add_weights(weights);
  return weights;
}

}  // namespace fastnz::codec

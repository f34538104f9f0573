#include "codec/dictionary.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "base/xxh3.h"
#include "codec/block.h"
#include "codec/code_byte.h"
#include "codec/levels.h"
#include "format/dictionary_file.h"
#include "models/mixing/choose.h"
#include "models/hybrid/hybrid.h"
#include "models/hybrid/priors.h"
#include "models/network/families.h"
#include "models/registry.h"

namespace fastnz::codec {
namespace {

using base::ByteSpan;
using base::Error;
using base::ErrorKind;

constexpr Level kStoredLevel = {2, "nibble_mix", 2, format::kMaxDictionaryBytes};
constexpr uint64_t kReadMemory = uint64_t{512} << 20;  // level 3 takes less for the most that a file may hold

uint64_t id_of(ByteSpan header, ByteSpan plain) {
  std::vector<uint8_t> all(header.begin(), header.end());
  all.insert(all.end(), plain.begin(), plain.end());
  const uint64_t low = base::xxh3_64(all) & 0xFFFFFFFFu;
  return low != 0 ? low : 1;  // 0 is no model
}

[[noreturn]] void corrupt(const char* what) { throw Error(ErrorKind::kCorrupt, std::string("dictionary: ") + what); }

// A profile that needs no width: what the samples are as a whole.
models::MixOptions options_for(ByteSpan bytes, int tier) {
  models::MixOptions options =
      models::read_options(models::choose_mix_options(bytes, tier), "nibble_mix", models::kNibbleMixTiers);
  if (models::profile_row(options.profile).has_width) options.profile = models::Profile::kBinary;
  options.width = options.step = 0;
  return options;
}

// Of the model that is primed. A network that comes with fastnz goes by its number.
std::vector<uint8_t> option_bytes(const models::MixOptions& mix, uint64_t network) {
  if (network == 0) return models::write_options(mix);
  models::HybridOptions options;
  options.mix = mix;
  for (uint8_t prior = 1; prior < models::kPriorCount; ++prior)
    if (models::kPriors[prior] == network) options.priors = {prior};
  if (options.priors.empty()) options.weights_id = network;
  return models::write_hybrid_options(options);
}

}  // namespace

std::shared_ptr<const models::Dictionary> read_dictionary(ByteSpan in) {
  const format::DictionaryFile file = format::read_dictionary_file(in);
  const uint8_t model = format::read_body(file.body, file.plain_size, 0).model_id;
  if (model != format::kStoredModel && model != models::find_model(kStoredLevel.model)->id)
    corrupt("its samples are stored by a model that may not store them");  // which might need a dictionary itself
  std::vector<uint8_t> plain(static_cast<size_t>(file.plain_size));
  Monitor monitor(0, {});
  decode_body(file.body, plain, Limits{file.plain_size, kReadMemory}, in.size() - file.body.size(), &monitor);
  if (id_of(file.header, plain) != file.id) corrupt("its id is not that of its content");

  base::ByteReader reader(plain);
  std::vector<uint32_t> lengths;
  uint64_t total = 0;
  for (uint64_t k = 0; k < file.samples; ++k) {
    const uint64_t length = reader.read_varint("length of a sample");
    if (length == 0 || length > plain.size()) corrupt("a sample of an impossible length");
    total += length;
    lengths.push_back(static_cast<uint32_t>(length));
  }
  if (lengths.empty() || total != reader.remaining()) corrupt("its samples are not as long as they should be");
  const ByteSpan bytes = reader.read_bytes(reader.remaining(), "samples");
  return std::make_shared<const models::Dictionary>(file.id, file.model, file.options,
                                                    std::vector<uint8_t>(bytes.begin(), bytes.end()), std::move(lengths));
}

std::vector<uint8_t> make_dictionary(const std::vector<ByteSpan>& samples, int tier, uint64_t network) {
  if (network != 0) models::family_of(*models::require_weights(network));
  constexpr int tiers = models::kNibbleMixTiers;
  if (tier < 1 || tier > tiers)
    throw Error(ErrorKind::kInvalidArgument,
                "the tier must be from 1 to " + std::to_string(tiers) + ", not " + std::to_string(tier));
  format::DictionaryFile file;
  std::vector<uint8_t> plain, bytes;
  base::ByteWriter writer(&plain);
  for (const ByteSpan sample : samples) {
    if (sample.empty()) continue;
    ++file.samples;
    writer.write_varint(sample.size());
    bytes.insert(bytes.end(), sample.begin(), sample.end());
  }
  writer.write_bytes(bytes);
  if (file.samples == 0) throw Error(ErrorKind::kInvalidArgument, "a dictionary needs a sample that is not empty");
  if (plain.size() > format::kMaxDictionaryBytes || file.samples > format::kMaxDictionarySamples)
    throw Error(ErrorKind::kInvalidArgument,
                "a dictionary holds at most " + std::to_string(format::kMaxDictionaryBytes) + " bytes in " +
                    std::to_string(format::kMaxDictionarySamples) + " samples, not " + std::to_string(plain.size()) +
                    " in " + std::to_string(file.samples));
  const std::vector<uint8_t> options = option_bytes(options_for(bytes, tier), network);
  file.model = network != 0 ? models::kHybridModel : models::find_model("nibble_mix")->id;
  file.options = options;
  file.plain_size = plain.size();
  std::vector<uint8_t> out = format::dictionary_header(file);
  const uint64_t id = id_of(out, plain);
  Monitor monitor(0, {});
  format::append_dictionary_body(&out, encode_block(plain, kStoredLevel, &monitor).body, id);
  return out;
}

std::vector<uint8_t> code_primed(const models::Dictionary& dictionary, ByteSpan record) {
  std::vector<uint8_t> coded;
  std::unique_ptr<models::NibbleMix> model = dictionary.borrow();
  model->begin_sample(record.size());
  coding::BinaryRangeEncoder encoder(&coded);
  for (const uint8_t byte : record) encode_byte(byte, model.get(), &encoder);
  encoder.finish();
  dictionary.give_back(std::move(model));
  return coded;
}

}  // namespace fastnz::codec

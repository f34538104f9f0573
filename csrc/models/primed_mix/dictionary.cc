#include "models/primed_mix/dictionary.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "models/nibble_mix/nibble_mix.h"

namespace fastnz::models {
namespace {

constexpr const char* kName = "primed_mix";
constexpr uint8_t kNibbleMixId = 2;
constexpr uint64_t kRecordRoom = 16 << 10;  // what tables have room for beyond the samples

[[noreturn]] void refuse(const std::string& what) {
  throw base::Error(base::ErrorKind::kUnsupported, "dictionary: " + what);
}

std::optional<HybridOptions> primable_hybrid(uint8_t model, base::ByteSpan options) {
  if (model != kNibbleMixId && model != kHybridModel)
    refuse("model id " + std::to_string(model) + " cannot be primed by this build, " + std::to_string(kNibbleMixId) + " and " +
           std::to_string(kHybridModel) + " can");
  if (model == kNibbleMixId) return std::nullopt;
  return read_hybrid_options(options);
}

MixOptions without_width(const MixOptions& mix) {
  if (profile_row(mix.profile).has_width) refuse(std::string("its profile is ") + profile_row(mix.profile).name + ", which has a width");
  return mix;
}

// A model from the dictionary's shelf for the time of one record.
class PrimedMix final : public NibbleModel {
 public:
  PrimedMix(std::shared_ptr<const Dictionary> dictionary, uint64_t content_size)
      : dictionary_(std::move(dictionary)), model_(dictionary_->borrow()) {
    model_->begin_sample(content_size);
    nibble_p1_q16_ = model_->nibble_p1_q16();
    begin_nibble();
  }
  ~PrimedMix() override { dictionary_->give_back(std::move(model_)); }

  void update_nibble(uint32_t nibble) noexcept override {
    model_->update_nibble(nibble);
    begin_nibble();
  }

 private:
  std::shared_ptr<const Dictionary> dictionary_;
  std::unique_ptr<NibbleMix> model_;
};

std::shared_ptr<const Dictionary> dictionary_of(base::ByteSpan options) {
  if (options.size() != kPrimedNameBytes)
    throw base::Error(base::ErrorKind::kUnsupported,
                      std::string(kName) + ": expected " + std::to_string(kPrimedNameBytes) + " option bytes, found " +
                          std::to_string(options.size()));
  return std::static_pointer_cast<const Dictionary>(require_weights(base::load_le<uint32_t>(options.data()), kName));
}

}  // namespace

Dictionary::Dictionary(uint64_t id, uint8_t model, base::ByteSpan options, std::vector<uint8_t> bytes,
                       std::vector<uint32_t> lengths)
    : Weights(id, kName),
      bytes_(std::move(bytes)),
      lengths_(std::move(lengths)),
      hybrid_(primable_hybrid(model, options)),
      options_(without_width(hybrid_ ? hybrid_->mix : read_options(options, "nibble_mix", kNibbleMixTiers))) {
  idle_.reserve(std::max(1u, std::thread::hardware_concurrency()));
}

std::vector<std::pair<const char*, int>> Dictionary::sizes() const {
  return {{"samples", static_cast<int>(lengths_.size())},
          {"sample_bytes", static_cast<int>(bytes_.size())},
          {"tier", options_.tier},
          {"profile", static_cast<int>(options_.profile)}};
}

std::vector<uint64_t> Dictionary::networks() const {
  return hybrid_ ? network_ids(*hybrid_) : std::vector<uint64_t>();
}

uint64_t Dictionary::model_memory(uint64_t record_size) const {
  const NibbleMixShape shape = nibble_mix_shape(options_, bytes_.size() + kRecordRoom, static_cast<int>(networks().size()),
                                                hybrid_ ? models::last_inputs(*hybrid_) : 0);
  const uint64_t tables = reserved_bytes(shape, bytes_.size() + kRecordRoom + record_size);
  // The journal's marks, a byte per unit of the tables; what it saves; an address and a value of each of five words a byte.
  const uint64_t counters =
      tables + tables / Journal::kUnit + NibbleMix::journal_bytes(shape, record_size) * 17 / 16 + record_size * 96;
  return hybrid_ ? counters + networks_memory(*hybrid_) : counters;
}

std::unique_ptr<NibbleMix> Dictionary::make_model() const {
  const uint64_t room = bytes_.size() + kRecordRoom;
  std::unique_ptr<NibbleMix> model =
      hybrid_ ? make_primable_hybrid(*hybrid_, room) : std::make_unique<NibbleMix>(options_, room, 0, 0);
  const uint8_t* next = bytes_.data();
  for (const uint32_t length : lengths_) {
    model->begin_sample(length);
    for (uint32_t i = 0; i < length; ++i, ++next) {
      model->update_nibble(*next >> 4);
      model->update_nibble(*next & 15);
    }
  }
  model->set_mark();
  return model;
}

std::unique_ptr<NibbleMix> Dictionary::borrow() const {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<NibbleMix> model = std::move(idle_.back());
      idle_.pop_back();
      return model;
    }
  }
  return make_model();
}

void Dictionary::give_back(std::unique_ptr<NibbleMix> model) const noexcept {
  model->return_to_mark();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (idle_.size() < idle_.capacity()) idle_.push_back(std::move(model));
}

std::vector<uint8_t> primed_options(uint64_t dictionary_id) {
  std::vector<uint8_t> options(kPrimedNameBytes);
  base::store_le(options.data(), static_cast<uint32_t>(dictionary_id));
  return options;
}

std::vector<uint64_t> primed_networks(base::ByteSpan options) {
  if (options.size() != kPrimedNameBytes) return {};
  const auto weights = find_weights(base::load_le<uint32_t>(options.data()));
  if (!weights || std::strcmp(weights->model(), kName) != 0) return {};
  return std::static_pointer_cast<const Dictionary>(weights)->networks();
}

size_t primed_mix_memory(base::ByteSpan options, uint64_t content_size) {
  return static_cast<size_t>(dictionary_of(options)->model_memory(content_size));
}

std::unique_ptr<BitModel> make_primed_mix(base::ByteSpan options, uint64_t content_size) {
  return std::make_unique<PrimedMix>(dictionary_of(options), content_size);
}

}  // namespace fastnz::models

// A dictionary as the models see it: samples, and models that have seen them (docs/dictionary.md). Invariant: every
// model that it lends is in the same state, that after the last sample, whoever had it before. Priming takes far longer
// than a record, so models are kept; a model serves one record at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/span.h"
#include "models/hybrid/hybrid.h"
#include "models/nibble_mix/mixer.h"
#include "models/registry.h"
#include "models/weights_store.h"

namespace fastnz::models {

inline constexpr uint8_t kPrimedMixModel = 6;  // its row

class Dictionary final : public Weights {
 public:
  // `bytes` is the samples one after another. Throws kUnsupported for a model that cannot be primed.
  Dictionary(uint64_t id, uint8_t model, base::ByteSpan options, std::vector<uint8_t> bytes,
             std::vector<uint32_t> lengths);

  size_t memory() const noexcept override { return bytes_.size() + lengths_.size() * sizeof(uint32_t); }
  std::vector<std::pair<const char*, int>> sizes() const override;
  std::vector<const kernels::NetworkMatrix*> matrices() const override { return {}; }

  // Of one model that codes a record. Throws kModelMissing when a network is not here.
  uint64_t model_memory(uint64_t record_size) const;
  // Ids of the networks that the primed model has beside its counters.
  std::vector<uint64_t> networks() const;

  std::unique_ptr<NibbleMix> borrow() const;
  void give_back(std::unique_ptr<NibbleMix> model) const noexcept;  // as it is after its record

 private:
  std::unique_ptr<NibbleMix> make_model() const;

  std::vector<uint8_t> bytes_;
  std::vector<uint32_t> lengths_;
  std::optional<HybridOptions> hybrid_;  // none: no networks
  MixOptions options_;            // of the counters
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<NibbleMix>> idle_;
};

// The option bytes of primed_mix.
std::vector<uint8_t> primed_options(uint64_t dictionary_id);
inline constexpr size_t kPrimedNameBytes = 4;

// The longest content that an encoder primes a model for: by then a model has learnt its content itself.
inline constexpr uint64_t kMaxPrimedContent = uint64_t{256} << 10;

// Of the dictionary that the option bytes name; none where it is not loaded.
std::vector<uint64_t> primed_networks(base::ByteSpan options);

size_t primed_mix_memory(base::ByteSpan options, uint64_t content_size);
std::unique_ptr<BitModel> make_primed_mix(base::ByteSpan options, uint64_t content_size);

}  // namespace fastnz::models

// Learns what the mixer of `hybrid` begins with (models/nibble_mix/starts.h) from many records: each is coded from the
// starts so far, which then move a little towards what weights and maps had become. For whoever makes the table anew; no coder.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/span.h"
#include "models/model.h"
#include "models/nibble_mix/starts.h"
#include "models/weights_store.h"

namespace fastnz::models {

class StartLearner {
 public:
  // From constants, with a network of the store. Throws kModelMissing.
  explicit StartLearner(uint64_t weights_id);
  // Codes a record of at least one byte; returns its bits. The starts move by `step`, 0 to 1, of the way.
  double learn(base::ByteSpan record, double step);
  Starts starts() const;  // rounded

 private:
  std::unique_ptr<SymbolModel> network_;
  std::vector<double> weights_, maps_;
};

}  // namespace fastnz::models

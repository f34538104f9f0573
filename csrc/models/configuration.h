// A model that a user names and that is no file: a registry row with option bytes. It stands in the store beside the weights, so
// that an id reaches it wherever one reaches weights. Equal option bytes of a row have equal ids.
#pragma once

#include <cstdint>
#include <vector>

#include "models/weights_store.h"

namespace fastnz::models {

class Configuration : public Weights {
 public:
  // What no hash of a model file is likely to be; `mark` tells rows apart.
  Configuration(const char* model, uint64_t mark, const std::vector<uint8_t>& options) : Weights(id_of(mark, options), model) {}
  virtual std::vector<uint8_t> option_bytes() const = 0;
  // For a content of this size.
  virtual std::vector<uint8_t> options_for(uint64_t) const { return option_bytes(); }
  virtual bool words() const noexcept { return false; }          // whether the transform `words` comes first
  virtual uint64_t training_memory() const noexcept { return 0; }  // that an encoder takes besides the model
  virtual uint64_t block_size() const noexcept { return 0; }  // that suits it; 0: the level's
  std::vector<const kernels::NetworkMatrix*> matrices() const override { return {}; }

 private:
  static uint64_t id_of(uint64_t mark, const std::vector<uint8_t>& options) noexcept {
    uint64_t id = mark;
    for (const uint8_t byte : options) id = (id ^ byte) * 0x9E3779B97F4A7C15u;
    return id;
  }
};

}  // namespace fastnz::models

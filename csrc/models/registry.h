// The table of models: one row per model, found by the id in a block header or by its public name. Adding a model
// adds a row here and nothing in codec, format or Python. Ids are never reused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/span.h"
#include "models/model.h"

namespace fastnz::models {

// What a block header says about its model: the row's id and up to kMaxModelOptions opaque option bytes, which only
// the row itself can read. `content_size` is the number of bytes the model will code (after transforms): tables
// scale with it.
inline constexpr size_t kMaxModelOptions = 15;

struct ModelRow {
  uint8_t id;
  const char* name;
  // Bytes the model will reserve. Throws base::Error(kUnsupported | kCorrupt) on options it cannot read, so that a
  // header can be judged before anything is allocated; kModelMissing when it needs weights that are not here.
  size_t (*memory)(base::ByteSpan options, uint64_t content_size);
  // A symbol model has both factories: an adapter makes a bit model of one lane of it.
  std::unique_ptr<BitModel> (*make_bit_model)(base::ByteSpan options, uint64_t content_size);
  std::unique_ptr<SymbolModel> (*make_symbol_model)(base::ByteSpan options, uint64_t content_size, int lanes);
  // Null where lanes would share nothing. One set of options for all of them.
  std::unique_ptr<ModelLanes> (*make_lanes)(base::ByteSpan options, int lanes);
  // How many of the options' last bytes are the low bytes, lowest first, of the id of a model file that a user named.
  size_t name_bytes = 0;
  // How many lanes the content is cut into; null: it is not. Lane s of S begins at byte s * ceil(size / S), and the model is
  // told the first byte of each lane, then the second of each, and so on (codec/lane_order.h).
  int (*content_lanes)(base::ByteSpan options) = nullptr;
  // Set where the content is cut into lanes that have a code each (codec/lane_codes.h); there is then no bit model. `content`
  // is the first byte of the whole content.
  LaneLayout (*lane_layout)(base::ByteSpan options, uint64_t content_size) = nullptr;
  std::unique_ptr<LaneGroup> (*make_lane_group)(base::ByteSpan options, uint64_t content_size, const uint8_t* content,
                                                uint32_t group) = nullptr;
  // Null where a model is told nothing but the content. Encoder only, and may take long: calls `pause` every few milliseconds, which
  // may throw.
  std::vector<uint8_t> (*make_preface)(base::ByteSpan options, base::ByteSpan content, const std::function<void()>& pause) = nullptr;
};

std::span<const ModelRow> model_rows() noexcept;
const ModelRow* find_model(uint8_t id) noexcept;
const ModelRow* find_model(std::string_view name) noexcept;

}  // namespace fastnz::models

#include "codec/raw_record.h"

#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "format/body.h"
#include "models/registry.h"
#include "models/weights_store.h"

namespace fastnz::codec {
namespace {

// A dictionary serves short contents only, and a network is left out where it does not help: the body is then of another
// model and names nothing.
size_t name_bytes(const format::Body& body, uint64_t model_id) {
  const models::ModelRow* row = models::find_model(body.model_id);
  if (!row || row->name_bytes == 0) return 0;
  const std::string_view named = models::require_weights(model_id)->model(), primed = "primed_mix";
  return (named == primed) == (row->name == primed) ? row->name_bytes : 0;
}

}  // namespace

std::vector<uint8_t> without_model_name(base::ByteSpan body, uint64_t content_size, uint64_t model_id) {
  format::Body parts = format::read_body(body, content_size, 0);
  parts.options = parts.options.first(parts.options.size() - name_bytes(parts, model_id));
  std::vector<uint8_t> record;
  format::append_body(&record, parts);
  return record;
}

std::vector<uint8_t> with_model_name(base::ByteSpan record, uint64_t content_size, uint64_t model_id) {
  format::Body parts = format::read_body(record, content_size, 0);
  const size_t named = name_bytes(parts, model_id);
  if (parts.options.size() + named > models::kMaxModelOptions)
    throw base::Error(base::ErrorKind::kCorrupt, "raw record: more option bytes than its model has", 0);
  uint8_t id[sizeof model_id];
  base::store_le(id, model_id);
  std::vector<uint8_t> options(parts.options.begin(), parts.options.end());
  options.insert(options.end(), id, id + named);
  parts.options = options;
  std::vector<uint8_t> body;
  format::append_body(&body, parts);
  return body;
}

}  // namespace fastnz::codec

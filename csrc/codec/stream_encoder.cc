#include "codec/stream_encoder.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "codec/block.h"
#include "codec/parallel.h"
#include "codec/side_data.h"

namespace fastnz::codec {

using base::ByteSpan;
using base::Error;
using base::ErrorKind;

StreamEncoder::StreamEncoder(const CompressOptions& options, std::optional<uint64_t> content_size)
    : options_(options), level_(find_level(options.level, options.model_id)), promised_(content_size) {
  options_.content_size = true;
  options_.threads = std::clamp<size_t>(options_.threads, 1, kMaxThreads);
  options_.block_size = resolve_block_size(level_, options.block_size);
  block_size_ = static_cast<size_t>(options_.block_size);
}

void StreamEncoder::require_usable() const {
  if (finished_) throw Error(ErrorKind::kInvalidArgument, "this encoder has finished its frame");
  if (busy_) throw Error(ErrorKind::kInvalidArgument, "this encoder was interrupted; make a new one");
}

void StreamEncoder::begin_if_needed(std::vector<uint8_t>* out) {
  if (begun_) return;
  begun_ = true;
  format::FrameHeader header;
  header.has_content_size = promised_.has_value();
  header.content_size = promised_.value_or(0);
  header.level = static_cast<uint8_t>(level_.level);
  header.max_block_size = static_cast<uint32_t>(std::min<uint64_t>(block_size_, promised_.value_or(block_size_)));
  // What any block may need: the model, and the transforms.
  header.memory_kib = to_kib(model_memory_bound(level_, header.max_block_size) +
                             transforms_memory_bound(level_, header.max_block_size));
  writer_.begin(header, out);
}

// Codes up to `blocks` blocks from the front of pending_, the last of which may be short.
void StreamEncoder::encode(size_t blocks, std::vector<uint8_t>* out, Monitor* monitor) {
  const ByteSpan content = ByteSpan(pending_).first(std::min(pending_.size(), blocks * block_size_));
  std::vector<EncodedBlock> made((content.size() + block_size_ - 1) / block_size_);
  busy_ = true;
  run_parallel(made.size(), options_.threads, monitor, [&](size_t k) {
    const size_t begin = k * block_size_;
    made[k] = encode_block(content.subspan(begin, std::min(block_size_, content.size() - begin)), level_, monitor,
                           {1, options_.device});
  });
  begin_if_needed(out);
  for (const EncodedBlock& block : made) writer_.add(block, out);
  busy_ = false;
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<ptrdiff_t>(content.size()));
}

void StreamEncoder::feed(ByteSpan content, std::vector<uint8_t>* out, Monitor* monitor) {
  require_usable();
  if (promised_ && content.size() > *promised_ - total_)
    throw Error(ErrorKind::kInvalidArgument, "content_size was given as " + std::to_string(*promised_) +
                                                 " bytes, but more were fed");
  total_ += content.size();
  const size_t batch = options_.threads * block_size_;
  while (!content.empty()) {
    // A full block waits until one more byte shows that it is not the last: the last one is cut at the end.
    if (pending_.size() >= batch) encode(options_.threads, out, monitor);
    const size_t taken = std::min(content.size(), batch - pending_.size());
    pending_.insert(pending_.end(), content.begin(), content.begin() + static_cast<ptrdiff_t>(taken));
    content = content.subspan(taken);
  }
}

void StreamEncoder::flush(std::vector<uint8_t>* out, Monitor* monitor) {
  require_usable();
  if (!pending_.empty()) encode(options_.threads, out, monitor);
}

void StreamEncoder::finish(std::vector<uint8_t>* out, Monitor* monitor) {
  require_usable();
  if (promised_ && *promised_ != total_)
    throw Error(ErrorKind::kInvalidArgument, "content_size was given as " + std::to_string(*promised_) +
                                                 " bytes, but " + std::to_string(total_) + " were fed");
  if (!begun_ && pending_.size() <= block_size_) {
    busy_ = true;
    const std::vector<uint8_t> frame = codec::compress(pending_, options_, monitor);
    out->insert(out->end(), frame.begin(), frame.end());
    busy_ = false;
  } else {
    if (!pending_.empty()) encode(options_.threads, out, monitor);
    begin_if_needed(out);
    writer_.finish(options_.index, out);
  }
  pending_ = {};
  finished_ = true;
}

}  // namespace fastnz::codec

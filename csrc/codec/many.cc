#include "codec/many.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "codec/block.h"
#include "codec/decompress.h"
#include "codec/incompressible.h"
#include "codec/lane_groups.h"
#include "codec/lockstep.h"
#include "codec/many_items.h"
#include "codec/parallel.h"
#include "codec/raw_record.h"
#include "format/compact_frame.h"

namespace fastnz::codec {
namespace {

using base::ByteSpan;
using base::Error;

static_assert(kMaxLaneContent <= format::kMaxCompactContent);  // so that a frame with lanes is a compact one

// One item after the other of a window is planned, or finished where its model has no lanes; then come the groups.
class ManyEncoder {
 public:
  ManyEncoder(const std::vector<ByteSpan>& items, const ManyOptions& options, Monitor* monitor)
      : items_(items), options_(options), level_(find_level(options.level, options.model_id)),
        alone_{.level = options.level, .model_id = options.model_id, .device = options.device}, monitor_(monitor), made_(items.size()) {}

  std::vector<std::vector<uint8_t>> run() {
    std::vector<uint64_t> sizes;
    sizes.reserve(items_.size());
    for (const ByteSpan item : items_) sizes.push_back(item.size());
    for_each_window(sizes, [&](size_t begin, size_t end) { encode_window(begin, end); });
    return std::move(made_);
  }

 private:
  void encode_window(size_t begin, size_t end) {
    FirstFailure failure;
    std::vector<PlannedBlock> plans(end - begin);
    run_parallel(end - begin, options_.threads, monitor_, [&](size_t k) {
      failure.run(begin + k, [&] { plan(begin + k, &plans[k]); });
    });
    failure.rethrow();
    LaneGroups lanes;
    for (size_t k = 0; k < plans.size(); ++k)
      if (plans[k].model) lanes.add(begin + k, *plans[k].model, plans[k].options, plans[k].residual().size());
    const std::vector<LaneGroup> groups = lanes.cut(options_.threads, options_.max_memory);
    run_parallel(groups.size(), options_.threads, monitor_, [&](size_t g) { encode_group(groups[g], begin, plans); });
  }

  // Leaves a plan with a model only if the item is one for lanes.
  void plan(size_t i, PlannedBlock* plan) {
    if (items_[i].size() > kMaxLaneContent) {
      made_[i] = options_.raw ? compress_raw(items_[i], level_, monitor_, options_.device)
                              : compress(items_[i], alone_, monitor_);
      return;
    }
    if (options_.raw && items_[i].empty()) return;
    *plan = plan_block(items_[i], level_, monitor_);
    if (plan->model && plan->model->make_lanes && plan->residual().size() <= kMaxLaneContent) return;
    std::vector<uint8_t> coded;
    if (plan->model) encode_with_model(plan->residual(), *plan->model, plan->options, &coded, monitor_, false, {1, options_.device});
    finish(i, *plan, coded);
    *plan = {};
  }

  void encode_group(const LaneGroup& group, size_t begin, const std::vector<PlannedBlock>& plans) {
    std::vector<ByteSpan> residuals;
    residuals.reserve(group.items.size());
    for (const size_t i : group.items) residuals.push_back(plans[i - begin].residual());
    const std::vector<std::vector<uint8_t>> codes =
        encode_lockstep(residuals, *group.row, group.options, group.lanes, monitor_);
    for (size_t k = 0; k < codes.size(); ++k) finish(group.items[k], plans[group.items[k] - begin], codes[k]);
  }

  void finish(size_t i, const PlannedBlock& plan, ByteSpan coded) {
    EncodedBlock block = finish_block(plan, coded);
    if (!options_.raw)
      format::append_compact_frame(&made_[i], block.content_size, block.body, block.content_hash);
    else
      made_[i] = level_.model_id == 0 ? std::move(block.body) : without_model_name(block.body, block.content_size, level_.model_id);
  }

  const std::vector<ByteSpan>& items_;
  const ManyOptions& options_;
  const Level level_;
  const CompressOptions alone_;  // of an item that is not one for lanes
  Monitor* const monitor_;
  std::vector<std::vector<uint8_t>> made_;
};

}  // namespace

std::vector<std::vector<uint8_t>> compress_many(const std::vector<ByteSpan>& items, const ManyOptions& options,
                                                Monitor* monitor) {
  return ManyEncoder(items, options, monitor).run();
}

ManyDecoder::ManyDecoder(std::vector<ByteSpan> items, std::vector<uint64_t> raw_sizes, uint64_t model_id,
                         const Limits& limits, const Workers& workers, Monitor* monitor)
    : items_(std::move(items)), raw_(!raw_sizes.empty()), limits_(limits), threads_(workers.threads), device_(workers.device) {
  std::vector<uint64_t> memory(items_.size());
  sizes_.resize(items_.size());
  if (!raw_) contents_.resize(items_.size());
  if (raw_ && model_id != 0) named_.resize(items_.size());
  FirstFailure failure;
  run_parallel(items_.size(), threads_, monitor, [&](size_t i) {
    failure.run(i, [&] {
      if (raw_) {
        if (!named_.empty() && !items_[i].empty()) {
          named_[i] = with_model_name(items_[i], raw_sizes[i], model_id);
          items_[i] = named_[i];
        }
        check_raw(items_[i], raw_sizes[i], limits_);
        sizes_[i] = raw_sizes[i];
        if (sizes_[i] != 0) memory[i] = body_memory(items_[i], sizes_[i], 0);
      } else {
        contents_[i] = read_frames(items_[i], limits_, Proof::kAll);
        sizes_[i] = contents_[i].content_size;
        memory[i] = contents_[i].block_memory;
      }
    });
    monitor->tick(0);
  });
  uint64_t total = 0, largest = 0;
  for (size_t i = 0; i < sizes_.size(); ++i) {
    total += sizes_[i];
    largest = std::max(largest, memory[i]);
    failure.run(i, [&] { require_output(total, limits_, Error::kNoOffset); });
  }
  failure.rethrow();
  threads_ = threads_within(largest, threads_, limits_);
}

void ManyDecoder::decode(const std::vector<base::MutableByteSpan>& outputs, Monitor* monitor) {
  for_each_window(sizes_, [&](size_t begin, size_t end) { decode_window(begin, end, outputs, monitor); });
}

void ManyDecoder::decode_window(size_t begin, size_t end, const std::vector<base::MutableByteSpan>& outputs,
                                Monitor* monitor) {
  FirstFailure failure;
  std::vector<OpenItem> open(end - begin);
  run_parallel(end - begin, threads_, monitor, [&](size_t k) {
    failure.run(begin + k, [&] {
      if (!open_for_lanes(begin + k, &open[k])) decode_alone(begin + k, outputs[begin + k], monitor);
    });
  });
  LaneGroups lanes;
  for (size_t k = 0; k < open.size(); ++k)
    if (open[k].model) lanes.add(begin + k, *open[k].model, open[k].body.options, open[k].body.residual_size);
  const std::vector<LaneGroup> groups = lanes.cut(threads_, limits_.max_memory);
  run_parallel(groups.size(), threads_, monitor, [&](size_t g) {
    const LaneGroup& group = groups[g];
    std::vector<ByteSpan> codes;
    std::vector<std::vector<uint8_t>> residuals(group.items.size());
    std::vector<base::MutableByteSpan> rooms;
    for (size_t m = 0; m < group.items.size(); ++m) {
      const size_t i = group.items[m];
      const format::Body& body = open[i - begin].body;
      codes.push_back(body.payload);
      if (!body.transforms.empty()) residuals[m].resize(static_cast<size_t>(body.residual_size));
      rooms.push_back(body.transforms.empty() ? outputs[i] : base::MutableByteSpan(residuals[m]));
    }
    const std::vector<bool> whole = decode_lockstep(codes, rooms, *group.row, group.options, group.lanes, monitor);
    for (size_t m = 0; m < group.items.size(); ++m) {
      const size_t i = group.items[m];
      failure.run(i, [&] {
        finish_item(i, open[i - begin].body, whole[m], std::move(residuals[m]), outputs[i], monitor);
      });
    }
  });
  failure.rethrow();
}

// An item is one for lanes if it is a single block whose model has them.
bool ManyDecoder::open_for_lanes(size_t i, OpenItem* open) const {
  if (sizes_[i] == 0 || sizes_[i] > kMaxLaneContent || (!raw_ && contents_[i].blocks.size() != 1)) return false;
  const uint64_t offset = raw_ ? 0 : contents_[i].blocks[0].offset;
  const ByteSpan bytes =
      raw_ ? items_[i] : items_[i].subspan(static_cast<size_t>(offset), contents_[i].blocks[0].body_size);
  format::Body body = open_body(bytes, sizes_[i], limits_, offset);
  const models::ModelRow* row = models::find_model(body.model_id);
  if (!row || !row->make_lanes || body.residual_size > kMaxLaneContent) return false;
  *open = {row, std::move(body)};
  return true;
}

void ManyDecoder::decode_alone(size_t i, base::MutableByteSpan out, Monitor* monitor) const {
  if (raw_)
    decompress_raw(items_[i], out, limits_, monitor, device_);
  else
    decode_frames(items_[i], contents_[i], out, limits_, {1, device_}, monitor);
}

void ManyDecoder::finish_item(size_t i, const format::Body& body, bool whole, std::vector<uint8_t> residual,
                              base::MutableByteSpan out, Monitor* monitor) const {
  const uint64_t offset = raw_ ? 0 : contents_[i].blocks[0].offset;
  if (!whole) throw_code_too_short(offset);
  if (!body.transforms.empty()) undo_transforms(body, std::move(residual), out, offset, monitor);
  if (!raw_) require_hash(out, contents_[i].blocks[0].content_hash, contents_[i].blocks[0].hash_bits, offset);
}

}  // namespace fastnz::codec

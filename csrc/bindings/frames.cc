// Whole buffers: compress, decompress, raw records, skippable frames, frame_info.
#include "bindings/bindings.h"

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "bindings/buffers.h"
#include "codec/compress.h"
#include "codec/decompress.h"
#include "codec/raw_record.h"
#include "format/skippable_frame.h"
#include "models/hybrid/hybrid.h"
#include "models/hybrid_online/hybrid_online.h"
#include "models/primed_mix/dictionary.h"
#include "models/weights_store.h"

namespace py = pybind11;

namespace fastnz::bindings {
namespace {

std::vector<uint8_t> compress_to_vector(const BufferView& data, const codec::CompressOptions& options,
                                        py::handle progress) {
  codec::Monitor monitor(0, make_poll(progress));
  std::vector<uint8_t> out;
  {
    const py::gil_scoped_release release;
    out = codec::compress(data.bytes(), options, &monitor);
  }
  if (!progress.is_none()) monitor.poll();
  return out;
}

py::bytes compress(py::handle data, int level, uint64_t model, size_t threads, uint64_t block_size, bool index,
                   bool content_size, const std::string& device, py::object progress) {
  return to_bytes(compress_to_vector(
      BufferView(data), {level, model, threads, block_size, index, content_size, named_device(device)}, progress));
}

size_t compress_into(py::handle data, py::handle out, int level, uint64_t model, size_t threads, uint64_t block_size,
                     bool index, bool content_size, const std::string& device, py::object progress) {
  const BufferView target(out, true);
  const std::vector<uint8_t> made = compress_to_vector(
      BufferView(data), {level, model, threads, block_size, index, content_size, named_device(device)}, progress);
  const base::MutableByteSpan room = target.mutable_bytes();
  if (made.size() > room.size())
    throw base::Error(base::ErrorKind::kLimit, "out has room for " + std::to_string(room.size()) + " bytes, " +
                                                   std::to_string(made.size()) +
                                                   " are needed; compress_bound tells how long out must be at most");
  std::copy(made.begin(), made.end(), room.begin());
  return made.size();
}

py::bytes decompress(py::handle data, uint64_t max_output_size, uint64_t max_memory, size_t threads,
                     const std::string& device, py::object progress) {
  const BufferView in(data);
  const codec::Workers workers{threads, named_device(device)};
  const codec::Limits limits{max_output_size, max_memory};
  codec::Monitor monitor(0, make_poll(progress));
  codec::Contents contents;
  {
    const py::gil_scoped_release release;
    contents = codec::read_frames(in.bytes(), limits, codec::Proof::kAll);
  }
  py::bytes out = new_bytes(contents.content_size, "max_output_size");
  {
    const base::MutableByteSpan room = fillable(out);
    const py::gil_scoped_release release;
    codec::decode_frames(in.bytes(), contents, room, limits, workers, &monitor);
  }
  if (!progress.is_none()) monitor.poll();
  return out;
}

size_t decompress_into(py::handle data, py::handle out, uint64_t max_output_size, uint64_t max_memory, size_t threads,
                       const std::string& device, py::object progress) {
  const codec::Workers workers{threads, named_device(device)};
  const BufferView target(out, true);
  const BufferView in(data);
  codec::Monitor monitor(0, make_poll(progress));
  codec::Contents contents;
  {
    const py::gil_scoped_release release;
    const base::MutableByteSpan room = target.mutable_bytes();
    const codec::Limits limits{max_output_size, max_memory};
    contents = codec::read_frames(in.bytes(), limits, codec::Proof::kAll);
    if (contents.content_size > room.size())
      throw base::Error(base::ErrorKind::kLimit, "out has room for " + std::to_string(room.size()) + " bytes, " +
                                                     std::to_string(contents.content_size) +
                                                     " are needed; pass a longer out");
    codec::decode_frames(in.bytes(), contents, room.first(static_cast<size_t>(contents.content_size)), limits, workers,
                         &monitor);
  }
  if (!progress.is_none()) monitor.poll();
  return static_cast<size_t>(contents.content_size);
}

py::bytes compress_raw(py::handle data, int level, uint64_t model, const std::string& device, py::object progress) {
  const BufferView in(data);
  const codec::Level row = codec::find_level(level, model);
  const codec::DeviceChoice choice = named_device(device);
  codec::Monitor monitor(0, make_poll(progress));
  std::vector<uint8_t> out;
  {
    const py::gil_scoped_release release;
    out = codec::compress_raw(in.bytes(), row, &monitor, choice);
  }
  if (!progress.is_none()) monitor.poll();
  return to_bytes(out);
}

py::bytes decompress_raw(py::handle data, uint64_t size, int level, uint64_t model, uint64_t max_memory,
                         const std::string& device, py::object progress) {
  codec::find_level(level, model);
  const codec::DeviceChoice choice = named_device(device);
  const BufferView in(data);
  const codec::Limits limits{~uint64_t{0}, max_memory};
  base::ByteSpan record = in.bytes();
  std::vector<uint8_t> named;
  if (model != 0 && size != 0 && !record.empty()) {
    named = codec::with_model_name(record, size, model);
    record = named;
  }
  codec::check_raw(record, size, limits);
  py::bytes out = new_bytes(size, "size");
  codec::Monitor monitor(size, make_poll(progress));
  {
    const base::MutableByteSpan room = fillable(out);
    const py::gil_scoped_release release;
    codec::decompress_raw(record, room, limits, &monitor, choice);
  }
  if (!progress.is_none()) monitor.poll();
  return out;
}

py::bytes skippable_frame(py::handle payload, int tag) {
  if (tag < 0 || tag > 255)
    throw base::Error(base::ErrorKind::kInvalidArgument, "tag must be from 0 to 255, not " + std::to_string(tag));
  std::vector<uint8_t> out;
  format::append_skippable_frame(&out, BufferView(payload).bytes(), static_cast<uint8_t>(tag));
  return to_bytes(out);
}

// Ids of the networks that the options name; none if they cannot be read.
std::vector<uint64_t> networks_of(const models::ModelRow* row, base::ByteSpan options) {
  if (row && (row->id == models::kHybridModel || row->id == models::kHybridOnlineModel)) {
    try {
      return models::network_ids(row->id == models::kHybridModel ? models::read_hybrid_options(options)
                                                                 : models::read_hybrid_online_options(options).hybrid);
    } catch (const base::Error&) {
      return {};
    }
  }
  if (row && row->id == models::kPrimedMixModel) return models::primed_networks(options);
  if (!row || row->name_bytes != sizeof(uint64_t) || options.size() != sizeof(uint64_t)) return {};
  return {base::load_le<uint64_t>(options.data())};
}

// The first model and options that a frame's blocks name; None for stored ones.
void describe_model(base::ByteSpan in, const codec::Contents& contents, const codec::FrameRef& frame, py::dict* out) {
  (*out)["model"] = py::none();
  (*out)["options"] = py::bytes();
  (*out)["networks"] = py::tuple();
  for (size_t k = frame.first_block; k < frame.first_block + frame.block_count; ++k) {
    const codec::BlockRef& block = contents.blocks[k];
    format::Body body;
    try {
      body = format::read_body(in.subspan(block.offset, block.body_size), block.content_size, block.offset);
    } catch (const base::Error&) {
      break;  // only decoding proves bodies; what headers tell stands
    }
    if (body.model_id == format::kStoredModel) continue;
    const models::ModelRow* row = models::find_model(body.model_id);
    (*out)["model"] = row ? std::string(row->name) : "model " + std::to_string(body.model_id);
    (*out)["options"] = to_bytes(body.options);
    py::list networks;
    for (const uint64_t id : networks_of(row, body.options)) networks.append(models::weights_name(id));
    (*out)["networks"] = py::tuple(networks);
    break;
  }
}

py::list frame_info(py::handle data) {
  const BufferView in(data);
  codec::Contents contents;
  {
    const py::gil_scoped_release release;
    contents = codec::read_frames(in.bytes(), codec::Limits{}, codec::Proof::kHeaders);
  }
  py::list frames;
  for (const codec::FrameRef& frame : contents.frames) {
    const bool skippable = frame.kind == format::FrameKind::kSkippable;
    py::dict about;
    about["offset"] = frame.offset;
    about["compressed_size"] = frame.compressed_size;
    if (skippable) {
      about["content_size"] = 0;
    } else if (frame.tells_content_size) {
      about["content_size"] = frame.content_size;
    } else {
      about["content_size"] = py::none();
    }
    about["blocks"] = frame.block_count;
    describe_model(in.bytes(), contents, frame, &about);
    about["level"] = frame.level ? py::object(py::int_(frame.level)) : py::object(py::none());
    about["memory"] = frame.memory;
    about["checksum"] = true;
    about["skippable"] = skippable;
    about["compact"] = frame.kind == format::FrameKind::kCompact;
    about["tag"] = skippable ? py::object(py::int_(frame.tag)) : py::object(py::none());
    about["index"] = frame.has_index;
    about["version"] = format::kFormatVersion;
    frames.append(about);
  }
  return frames;
}

}  // namespace

void bind_frames(py::module_& module) {
  module.attr("format_version") = format::kFormatVersion;
  module.def("compress", &compress, py::arg("data"), py::arg("level") = codec::kDefaultLevel, py::kw_only(),
             py::arg("model") = 0, py::arg("threads") = 1, py::arg("block_size") = 0, py::arg("index") = false,
             py::arg("content_size") = true, py::arg("device") = "auto", py::arg("progress") = py::none());
  module.def("compress_into", &compress_into, py::arg("data"), py::arg("out"), py::arg("level") = codec::kDefaultLevel,
             py::kw_only(), py::arg("model") = 0, py::arg("threads") = 1, py::arg("block_size") = 0,
             py::arg("index") = false, py::arg("content_size") = true, py::arg("device") = "auto", py::arg("progress") = py::none());
  module.def("compress_bound", &codec::compress_bound, py::arg("size"));
  module.def("decompress", &decompress, py::arg("data"), py::kw_only(), py::arg("max_output_size"),
             py::arg("max_memory"), py::arg("threads") = 1, py::arg("device") = "auto",
             py::arg("progress") = py::none());
  module.def("decompress_into", &decompress_into, py::arg("data"), py::arg("out"), py::kw_only(),
             py::arg("max_output_size") = ~uint64_t{0}, py::arg("max_memory"), py::arg("threads") = 1,
             py::arg("device") = "auto", py::arg("progress") = py::none());
  module.def("compress_raw", &compress_raw, py::arg("data"), py::arg("level") = codec::kDefaultLevel, py::kw_only(),
             py::arg("model") = 0, py::arg("device") = "auto", py::arg("progress") = py::none());
  module.def("decompress_raw", &decompress_raw, py::arg("data"), py::arg("size"),
             py::arg("level") = codec::kDefaultLevel, py::kw_only(), py::arg("model") = 0, py::arg("max_memory"),
             py::arg("device") = "auto", py::arg("progress") = py::none());
  module.def("skippable_frame", &skippable_frame, py::arg("payload"), py::arg("tag") = 0);
  module.def("frame_info", &frame_info, py::arg("data"));
}

}  // namespace fastnz::bindings

// StreamEncoder and StreamDecoder. Each object has a lock that is taken without the GIL, so threads may share it; it is
// recursive because a progress callback may look at its own object.
// `progress(done, total)` is told the bytes of content that one call has coded so far; what is to come is not known.
#include "bindings/bindings.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <type_traits>

#include <pybind11/stl.h>

#include "bindings/buffers.h"
#include "codec/stream_decoder.h"
#include "codec/stream_encoder.h"

namespace py = pybind11;

namespace fastnz::bindings {
namespace {

class StreamEncoder {
 public:
  StreamEncoder(int level, uint64_t block_size, size_t threads, bool index, std::optional<uint64_t> content_size,
                uint64_t model, const std::string& device)
      : encoder_({level, model, threads, block_size, index, true, named_device(device)}, content_size) {}

  py::bytes feed(py::handle data, py::object progress) {
    const BufferView in(data);
    return work(progress, [&](std::vector<uint8_t>* out, codec::Monitor* monitor) {
      encoder_.feed(in.bytes(), out, monitor);
    });
  }
  py::bytes flush(py::object progress) {
    return work(progress, [&](std::vector<uint8_t>* out, codec::Monitor* monitor) { encoder_.flush(out, monitor); });
  }
  py::bytes finish(py::object progress) {
    return work(progress, [&](std::vector<uint8_t>* out, codec::Monitor* monitor) { encoder_.finish(out, monitor); });
  }

 private:
  template <typename Work>
  py::bytes work(const py::object& progress, Work&& work) {
    std::vector<uint8_t> out;
    codec::Monitor monitor(0, make_poll(progress));
    {
      const py::gil_scoped_release release;
      const std::lock_guard lock(mutex_);
      work(&out, &monitor);
    }
    if (!progress.is_none()) monitor.poll();
    return to_bytes(out);
  }

  std::recursive_mutex mutex_;
  codec::StreamEncoder encoder_;
};

class StreamDecoder {
 public:
  StreamDecoder(uint64_t max_output_size, uint64_t max_memory, size_t threads, const std::string& device)
      : decoder_({max_output_size, max_memory}, threads, named_device(device)) {}

  py::bytes feed(py::handle data, int64_t max_length, py::object progress) {
    const BufferView in(data);
    const uint64_t wanted = max_length < 0 ? ~uint64_t{0} : static_cast<uint64_t>(max_length);
    std::unique_lock lock(mutex_, std::defer_lock);
    uint64_t ready = 0;
    codec::Monitor monitor(0, make_poll(progress));
    {
      const py::gil_scoped_release release;
      lock.lock();
      decoder_.feed(in.bytes(), wanted, &monitor);
      ready = std::min(decoder_.ready(), wanted);
    }
    if (!progress.is_none()) monitor.poll();
    py::bytes out = new_bytes(ready, "max_output_size");
    decoder_.take(fillable(out));
    return out;
  }

  bool eof() { return locked([&] { return decoder_.eof(); }); }
  bool needs_input() { return locked([&] { return decoder_.needs_input(); }); }
  bool skippable() { return locked([&] { return decoder_.skippable(); }); }
  uint64_t total_out() { return locked([&] { return decoder_.total_out(); }); }
  py::bytes unused_data() {
    std::vector<uint8_t> unused;
    locked([&] {
      const base::ByteSpan bytes = decoder_.unused();
      unused.assign(bytes.begin(), bytes.end());
      return true;
    });
    return to_bytes(unused);
  }

 private:
  template <typename Read>
  std::invoke_result_t<Read> locked(Read&& read) {
    const py::gil_scoped_release release;
    const std::lock_guard lock(mutex_);
    return read();
  }

  std::recursive_mutex mutex_;
  codec::StreamDecoder decoder_;
};

}  // namespace

void bind_streams(py::module_& module) {
  py::class_<StreamEncoder>(module, "StreamEncoder")
      .def(py::init<int, uint64_t, size_t, bool, std::optional<uint64_t>, uint64_t, std::string>(),
           py::arg("level") = codec::kDefaultLevel, py::kw_only(), py::arg("block_size") = 0, py::arg("threads") = 1,
           py::arg("index") = false, py::arg("content_size") = py::none(), py::arg("model") = 0,
           py::arg("device") = "auto")
      .def("feed", &StreamEncoder::feed, py::arg("data"), py::arg("progress") = py::none())
      .def("flush", &StreamEncoder::flush, py::arg("progress") = py::none())
      .def("finish", &StreamEncoder::finish, py::arg("progress") = py::none());
  py::class_<StreamDecoder>(module, "StreamDecoder")
      .def(py::init<uint64_t, uint64_t, size_t, std::string>(), py::kw_only(), py::arg("max_output_size"), py::arg("max_memory"),
           py::arg("threads") = 1, py::arg("device") = "auto")
      .def("feed", &StreamDecoder::feed, py::arg("data"), py::arg("max_length") = -1, py::arg("progress") = py::none())
      .def_property_readonly("eof", &StreamDecoder::eof)
      .def_property_readonly("needs_input", &StreamDecoder::needs_input)
      .def_property_readonly("unused_data", &StreamDecoder::unused_data)
      .def_property_readonly("total_out", &StreamDecoder::total_out)
      .def_property_readonly("skippable", &StreamDecoder::skippable);
}

}  // namespace fastnz::bindings

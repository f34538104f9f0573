// Python buffers as byte views, and bytes objects as output. A view holds its buffer until it goes; both ends need the
// GIL.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "base/span.h"
#include "codec/monitor.h"

namespace fastnz::bindings {

// Any C-contiguous buffer. Raises BufferError (TypeError for what is no buffer at all).
class BufferView {
 public:
  explicit BufferView(pybind11::handle object, bool writable = false) {
    if (PyObject_GetBuffer(object.ptr(), &view_, writable ? PyBUF_WRITABLE : PyBUF_SIMPLE) != 0)
      throw pybind11::error_already_set();
  }
  BufferView(BufferView&& other) noexcept : view_(other.view_) { other.view_.obj = nullptr; }
  BufferView(const BufferView&) = delete;
  BufferView& operator=(const BufferView&) = delete;
  ~BufferView() {
    if (view_.obj) PyBuffer_Release(&view_);
  }

  base::ByteSpan bytes() const { return {static_cast<const uint8_t*>(view_.buf), static_cast<size_t>(view_.len)}; }
  base::MutableByteSpan mutable_bytes() const {
    return {static_cast<uint8_t*>(view_.buf), static_cast<size_t>(view_.len)};
  }

 private:
  Py_buffer view_{};
};

// Keeps every buffer of a list open while threads read them.
struct BufferList {
  explicit BufferList(const pybind11::sequence& list) {
    views.reserve(list.size());
    spans.reserve(list.size());
    for (const pybind11::handle item : list) {
      views.emplace_back(item);
      spans.push_back(views.back().bytes());
    }
  }
  std::vector<BufferView> views;
  std::vector<base::ByteSpan> spans;
};

inline pybind11::bytes to_bytes(base::ByteSpan bytes) {
  return pybind11::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// A bytes object to be filled before anyone else sees it. `limit_name` is the parameter that bounds its size.
inline pybind11::bytes new_bytes(uint64_t size, const char* limit_name) {
  PyObject* object =
      size > static_cast<uint64_t>(PY_SSIZE_T_MAX) ? nullptr
                                                   : PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(size));
  if (!object) {
    PyErr_Clear();
    throw base::Error(base::ErrorKind::kLimit, "the system has no memory for " + std::to_string(size) +
                                                   " bytes of output; lower " + limit_name +
                                                   " to refuse such data sooner");
  }
  return pybind11::reinterpret_steal<pybind11::bytes>(object);
}

inline base::MutableByteSpan fillable(const pybind11::bytes& bytes) {
  return {reinterpret_cast<uint8_t*>(PyBytes_AS_STRING(bytes.ptr())),
          static_cast<size_t>(PyBytes_GET_SIZE(bytes.ptr()))};
}

// Lets signals (so KeyboardInterrupt) and the caller's progress(done, total) in, at the monitor's pace.
inline codec::Monitor::Poll make_poll(pybind11::handle progress) {
  return [progress](uint64_t done, uint64_t total) {
    const pybind11::gil_scoped_acquire gil;
    if (PyErr_CheckSignals() != 0) throw pybind11::error_already_set();
    if (progress && !progress.is_none()) progress(done, total);
  };
}

}  // namespace fastnz::bindings

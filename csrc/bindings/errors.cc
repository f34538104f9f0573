// Turns base::Error into the Python classes of fastnz.errors, which are imported by name when the first error needs
// them.
#include "bindings/bindings.h"

#include <new>

#include "base/error.h"

namespace py = pybind11;

namespace fastnz::bindings {
namespace {

const char* class_name(base::ErrorKind kind) {
  switch (kind) {
    case base::ErrorKind::kInvalidArgument:
      return nullptr;  // ValueError
    case base::ErrorKind::kFormat:
      return "FormatError";
    case base::ErrorKind::kCorrupt:
      return "CorruptError";
    case base::ErrorKind::kTruncated:
      return "TruncatedError";
    case base::ErrorKind::kUnsupported:
      return "UnsupportedError";
    case base::ErrorKind::kLimit:
      return "LimitError";
    case base::ErrorKind::kDevice:
      return "DeviceError";
    case base::ErrorKind::kModelMissing:
      return "ModelMissingError";
  }
  return "FastnzError";
}

void raise(const base::Error& error) {
  const char* name = class_name(error.kind());
  if (!name) {
    PyErr_SetString(PyExc_ValueError, error.what());
    return;
  }
  const py::object type = py::module_::import("fastnz.errors").attr(name);
  const py::object offset =
      error.offset() == base::Error::kNoOffset ? py::object(py::none()) : py::object(py::int_(error.offset()));
  const py::object value = type(py::str(error.what()), py::arg("offset") = offset);
  PyErr_SetObject(type.ptr(), value.ptr());
}

}  // namespace

void bind_errors() {
  py::register_local_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const base::Error& error) {
      raise(error);
    } catch (const std::bad_alloc&) {
      raise(base::Error(base::ErrorKind::kLimit,
                        "the system has no memory left for this; use a lower level, smaller blocks or fewer threads"));
    }
  });
}

}  // namespace fastnz::bindings

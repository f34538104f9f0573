// The one error type of the C++ core. Thrown only above the kernels and the coders; bindings translate each
// kind to one Python class (python/fastnz/errors.py). Messages say what was found, what was expected and where.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace fastnz::base {

enum class ErrorKind : uint8_t {
  kInvalidArgument,  // the caller's fault: ValueError
  kFormat,           // not ours at all (bad magic, trailing garbage): FormatError
  kCorrupt,          // ours, but damaged: CorruptError
  kTruncated,        // ours, ends too early: TruncatedError
  kUnsupported,      // ours, but newer or not built in: UnsupportedError
  kLimit,            // over max_output_size or max_memory: LimitError
  kDevice,           // an accelerator failed: DeviceError
  kModelMissing,     // needs weights that are not installed: ModelMissingError
};

class Error : public std::exception {
 public:
  static constexpr uint64_t kNoOffset = ~uint64_t{0};

  Error(ErrorKind kind, std::string message, uint64_t offset = kNoOffset)
      : kind_(kind), message_(std::move(message)), offset_(offset) {}

  ErrorKind kind() const noexcept { return kind_; }
  uint64_t offset() const noexcept { return offset_; }  // bytes into the compressed input, or kNoOffset
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  ErrorKind kind_;
  std::string message_;
  uint64_t offset_;
};

}  // namespace fastnz::base

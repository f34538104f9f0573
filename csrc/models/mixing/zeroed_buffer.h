// Zeroed memory for the large tables: aligned to cache lines, untouched pages cost nothing, and large pages are asked
// for where the system has them, since the tables are read at random.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace fastnz::models {

class ZeroedBuffer {
 public:
  ZeroedBuffer() = default;
  explicit ZeroedBuffer(size_t bytes) {
    const size_t align = bytes >= kLargePage ? kLargePage : 64;
    block_.reset(static_cast<uint8_t*>(std::calloc(bytes + align, 1)));
    if (!block_) throw std::bad_alloc();
    data_ = reinterpret_cast<uint8_t*>((reinterpret_cast<uintptr_t>(block_.get()) + align - 1) / align * align);
#if defined(__linux__)
    if (bytes >= kLargePage) madvise(data_, bytes / kLargePage * kLargePage, MADV_HUGEPAGE);
#endif
  }

  uint8_t* data() const { return data_; }

 private:
  static constexpr size_t kLargePage = size_t{1} << 21;
  struct Free {
    void operator()(uint8_t* p) const { std::free(p); }
  };
  std::unique_ptr<uint8_t, Free> block_;
  uint8_t* data_ = nullptr;
};

}  // namespace fastnz::models

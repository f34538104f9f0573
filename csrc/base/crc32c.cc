// Table form: slicing by 8 (Kounavis and Berry, "A systematic approach to building high performance software-based CRC
// generators", 2005). Instruction form: crc32 of SSE4.2 and crc32cx of ARMv8, eight bytes at a time. Chosen once.
#include "base/crc32c.h"

#include <array>

#include "base/bytes.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace fastnz::base {
namespace {

constexpr uint32_t kPolynomial = 0x82F63B78u;

using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? kPolynomial : 0);
    tables[0][i] = crc;
  }
  for (size_t t = 1; t < tables.size(); ++t)
    for (size_t i = 0; i < 256; ++i) tables[t][i] = (tables[t - 1][i] >> 8) ^ tables[0][tables[t - 1][i] & 0xFF];
  return tables;
}

constexpr Tables kTables = make_tables();

using Update = uint32_t (*)(uint32_t state, const uint8_t* p, size_t size);

uint32_t update_scalar(uint32_t state, const uint8_t* p, size_t size) {
  for (; size >= 8; p += 8, size -= 8) {
    const uint64_t word = load_le<uint64_t>(p) ^ state;
    state = 0;
    for (size_t byte = 0; byte < 8; ++byte) state ^= kTables[7 - byte][(word >> (8 * byte)) & 0xFF];
  }
  for (; size > 0; ++p, --size) state = (state >> 8) ^ kTables[0][(state ^ *p) & 0xFF];
  return state;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) uint32_t update_instruction(uint32_t state, const uint8_t* p, size_t size) {
  uint64_t wide = state;
  for (; size >= 8; p += 8, size -= 8) {
    uint64_t word;
    __builtin_memcpy(&word, p, 8);
    wide = _mm_crc32_u64(wide, word);
  }
  state = static_cast<uint32_t>(wide);
  for (; size > 0; ++p, --size) state = _mm_crc32_u8(state, *p);
  return state;
}

Update choose_update() { return __builtin_cpu_supports("sse4.2") ? update_instruction : update_scalar; }

#elif defined(__aarch64__) && defined(__linux__)

__attribute__((target("+crc"))) uint32_t update_instruction(uint32_t state, const uint8_t* p, size_t size) {
  for (; size >= 8; p += 8, size -= 8) {
    uint64_t word;
    __builtin_memcpy(&word, p, 8);
    state = __crc32cd(state, word);
  }
  for (; size > 0; ++p, --size) state = __crc32cb(state, *p);
  return state;
}

Update choose_update() { return (getauxval(AT_HWCAP) & HWCAP_CRC32) ? update_instruction : update_scalar; }

#else

Update choose_update() { return update_scalar; }

#endif

}  // namespace

uint32_t crc32c(ByteSpan bytes, uint32_t crc) noexcept {
  static const Update update = choose_update();
  return ~update(~crc, bytes.data(), bytes.size());
}

uint32_t crc32c_scalar(ByteSpan bytes, uint32_t crc) noexcept {
  return ~update_scalar(~crc, bytes.data(), bytes.size());
}

}  // namespace fastnz::base

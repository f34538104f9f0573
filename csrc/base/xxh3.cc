// XXH3-64. Inputs up to 240 bytes have a form each (0, 1-3, 4-8, 9-16, 17-128, 129-240); longer ones run eight 64-bit
// accumulators over stripes of 64 bytes, scrambled after every block of 16 stripes. The accumulation uses the
// baseline's 128-bit vectors (SSE2, Advanced SIMD); all forms are integer and equal.
#include "base/xxh3.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/bytes.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace fastnz::base {
namespace {

constexpr uint64_t kPrime32_1 = 0x9E3779B1u, kPrime32_2 = 0x85EBCA77u, kPrime32_3 = 0xC2B2AE3Du;
constexpr uint64_t kPrime64_1 = 0x9E3779B185EBCA87u, kPrime64_2 = 0xC2B2AE3D27D4EB4Fu;
constexpr uint64_t kPrime64_3 = 0x165667B19E3779F9u, kPrime64_4 = 0x85EBCA77C2B2AE63u;
constexpr uint64_t kPrime64_5 = 0x27D4EB2F165667C5u;
constexpr uint64_t kPrimeMix1 = 0x165667919E3779F9u, kPrimeMix2 = 0x9FB21C651E98DF25u;

constexpr size_t kStripe = 64;
constexpr size_t kSecretSize = 192;
constexpr size_t kStripesPerBlock = (kSecretSize - kStripe) / 8;

// The specification's default secret.
alignas(64) constexpr uint8_t kSecret[kSecretSize] = {
    0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
    0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
    0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
    0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
    0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
    0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
    0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
    0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
    0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
    0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
    0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
    0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
};

uint32_t u32(const uint8_t* p) { return load_le<uint32_t>(p); }
uint64_t u64(const uint8_t* p) { return load_le<uint64_t>(p); }

uint64_t multiply_fold(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t avalanche(uint64_t h) {
  h ^= h >> 37;
  h *= kPrimeMix1;
  return h ^ (h >> 32);
}

uint64_t avalanche_xxh64(uint64_t h) {
  h ^= h >> 33;
  h *= kPrime64_2;
  h ^= h >> 29;
  h *= kPrime64_3;
  return h ^ (h >> 32);
}

uint64_t mix16(const uint8_t* p, const uint8_t* secret) {
  return multiply_fold(u64(p) ^ u64(secret), u64(p + 8) ^ u64(secret + 8));
}

uint64_t hash_up_to_16(const uint8_t* p, size_t n) {
  if (n > 8) {
    const uint64_t low = u64(p) ^ u64(kSecret + 24) ^ u64(kSecret + 32);
    const uint64_t high = u64(p + n - 8) ^ u64(kSecret + 40) ^ u64(kSecret + 48);
    return avalanche(n + __builtin_bswap64(low) + high + multiply_fold(low, high));
  }
  if (n >= 4) {
    const uint64_t joined = u32(p + n - 4) + (static_cast<uint64_t>(u32(p)) << 32);
    uint64_t h = joined ^ u64(kSecret + 8) ^ u64(kSecret + 16);
    h ^= std::rotl(h, 49) ^ std::rotl(h, 24);
    h *= kPrimeMix2;
    h ^= (h >> 35) + n;
    h *= kPrimeMix2;
    return h ^ (h >> 28);
  }
  if (n > 0) {
    const uint32_t joined = static_cast<uint32_t>(p[0]) << 16 | static_cast<uint32_t>(p[n >> 1]) << 24 |
                            static_cast<uint32_t>(p[n - 1]) | static_cast<uint32_t>(n) << 8;
    return avalanche_xxh64(joined ^ static_cast<uint64_t>(u32(kSecret) ^ u32(kSecret + 4)));
  }
  return avalanche_xxh64(u64(kSecret + 56) ^ u64(kSecret + 64));
}

uint64_t hash_17_to_240(const uint8_t* p, size_t n) {
  uint64_t h = n * kPrime64_1;
  if (n <= 128) {
    for (size_t i = (n - 1) / 32 + 1; i-- > 0;)
      h += mix16(p + 16 * i, kSecret + 32 * i) + mix16(p + n - 16 * (i + 1), kSecret + 32 * i + 16);
    return avalanche(h);
  }
  for (size_t i = 0; i < 8; ++i) h += mix16(p + 16 * i, kSecret + 16 * i);
  h = avalanche(h);
  for (size_t i = 8; i < n / 16; ++i) h += mix16(p + 16 * i, kSecret + 16 * (i - 8) + 3);
  return avalanche(h + mix16(p + n - 16, kSecret + 136 - 17));
}

uint64_t hash_up_to_240(const uint8_t* p, size_t n) { return n <= 16 ? hash_up_to_16(p, n) : hash_17_to_240(p, n); }

using Accumulators = std::array<uint64_t, 8>;

constexpr Accumulators kInitial = {kPrime32_3, kPrime64_1, kPrime64_2, kPrime64_3,
                                   kPrime64_4, kPrime32_2, kPrime64_5, kPrime32_1};

// acc[i ^ 1] += data[i]; acc[i] += low32(data[i] ^ key[i]) * high32(data[i] ^ key[i]), for `stripes` stripes; the key
// moves on by eight bytes per stripe.
void accumulate(Accumulators& acc, const uint8_t* p, const uint8_t* secret, size_t stripes) {
#if defined(__SSE2__)
  __m128i lanes[4];
  for (int i = 0; i < 4; ++i) lanes[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(acc.data()) + i);
  for (; stripes > 0; --stripes, p += kStripe, secret += 8) {
    for (int i = 0; i < 4; ++i) {
      const __m128i data = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p) + i);
      const __m128i keyed = _mm_xor_si128(data, _mm_loadu_si128(reinterpret_cast<const __m128i*>(secret) + i));
      const __m128i product = _mm_mul_epu32(keyed, _mm_shuffle_epi32(keyed, _MM_SHUFFLE(0, 3, 0, 1)));
      const __m128i swapped = _mm_shuffle_epi32(data, _MM_SHUFFLE(1, 0, 3, 2));
      lanes[i] = _mm_add_epi64(product, _mm_add_epi64(lanes[i], swapped));
    }
  }
  for (int i = 0; i < 4; ++i) _mm_storeu_si128(reinterpret_cast<__m128i*>(acc.data()) + i, lanes[i]);
#elif defined(__aarch64__)
  uint64x2_t lanes[4];
  for (int i = 0; i < 4; ++i) lanes[i] = vld1q_u64(acc.data() + 2 * i);
  for (; stripes > 0; --stripes, p += kStripe, secret += 8) {
    for (int i = 0; i < 4; ++i) {
      const uint64x2_t data = vreinterpretq_u64_u8(vld1q_u8(p + 16 * i));
      const uint64x2_t keyed = veorq_u64(data, vreinterpretq_u64_u8(vld1q_u8(secret + 16 * i)));
      lanes[i] = vaddq_u64(lanes[i], vextq_u64(data, data, 1));
      lanes[i] = vmlal_u32(lanes[i], vmovn_u64(keyed), vshrn_n_u64(keyed, 32));
    }
  }
  for (int i = 0; i < 4; ++i) vst1q_u64(acc.data() + 2 * i, lanes[i]);
#else
  for (; stripes > 0; --stripes, p += kStripe, secret += 8) {
    for (size_t i = 0; i < 8; ++i) {
      const uint64_t data = u64(p + 8 * i), keyed = data ^ u64(secret + 8 * i);
      acc[i ^ 1] += data;
      acc[i] += (keyed & 0xFFFFFFFFu) * (keyed >> 32);
    }
  }
#endif
}

void scramble(Accumulators& acc) {
  for (size_t i = 0; i < 8; ++i) {
    acc[i] ^= acc[i] >> 47;
    acc[i] ^= u64(kSecret + kSecretSize - kStripe + 8 * i);
    acc[i] *= kPrime32_1;
  }
}

// `stripes` whole stripes, continuing a block of which `in_block` stripes are done; returns the new `in_block`.
size_t consume(Accumulators& acc, const uint8_t* p, size_t stripes, size_t in_block) {
  while (stripes > 0) {
    const size_t run = std::min(stripes, kStripesPerBlock - in_block);
    accumulate(acc, p, kSecret + 8 * in_block, run);
    p += run * kStripe;
    stripes -= run;
    in_block += run;
    if (in_block < kStripesPerBlock) break;
    scramble(acc);
    in_block = 0;
  }
  return in_block;
}

// The last stripe overlaps what came before; it is the last 64 bytes of the input.
uint64_t finish(Accumulators& acc, const uint8_t* last_stripe, uint64_t total) {
  accumulate(acc, last_stripe, kSecret + kSecretSize - kStripe - 7, 1);
  uint64_t h = total * kPrime64_1;
  for (size_t i = 0; i < 4; ++i)
    h += multiply_fold(acc[2 * i] ^ u64(kSecret + 11 + 16 * i), acc[2 * i + 1] ^ u64(kSecret + 19 + 16 * i));
  return avalanche(h);
}

}  // namespace

uint64_t xxh3_64(ByteSpan bytes) noexcept {
  const uint8_t* p = bytes.data();
  const size_t n = bytes.size();
  if (n <= 240) return hash_up_to_240(p, n);
  Accumulators acc = kInitial;
  consume(acc, p, (n - 1) / kStripe, 0);
  return finish(acc, p + n - kStripe, n);
}

Xxh3Stream::Xxh3Stream() noexcept : accumulators_(kInitial) {}

// At least one byte always stays in the buffer, because the stripe that ends the input is not an ordinary one. The
// buffer's last 64 bytes always are the last ones consumed, for digest().
void Xxh3Stream::update(ByteSpan bytes) noexcept {
  const uint8_t* p = bytes.data();
  size_t n = bytes.size();
  if (n == 0) return;
  total_ += n;
  const size_t room = kBufferSize - buffered_;
  if (n <= room) {
    std::memcpy(buffer_.data() + buffered_, p, n);
    buffered_ += n;
    return;
  }
  if (buffered_ > 0) {
    std::memcpy(buffer_.data() + buffered_, p, room);
    p += room;
    n -= room;
    stripes_in_block_ = consume(accumulators_, buffer_.data(), kBufferSize / kStripe, stripes_in_block_);
    buffered_ = 0;
  }
  if (n > kBufferSize) {
    const size_t stripes = (n - 1) / kStripe;
    stripes_in_block_ = consume(accumulators_, p, stripes, stripes_in_block_);
    p += stripes * kStripe;
    n -= stripes * kStripe;
    std::memcpy(buffer_.data() + kBufferSize - kStripe, p - kStripe, kStripe);
  }
  std::memcpy(buffer_.data(), p, n);
  buffered_ = n;
}

uint64_t Xxh3Stream::digest() const noexcept {
  if (total_ <= 240) return hash_up_to_240(buffer_.data(), static_cast<size_t>(total_));
  Accumulators acc = accumulators_;
  uint8_t joined[kStripe];
  const uint8_t* last = buffer_.data() + buffered_ - kStripe;
  if (buffered_ >= kStripe) {
    consume(acc, buffer_.data(), (buffered_ - 1) / kStripe, stripes_in_block_);
  } else {
    const size_t before = kStripe - buffered_;
    std::memcpy(joined, buffer_.data() + kBufferSize - before, before);
    std::memcpy(joined + before, buffer_.data(), buffered_);
    last = joined;
  }
  return finish(acc, last, total_);
}

}  // namespace fastnz::base

// Checks that need no Python, so that the same program runs natively and under an emulator: every kernel of every
// instruction set that this CPU has, the checksums and the coders, against the digests stored beside the tests.
//   fastnz_selftest DIGESTS.json VECTORS   compares, decodes every frame in the folder; exit status 1 on a difference
//   fastnz_selftest --codec [THREADS]      compresses generated content at every level and in lanes, and prints digests of the
//                                          bytes, to be compared between machines, instruction sets and numbers of threads
//   fastnz_selftest                        prints the digests as JSON, to be stored
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "cases.h"
#include "codec/levels.h"
#include "codec_cases.h"
#include "kernels/dispatch.h"

namespace {

using namespace fastnz;

int failures = 0;

void report(bool ok, const std::string& what, const std::string& detail) {
  if (!ok) ++failures;
  std::fprintf(stderr, "%s %s%s%s\n", ok ? "ok  " : "FAIL", what.c_str(), detail.empty() ? "" : ": ", detail.c_str());
}

// The value of "name": "value" in a flat JSON object; empty when there is none.
std::string find_value(const std::string& json, const std::string& name) {
  const size_t key = json.find('"' + name + '"');
  if (key == std::string::npos) return {};
  const size_t open = json.find('"', json.find(':', key));
  return json.substr(open + 1, json.find('"', open + 1) - open - 1);
}

void compare(const std::string& stored, const std::string& name, const std::string& found, const std::string& what) {
  const std::string expected = find_value(stored, name);
  report(found == expected, what, found == expected ? "" : "digest " + found + ", stored " + expected);
}

std::string digest_of(const selftest::KernelCase& kernel, kernels::Isa isa) {
  selftest::Digest digest;
  kernel.run(kernels::table_for(isa), &digest);
  return digest.hex();
}

void check_kernels(const std::string& stored) {
  const size_t rows = sizeof(kernels::KernelTable) / sizeof(void (*)());
  report(selftest::kernel_cases().size() == rows, "every kernel has a case", "");
  for (const kernels::Isa isa : kernels::kIsas) {
    if (!kernels::isa_available(isa)) continue;
    for (const selftest::KernelCase& kernel : selftest::kernel_cases())
      compare(stored, kernel.row, digest_of(kernel, isa), std::string(kernels::isa_name(isa)) + " " + kernel.row);
  }
}

void check_coders(const std::string& stored) {
  for (const selftest::CoderCase& coder : selftest::coder_cases()) {
    selftest::Digest digest;
    report(coder.run(&digest), std::string(coder.name) + " round trip", "");
    compare(stored, coder.name, digest.hex(), std::string(coder.name) + " bytes");
  }
}

// RFC 3720 section B.4, and the instruction against the table at every length and alignment of a word.
void check_crc32c() {
  const std::vector<uint8_t> zeros(32, 0x00), ones(32, 0xFF);
  report(base::crc32c(zeros) == 0x8A9136AAu && base::crc32c(ones) == 0x62A8AB43u, "crc32c published values", "");
  selftest::Random random(21);
  std::vector<uint8_t> bytes(300);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.next());
  bool equal = true;
  for (size_t from = 0; from < 9; ++from)
    for (size_t size = 0; from + size <= bytes.size(); ++size) {
      const base::ByteSpan part = base::ByteSpan(bytes).subspan(from, size);
      equal = equal && base::crc32c(part) == base::crc32c_scalar(part);
    }
  report(equal, "crc32c instruction equals table", "");
}

bool refuses(std::vector<uint8_t> varint, base::ErrorKind kind) {
  try {
    base::ByteReader(varint, 100).read_varint("number");
  } catch (const base::Error& error) {
    return error.kind() == kind && error.offset() >= 100;
  }
  return false;
}

void check_varints() {
  bool equal = true;
  for (int shift = 0; shift < 64; ++shift) {
    for (const uint64_t value : {uint64_t{1} << shift, (uint64_t{1} << shift) - 1, ~uint64_t{0} >> shift}) {
      std::vector<uint8_t> bytes;
      base::ByteWriter(&bytes).write_varint(value);
      base::ByteReader reader(bytes);
      equal = equal && bytes.size() == base::varint_size(value) && reader.read_varint("number") == value &&
              reader.remaining() == 0;
    }
  }
  report(equal, "varints round trip", "");
  const bool refused = refuses({}, base::ErrorKind::kTruncated) && refuses({0x80}, base::ErrorKind::kTruncated) &&
                       refuses({0x80, 0x00}, base::ErrorKind::kCorrupt) &&
                       refuses(std::vector<uint8_t>(10, 0xFF), base::ErrorKind::kCorrupt) &&
                       refuses({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02}, base::ErrorKind::kCorrupt);
  report(refused, "cut, long and oversized varints are refused", "");
}

// The hash at every length of the short forms and many of the long one, streamed in random pieces and in one call.
std::string digest_of_xxh3(bool* equal) {
  selftest::Random random(22);
  std::vector<uint8_t> bytes(3000);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.next());
  selftest::Digest digest;
  *equal = true;
  for (size_t size = 0; size <= bytes.size(); size += size < 600 ? 1 : 37) {
    const base::ByteSpan part = base::ByteSpan(bytes).first(size);
    const uint64_t hash = base::xxh3_64(part);
    digest.add_value(hash);
    base::Xxh3Stream stream;
    for (size_t at = 0; at < size;) {
      const size_t step = std::min<size_t>(size - at, 1 + random.below(300));
      stream.update(part.subspan(at, step));
      at += step;
    }
    *equal = *equal && stream.digest() == hash;
  }
  return digest.hex();
}

void check_xxh3(const std::string& stored) {
  bool equal;
  const std::string digest = digest_of_xxh3(&equal);
  report(equal, "xxh3_64 streamed equals one-shot", "");
  compare(stored, "xxh3_64", digest, "xxh3_64 values");
}

void check_vectors(const std::string& folder) {
  int files = 0;
  const int wrong = selftest::check_vectors(folder, &files);
  report(wrong == 0 && files > 0, std::to_string(files) + " stored frames decode to the stored bytes", "");
}

void print_codec(size_t threads) {
  const std::vector<selftest::Content> contents = selftest::make_contents();
  const auto print = [](const std::string& how, const selftest::Content& content, const selftest::CodecResult& result) {
    if (!result.round_trip) report(false, "round trip", content.name);
    std::printf("%s %s %zu bytes %s\n", how.c_str(), content.name, result.compressed_size, result.digest.c_str());
  };
  const uint64_t lanes = selftest::make_lanes();
  for (const selftest::Content& content : contents) {
    for (const codec::Level& level : codec::levels())
      print("level " + std::to_string(level.level), content, selftest::run_codec(content, level.level, threads));
    print("lanes", content, selftest::run_codec(content, codec::kDefaultLevel, threads, lanes));
  }
  const selftest::Content long_text = selftest::make_long_text();
  print("level 9", long_text, selftest::run_codec(long_text, 9, threads));
  const uint64_t words = selftest::words_network();
  for (const selftest::Content& content : contents) {
    if (std::string_view(content.name) != "text") continue;
    const selftest::CodecResult result = selftest::run_codec(content, codec::kDefaultLevel, threads, words);
    if (!result.round_trip) report(false, "round trip", "words");
    std::printf("words %s %zu bytes %s\n", content.name, result.compressed_size, result.digest.c_str());
  }
}

void print_digests() {
  std::printf("{\n");
  for (const selftest::KernelCase& kernel : selftest::kernel_cases())
    std::printf("  \"%s\": \"%s\",\n", kernel.row, digest_of(kernel, kernels::Isa::kScalar).c_str());
  for (const selftest::CoderCase& coder : selftest::coder_cases()) {
    selftest::Digest digest;
    coder.run(&digest);
    std::printf("  \"%s\": \"%s\",\n", coder.name, digest.hex().c_str());
  }
  bool equal;
  std::printf("  \"xxh3_64\": \"%s\"\n}\n", digest_of_xxh3(&equal).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    print_digests();
    return 0;
  }
  selftest::load_priors();
  if (std::strcmp(argv[1], "--codec") == 0) {
    print_codec(argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1);
    return failures == 0 ? 0 : 1;
  }
  std::ifstream file(argv[1]);
  const std::string stored{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (stored.empty()) {
    std::fprintf(stderr, "cannot read %s\n", argv[1]);
    return 2;
  }
  check_varints();
  check_crc32c();
  check_xxh3(stored);
  check_kernels(stored);
  check_coders(stored);
  if (argc > 2) check_vectors(argv[2]);
  std::fprintf(stderr, "%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}

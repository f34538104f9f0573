// Content is generated from SplitMix64, so that no file is needed and every machine sees the same bytes.
#include "codec_cases.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "codec/compress.h"
#include "codec/decompress.h"
#include "codec/weights.h"
#include "digest.h"
#include "models/lane_mix/options.h"
#include "models/online/online.h"
#include "models/weights_store.h"

namespace fastnz::selftest {
namespace {

constexpr size_t kSize = 12000;

void append(std::vector<uint8_t>* out, std::string_view text) { out->insert(out->end(), text.begin(), text.end()); }

// Words of a skewed vocabulary, sentences and lines.
std::vector<uint8_t> make_text(Random* random, size_t size = kSize) {
  std::vector<std::string> words(300);
  for (std::string& word : words)
    for (uint32_t i = 2 + random->below(7); i > 0; --i) word += static_cast<char>('a' + random->below(26));
  std::vector<uint8_t> out;
  while (out.size() < size) {
    append(&out, words[random->below(1 + random->below(300))]);
    append(&out, random->below(12) == 0 ? ".\n" : " ");
  }
  return out;
}

// Records of 20 bytes: a counter, two slowly changing 16-bit values, constants and a little noise.
std::vector<uint8_t> make_records(Random* random) {
  std::vector<uint8_t> out;
  uint32_t temperature = 20000, pressure = 40000;
  for (uint32_t i = 0; out.size() < kSize; ++i) {
    temperature += random->below(7) - 3;
    pressure += random->below(31) - 15;
    const uint32_t fields[5] = {i, temperature & 0xFFFFu, pressure & 0xFFFFu, 0x01000000u, random->below(16)};
    for (const uint32_t field : fields)
      for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<uint8_t>(field >> shift));
  }
  return out;
}

// Calls with relative targets among random instructions, which the x86 transform rewrites.
std::vector<uint8_t> make_code(Random* random) {
  static constexpr uint8_t kOpcodes[] = {0x89, 0x8B, 0x48, 0x55, 0x5D, 0xC3, 0x0F, 0x83, 0xEC, 0x90};
  std::vector<uint8_t> out;
  while (out.size() < kSize) {
    for (uint32_t i = random->below(12); i > 0; --i) out.push_back(kOpcodes[random->below(sizeof kOpcodes)]);
    const uint32_t target = 4096 * random->below(12), relative = target - static_cast<uint32_t>(out.size() + 5);
    out.push_back(0xE8);
    for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<uint8_t>(relative >> shift));
  }
  return out;
}

// Rows of 24-bit pixels of a noisy gradient.
std::vector<uint8_t> make_image(Random* random) {
  std::vector<uint8_t> out;
  for (uint32_t y = 0; out.size() < kSize; ++y)
    for (uint32_t x = 0; x < 100; ++x)
      for (uint32_t c = 0; c < 3; ++c) out.push_back(static_cast<uint8_t>(x + y * (c + 1) + random->below(4)));
  return out;
}

// A page of noise, repeated with small changes: the long-copy transform's food.
std::vector<uint8_t> make_repeats(Random* random) {
  std::vector<uint8_t> page(1500), out;
  for (uint8_t& byte : page) byte = static_cast<uint8_t>(random->next());
  while (out.size() < kSize) {
    page[random->below(1500)] ^= 1;
    out.insert(out.end(), page.begin(), page.end());
  }
  return out;
}

// A lagged-Fibonacci generator's bytes with a few changed, and a shift register's bits as letters.
std::vector<uint8_t> make_generators(Random* random) {
  std::vector<uint8_t> out(kSize);
  for (size_t n = 0; n < kSize; ++n) {
    const bool letters = n >= kSize / 2;
    const bool seed = n < 73 || (letters && n < kSize / 2 + 140);
    const uint32_t drawn = static_cast<uint32_t>(random->next());
    if (seed) out[n] = static_cast<uint8_t>(letters ? 'a' + drawn % 2 : drawn);
    else if (letters) out[n] = static_cast<uint8_t>('a' + ((out[n - 1] ^ out[n - 140]) & 1));
    else out[n] = static_cast<uint8_t>(out[n - 73] + out[n - 31] + (drawn % 500 == 0));
  }
  return out;
}

std::vector<uint8_t> make_noise(Random* random) {
  std::vector<uint8_t> out(kSize / 4);
  for (uint8_t& byte : out) byte = static_cast<uint8_t>(random->next());
  return out;
}

std::vector<uint8_t> decompress(base::ByteSpan in, size_t threads) {
  const codec::Limits limits;
  codec::Monitor monitor;
  const codec::Contents contents = codec::read_frames(in, limits, codec::Proof::kAll);
  std::vector<uint8_t> out(contents.content_size);
  codec::decode_frames(in, contents, out, limits, {threads, {}}, &monitor);
  return out;
}

std::vector<uint8_t> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void load_models(const std::filesystem::path& folder) {
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(folder, missing))
    if (entry.path().extension() == ".fnzw" || entry.path().extension() == ".fnzd") codec::load_weights(read_file(entry.path()));
}

}  // namespace

void load_priors() { load_models(FASTNZ_PRIORS); }

std::vector<Content> make_contents() {
  Random random(31);
  return {{"empty", {}},
          {"byte", {42}},
          {"zeros", std::vector<uint8_t>(100000, 0)},
          {"text", make_text(&random)},
          {"records", make_records(&random)},
          {"code", make_code(&random)},
          {"image", make_image(&random)},
          {"repeats", make_repeats(&random)},
          {"noise", make_noise(&random)},
          {"generators", make_generators(&random)}};
}

Content make_long_text() {
  Random random(32);
  return {"long text", make_text(&random, 66000)};
}

uint64_t words_network() {
  const models::OnlineOptions options{.cell = models::OnlineCell::kRnn, .units = 16, .period = 20, .rate = 0xA8, .memory = 11};
  auto configuration = std::make_shared<const models::OnlineConfiguration>(options, true);
  const uint64_t id = configuration->id();
  models::add_weights(std::move(configuration));
  return id;
}

uint64_t make_lanes() {
  models::LaneMixOptions options;
  options.lane_bits = 10;
  options.group_bits = 2;
  auto configuration = std::make_shared<const models::LaneMixConfiguration>(options);
  models::add_weights(configuration);
  return configuration->id();
}

CodecResult run_codec(const Content& content, int level, size_t threads, uint64_t model_id) {
  codec::Monitor monitor;
  codec::CompressOptions options;
  options.level = level;
  options.threads = threads;
  options.model_id = model_id;
  const std::vector<uint8_t> compressed = codec::compress(content.bytes, options, &monitor);
  Digest digest;
  digest.add(std::span<const uint8_t>(compressed));
  return {decompress(compressed, threads) == content.bytes, compressed.size(), digest.hex()};
}

int check_vectors(const std::string& folder, int* files) {
  int wrong = 0;
  load_models(folder);  // the dictionaries of some of them
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
    if (entry.path().extension() != ".fnz") continue;
    ++*files;
    std::filesystem::path raw = entry.path();
    raw.replace_extension(".raw");
    try {
      if (decompress(read_file(entry.path()), 1) == read_file(raw)) continue;
      std::fprintf(stderr, "%s decodes to other bytes\n", entry.path().c_str());
    } catch (const base::Error& error) {
      std::fprintf(stderr, "%s: %s\n", entry.path().c_str(), error.what());
    }
    ++wrong;
  }
  return wrong;
}

}  // namespace fastnz::selftest

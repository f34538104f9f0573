#include "models/mixing/options.h"

#include <string>

#include "base/error.h"

namespace fastnz::models {

std::vector<uint8_t> write_options(const MixOptions& options) {
  std::vector<uint8_t> bytes{static_cast<uint8_t>(options.tier), static_cast<uint8_t>(options.profile)};
  if (profile_row(options.profile).has_width) {
    for (int shift = 0; shift < 24; shift += 8) bytes.push_back(static_cast<uint8_t>(options.width >> shift));
    bytes.push_back(static_cast<uint8_t>(options.step));
  }
  return bytes;
}

MixOptions read_options(base::ByteSpan bytes, const char* model, int tiers) {
  auto refuse = [&](const std::string& what) { throw base::Error(base::ErrorKind::kUnsupported, std::string(model) + ": " + what); };
  if (bytes.size() < 2) refuse("expected at least 2 option bytes, found " + std::to_string(bytes.size()));
  if (bytes[0] < 1 || bytes[0] > tiers) refuse("tier " + std::to_string(bytes[0]) + ", this version knows 1 to " + std::to_string(tiers));
  if (bytes[1] >= kProfiles) refuse("profile " + std::to_string(bytes[1]) + ", this version knows 0 to " + std::to_string(kProfiles - 1));
  MixOptions options;
  options.tier = bytes[0];
  options.profile = static_cast<Profile>(bytes[1]);
  const bool has_width = profile_row(options.profile).has_width;
  const size_t expected = has_width ? 6 : 2;
  if (bytes.size() != expected) refuse("expected " + std::to_string(expected) + " option bytes, found " + std::to_string(bytes.size()));
  if (has_width) {
    options.width = bytes[2] | static_cast<uint32_t>(bytes[3]) << 8 | static_cast<uint32_t>(bytes[4]) << 16;
    options.step = bytes[5];
    const uint32_t low = options.profile == Profile::kRecord ? 0 : options.profile == Profile::kImage ? 1 : 2;
    const uint32_t most = options.profile == Profile::kRecord ? 0 : options.profile == Profile::kImage ? 4 : 8;
    if (options.step < low || options.step > most)
      refuse("step " + std::to_string(options.step) + ", expected " + std::to_string(low) + " to " + std::to_string(most));
    const uint32_t least = options.step + 1;
    if (options.width < least) refuse("width " + std::to_string(options.width) + ", expected at least " + std::to_string(least));
  }
  return options;
}

}  // namespace fastnz::models

// Constants of the container: magics, sizes, limits. FORMAT.md is their definition; nothing here is derived elsewhere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace fastnz::format {

inline constexpr int kFormatVersion = 1;

// Any two magics differ in at least two bits, so no single flip turns one kind of frame into another.
using Magic = std::array<uint8_t, 3>;
inline constexpr size_t kMagicSize = 3;
inline constexpr Magic kFullMagic = {0xF1, 'N', 'Z'};
inline constexpr Magic kCompactMagic = {0xF1, 'n', 'z'};
inline constexpr Magic kSkippableMagic = {0xF1, 's', 'k'};
inline constexpr std::array<uint8_t, 4> kIndexMagic = {'Z', 'N', 0xF1, 'i'};

// Everything in a full frame that decides where something else lies has one fixed size and its own CRC.
inline constexpr size_t kFrameHeaderSize = 28;
inline constexpr size_t kBlockHeaderSize = 28;
inline constexpr size_t kEndRecordSize = 28;
inline constexpr size_t kIndexEntrySize = 8;
inline constexpr size_t kIndexFooterSize = 32;
inline constexpr size_t kSkippableHeaderSize = 16;
inline constexpr size_t kSkippableTrailerSize = 4;
inline constexpr size_t kCompactTrailerSize = 8;
inline constexpr size_t kMaxCompactHeaderSize = kMagicSize + 3 + 3;

inline constexpr uint64_t kMaxCompactContent = uint64_t{1} << 16;
inline constexpr uint64_t kMinBlockSize = uint64_t{1} << 16;
inline constexpr uint64_t kMaxBlockSize = uint64_t{1} << 28;
inline constexpr uint64_t kMaxSkippablePayload = 0xFFFFFFFFu;

inline constexpr size_t kMaxOptions = 15;
inline constexpr size_t kMaxTransforms = 4;
inline constexpr uint8_t kStoredModel = 0;
inline constexpr uint8_t kMaxModelId = 15;

}  // namespace fastnz::format

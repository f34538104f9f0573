#include "format/index.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/error.h"

namespace fastnz::format {

void append_index(std::vector<uint8_t>* out, const std::vector<IndexEntry>& entries, uint64_t frame_size,
                  uint64_t content_size) {
  const size_t begin = out->size();
  for (const IndexEntry& entry : entries) {
    base::ByteWriter(out).write_u32(entry.body_size);
    base::ByteWriter(out).write_u32(entry.content_size);
  }
  const uint32_t entries_crc = base::crc32c(base::ByteSpan(*out).subspan(begin));
  uint8_t footer[kIndexFooterSize] = {};
  base::store_le<uint32_t>(footer, static_cast<uint32_t>(entries.size()));
  base::store_le<uint64_t>(footer + 4, frame_size);
  base::store_le<uint64_t>(footer + 12, content_size);
  base::store_le<uint32_t>(footer + 20, entries_crc);
  std::copy(kIndexMagic.begin(), kIndexMagic.end(), footer + 24);
  base::store_le<uint32_t>(footer + 28, base::crc32c(base::ByteSpan(footer, 28)));
  out->insert(out->end(), footer, footer + kIndexFooterSize);
}

std::optional<IndexFooter> read_index_footer(base::ByteSpan in) {
  if (in.size() != kIndexFooterSize) return std::nullopt;
  if (!std::equal(kIndexMagic.begin(), kIndexMagic.end(), in.begin() + 24)) return std::nullopt;
  if (base::crc32c(in.first(28)) != base::load_le<uint32_t>(in.data() + 28)) return std::nullopt;
  IndexFooter footer;
  footer.block_count = base::load_le<uint32_t>(in.data());
  footer.frame_size = base::load_le<uint64_t>(in.data() + 4);
  footer.content_size = base::load_le<uint64_t>(in.data() + 12);
  footer.entries_crc = base::load_le<uint32_t>(in.data() + 20);
  return footer;
}

std::vector<IndexEntry> read_index_entries(base::ByteSpan in, const IndexFooter& footer, uint64_t offset) {
  if (in.size() != uint64_t{footer.block_count} * kIndexEntrySize || base::crc32c(in) != footer.entries_crc)
    throw base::Error(base::ErrorKind::kCorrupt, "block index: its CRC32C does not fit, so it was damaged", offset);
  std::vector<IndexEntry> entries(footer.block_count);
  for (size_t k = 0; k < entries.size(); ++k) {
    entries[k].body_size = base::load_le<uint32_t>(in.data() + k * kIndexEntrySize);
    entries[k].content_size = base::load_le<uint32_t>(in.data() + k * kIndexEntrySize + 4);
  }
  return entries;
}

}  // namespace fastnz::format

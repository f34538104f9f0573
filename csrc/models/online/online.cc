#include "models/online/online.h"

#include <algorithm>

#include "base/error.h"
#include "models/online/bootstrap_training.h"

namespace fastnz::models {
namespace {

uint64_t lane_size(const OnlineOptions& options, uint64_t content_size) noexcept {
  const uint64_t streams = static_cast<uint64_t>(options.streams);
  return content_size / streams + (content_size % streams != 0 ? 1 : 0);
}

}  // namespace

Online::Online(const OnlineOptions& options, uint64_t content_size)
    : network_(options, lane_size(options, content_size)),
      lane_size_(lane_size(options, content_size)),
      left_(content_size),
      streams_(options.streams),
      content_size_(content_size),
      freq_(static_cast<size_t>(options.streams) * kernels::kFloatSymbols),
      symbols_(static_cast<size_t>(options.streams)) {
  if (left_ == 0) return;
  if (network_.bootstrap()) {
    reader_.emplace(network_.bootstrap());
    in_preface_ = true;
    p1_q16_ = reader_->p1_q16();
  } else {
    begin_step();
  }
}

void Online::begin_step() noexcept {
  used_ = 0;
  while (used_ < streams_ && static_cast<uint64_t>(used_) * lane_size_ + position_ < content_size_) ++used_;
  network_.predict(freq_.data());
  lane_ = 0;
  bits_.begin(freq_.data(), kernels::kFloatTotalBits);
  p1_q16_ = bits_.p1_q16();
}

void Online::update(int bit) noexcept {
  if (reader_) {
    reader_->update(bit);
    if (!reader_->done()) {
      p1_q16_ = reader_->p1_q16();
      return;
    }
    reader_.reset();
    in_preface_ = false;
    begin_step();
    return;
  }
  partial_ = partial_ << 1 | static_cast<uint32_t>(bit);
  if (partial_ < 256) {
    bits_.update(bit);
    p1_q16_ = bits_.p1_q16();
    return;
  }
  symbols_[static_cast<size_t>(lane_)] = static_cast<int>(partial_ & 255);
  partial_ = 1;
  if (--left_ == 0) return;
  if (++lane_ < used_) {
    bits_.begin(freq_.data() + static_cast<size_t>(lane_) * kernels::kFloatSymbols, kernels::kFloatTotalBits);
    p1_q16_ = bits_.p1_q16();
    return;
  }
  std::fill(symbols_.begin() + used_, symbols_.end(), -1);
  network_.update(symbols_.data());
  ++position_;
  begin_step();
}

// What is asked for with words is another configuration than what is not.
OnlineConfiguration::OnlineConfiguration(const OnlineOptions& options, bool words)
    : Configuration("online", words ? ~uint64_t{0x6F6E6C696E650001u} : uint64_t{0x6F6E6C696E650001u}, write_online_options(options)),
      options_(options),
      words_(words) {}

std::vector<std::pair<const char*, int>> OnlineConfiguration::sizes() const {
  return {{"units", options_.units}, {"layers", options_.layers}, {"streams", options_.streams}};
}

uint64_t OnlineConfiguration::training_memory() const noexcept {
  return options_.bootstrap.units > 0 ? bootstrap_training_memory(options_) : 0;
}

size_t online_memory(base::ByteSpan options, uint64_t content_size) {
  const OnlineOptions read = read_online_options(options);
  const size_t streams = static_cast<size_t>(read.streams);
  const size_t stored = read.bootstrap.units > 0 ? BootstrapReader::bytes(read.bootstrap) : 0;
  if (content_size < least_bootstrapped(read.bootstrap))
    throw base::Error(base::ErrorKind::kCorrupt, "options of the model online: a bootstrap larger than the content is worth");
  return OnlineNetwork::memory(read, lane_size(read, content_size)) + stored + streams * 4 * (kernels::kFloatSymbols + 1);
}

std::unique_ptr<BitModel> make_online(base::ByteSpan options, uint64_t content_size) {
  return std::make_unique<Online>(read_online_options(options), content_size);
}

int online_lanes(base::ByteSpan options) { return read_online_options(options).streams; }

std::vector<uint8_t> online_preface(base::ByteSpan options, base::ByteSpan content, const std::function<void()>& pause) {
  const OnlineOptions read = read_online_options(options);
  return read.bootstrap.units > 0 ? train_bootstrap(read, content, pause) : std::vector<uint8_t>();
}

}  // namespace fastnz::models

#include "models/online/replay.h"

#include <algorithm>

namespace fastnz::models {
namespace {

OnlineOptions with_lanes(OnlineOptions options) noexcept {
  options.streams = options.schedule.lanes;
  return options;
}

}  // namespace

Replay::Replay(const OnlineOptions& options, uint64_t lane_size, DenseParameters* parameters)
    : schedule_(options.schedule),
      streams_(static_cast<uint64_t>(options.streams)),
      lane_size_(lane_size),
      lanes_(options.schedule.lanes),
      period_(options.period),
      pass_(with_lanes(options), parameters, options.schedule.dropout),
      past_(streams_ * lane_size),
      freq_(static_cast<size_t>(lanes_) * kernels::kFloatSymbols),
      symbols_(static_cast<size_t>(lanes_)),
      due_(uint64_t{1} << options.schedule.every) {}

size_t Replay::bytes(const OnlineOptions& options, uint64_t lane_size) noexcept {
  const size_t lanes = static_cast<size_t>(options.schedule.lanes);
  return NetworkPass::bytes(with_lanes(options), options.schedule.dropout) + static_cast<size_t>(options.streams) * lane_size +
         lanes * 4 * (kernels::kFloatSymbols + 1);
}

void Replay::record(const int* symbols) noexcept {
  if (steps_ < lane_size_)
    for (uint64_t s = 0; s < streams_; ++s)
      past_[s * lane_size_ + steps_] = static_cast<uint8_t>(std::max(symbols[s], 0));
  ++steps_;
}

uint8_t Replay::recorded(uint64_t lane, uint64_t step) const noexcept {
  const uint64_t at = lane * (streams_ * window_ / static_cast<uint64_t>(lanes_)) + step;
  return past_[at / window_ * lane_size_ + begin_ + at % window_];
}

bool Replay::update(OnlineCore* core) noexcept {
  if (steps_ >= due_) {
    due_ += schedule_.doubling ? due_ : uint64_t{1} << schedule_.every;
    window_ = std::min(steps_, uint64_t{1} << schedule_.window);
    begin_ = steps_ - window_;
    const uint64_t period = static_cast<uint64_t>(period_);
    length_ = streams_ * window_ / static_cast<uint64_t>(lanes_) / period * period;
    turns_ = length_ > 0 ? schedule_.passes : 0;
    at_ = 0;
  }
  if (turns_ == 0) return false;
  if (at_ == 0) pass_.restart();
  for (bool over = false; !over; ++at_) {
    pass_.predict(core, freq_.data());
    for (size_t lane = 0; lane < symbols_.size(); ++lane) symbols_[lane] = recorded(lane, at_);
    over = pass_.update(core, symbols_.data());
  }
  if (at_ == length_) {
    at_ = 0;
    --turns_;
  }
  return true;
}

}  // namespace fastnz::models

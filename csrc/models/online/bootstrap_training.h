// How an encoder finds the numbers of a bootstrap: some passes over the content, then rounding. No part of the format, but as
// deterministic as all else, so that a content and its options have one code. docs/online.md, section 13.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/span.h"
#include "models/online/options.h"

namespace fastnz::models {

// The bytes that a BootstrapReader is told. `pause` is called every few milliseconds and may throw.
std::vector<uint8_t> train_bootstrap(const OnlineOptions& options, base::ByteSpan content, const std::function<void()>& pause);
// What this takes beyond the content.
size_t bootstrap_training_memory(const OnlineOptions& options) noexcept;

}  // namespace fastnz::models

// Runs independent jobs on a few threads. Which thread runs which job is open; what the caller sees is not: results are
// written by job, and the failure that is rethrown is that of the lowest job that failed.
#pragma once

#include <cstddef>
#include <functional>

#include "codec/monitor.h"

namespace fastnz::codec {

// However many are asked for.
inline constexpr size_t kMaxThreads = 256;

// Calls job(0) .. job(count - 1), each once; on the calling thread alone when threads <= 1 or count <= 1. The calling
// thread polls the monitor meanwhile.
void run_parallel(size_t count, size_t threads, Monitor* monitor, const std::function<void(size_t)>& job);

}  // namespace fastnz::codec

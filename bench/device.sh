#!/usr/bin/env bash
# Everything that needs a GPU, in one run: builds the extension, holds the GPU to the CPU's bytes, measures, looks for bad
# memory accesses and races, and reads hardware counters. Logs and the record go to $OUT; the table is printed last. Steps that
# did not run say so. Needs nvcc, CMake, ninja, pybind11, NumPy and pytest; PyTorch for the ceilings.
#   bench/device.sh [folder of texts]
set -u
cd "$(dirname "$0")/.."
texts=${1:-}
OUT=$(realpath -m "${OUT:-build/device-out}")
mkdir -p "$OUT"
build=build/device
site=$PWD/$build/site
say() { echo "== $1 (after ${SECONDS} s)"; }

say build
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DFASTNZ_CUDA=ON -DCMAKE_CUDA_ARCHITECTURES="${ARCHITECTURES:-90-real}" \
  -DSKBUILD_PROJECT_VERSION=0.1.0 -Dpybind11_DIR="$(python3 -m pybind11 --cmakedir)" \
  -DPython_EXECUTABLE="$(command -v python3)" >"$OUT/build.log" 2>&1 &&
  cmake --build $build --target _core --parallel "$(nproc)" >>"$OUT/build.log" 2>&1 ||
  { grep -E -A8 "error|Error" "$OUT/build.log" | head -40; tail -5 "$OUT/build.log"; echo "build FAILED"; exit 1; }
rm -rf "$site"
mkdir -p "$site"
cp -r python/fastnz "$site/"
cp $build/_core*.so "$site/fastnz/"
export PYTHONPATH=$site PYTHONUNBUFFERED=1

say tests
timeout 90 python3 -m pytest tests/cuda tests/api/test_api_device.py -k "not emulated and not outside and not memory" -p no:cacheprovider -W ignore -rs 2>&1 | tee "$OUT/tests.log" | tail -15

say measurements
timeout 240 python3 bench/device.py --out "$OUT" ${texts:+--texts "$texts"} 2>&1 | tee "$OUT/measure.log" | tail -12

say "sanitizer and counters"
if command -v compute-sanitizer >/dev/null; then
  for tool in memcheck racecheck; do
    timeout 120 compute-sanitizer --tool $tool python3 bench/device.py --small >"$OUT/$tool.log" 2>&1 &
  done
  wait
  for tool in memcheck racecheck; do echo "$tool: $(grep -E "SUMMARY" "$OUT/$tool.log" || tail -2 "$OUT/$tool.log")"; done
else
  echo "compute-sanitizer is not here: not run"
fi
if command -v ncu >/dev/null; then
  for kind in "" --mixed; do
    log=$OUT/ncu${kind#-}.log
    timeout 40 ncu --clock-control none --kernel-name-base demangled -k regex:lanes_kernel --launch-skip 1 --launch-count 1 \
      --section SpeedOfLight --section ComputeWorkloadAnalysis --section MemoryWorkloadAnalysis --section SchedulerStats \
      --section WarpStateStats --section LaunchStats --section InstructionStats \
      python3 bench/device.py --once $kind >"$log" 2>&1
    echo "counters of ${kind:-the network alone}"
    grep -E "Duration|SM Busy|Executed Ipc Active|Issue Slots Busy|Mem Busy|Max Bandwidth|L1/TEX Hit|L2 Hit|No Eligible|Warp Cycles Per Issued|Registers Per|ERR" \
      "$log" | head -30
  done
else
  echo "ncu is not here: not run"
fi
say done
cat "$OUT/table.txt"

# Build, test and measure fastnz. A fresh machine needs Python >= 3.10 (with venv), a C++20 compiler and make:
# everything else comes from the Python package index into .venv. Running a target again does only what changed.

PYTHON ?= python3
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
VENV := .venv
BIN := $(VENV)/bin
export CMAKE_BUILD_PARALLEL_LEVEL ?= $(JOBS)

BUILD_TOOLS := "scikit-build-core>=0.10" "pybind11>=2.13" cmake ninja
# Two shells may build at once: the second waits.
LOCK := $(if $(shell command -v flock 2>/dev/null),flock $(VENV)/.lock,)
PIP := $(LOCK) $(BIN)/python -m pip --quiet --disable-pip-version-check
CPP := $(shell find csrc tests/native -type f 2>/dev/null)
PY := $(shell find python -name '*.py' -o -name '*.pyi')

.PHONY: all venv build demo test test-aarch64 test-x86-64 test-sanitize bench wheel clean

all: build

venv: $(VENV)/.tools

$(VENV)/.tools: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "fastnz needs Python >= 3.10")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install $(BUILD_TOOLS)
	@touch $@

# An editable install: Python files are used in place, C++ is rebuilt into build/ by this rule.
build: $(VENV)/.built

$(VENV)/.built: $(VENV)/.tools CMakeLists.txt $(CPP) $(PY)
	$(PIP) install --no-build-isolation \
	  --config-settings=cmake.define.FASTNZ_BUILD_TESTING=ON --editable ".[test]"
	@touch $@

demo: build
	$(BIN)/python -m fastnz.demo

test: build
	$(BIN)/python -m pytest $(PYTEST_ARGS)

# The same native self-test and symbol check for AArch64: cross-compiled, run under user-mode emulation. On Debian and
# Ubuntu: apt-get install g++-aarch64-linux-gnu qemu-user
NATIVE = $$(ls -t build/cp*/fastnz_selftest | head -n 1)
ARM := build/aarch64
ARM_CXX ?= aarch64-linux-gnu-g++
ARM_NM ?= aarch64-linux-gnu-nm
ARM_RUN ?= qemu-aarch64 -L /usr/aarch64-linux-gnu
ARM_NEEDS = $(firstword $(ARM_CXX)) $(firstword $(ARM_NM)) $(firstword $(ARM_RUN))

test-aarch64: build
	@for tool in $(ARM_NEEDS); do command -v $$tool >/dev/null || { echo "make test-aarch64 needs $$tool \
	(Debian, Ubuntu: apt-get install g++-aarch64-linux-gnu qemu-user)" >&2; exit 1; }; done
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/cmake -S . -B $(ARM) -G Ninja -DCMAKE_SYSTEM_NAME=Linux \
	  -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DCMAKE_CXX_COMPILER=$(ARM_CXX) -DCMAKE_BUILD_TYPE=Release \
	  -DFASTNZ_BUILD_PYTHON=OFF -DFASTNZ_BUILD_TESTING=ON
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/cmake --build $(ARM)
	NM=$(ARM_NM) FASTNZ_BUILD_DIR=$(ARM) $(BIN)/python -m pytest tests/kernels/test_symbols.py
	$(ARM_RUN) $(ARM)/fastnz_selftest tests/kernels/digests.json tests/vectors/good
	@echo "whole codec at every level: bytes here and bytes there"
	$(NATIVE) --codec > $(ARM)/codec.native
	$(ARM_RUN) $(ARM)/fastnz_selftest --codec > $(ARM)/codec.aarch64
	cmp $(ARM)/codec.native $(ARM)/codec.aarch64

# The native self-test on emulated CPUs without AVX and without AVX-512: the wheel must run on any x86-64. Needs qemu-user.
test-x86-64: build
	@command -v qemu-x86_64 >/dev/null || { echo "make test-x86-64 needs qemu-x86_64 (Debian, Ubuntu: apt-get install \
	qemu-user)" >&2; exit 1; }
	qemu-x86_64 -cpu qemu64 $(NATIVE) tests/kernels/digests.json tests/vectors/good
	qemu-x86_64 -cpu Haswell $(NATIVE) tests/kernels/digests.json tests/vectors/good

# The native self-test, frozen files and whole codec included, with the address and undefined-behaviour sanitizers; then the
# codec on two threads with the thread sanitizer.
SANITIZED := build/sanitize

test-sanitize: build
	@for sanitizers in address,undefined thread; do set -ex; PATH="$(CURDIR)/$(BIN):$$PATH"; \
	  cmake -S . -B $(SANITIZED)/$$sanitizers -G Ninja -DCMAKE_BUILD_TYPE=Release -DFASTNZ_BUILD_PYTHON=OFF \
	    -DFASTNZ_BUILD_TESTING=ON -DFASTNZ_SANITIZE=$$sanitizers -DFASTNZ_WERROR=ON; \
	  cmake --build $(SANITIZED)/$$sanitizers; done
	$(SANITIZED)/address,undefined/fastnz_selftest tests/kernels/digests.json tests/vectors/good
	$(SANITIZED)/address,undefined/fastnz_selftest --codec > $(SANITIZED)/codec.one
	$(SANITIZED)/thread/fastnz_selftest --codec 2 > $(SANITIZED)/codec.two
	cmp $(SANITIZED)/codec.one $(SANITIZED)/codec.two

bench: $(VENV)/.bench
	$(BIN)/python bench/run.py $(BENCH_ARGS)

$(VENV)/.bench: $(VENV)/.built pyproject.toml
	$(PIP) install --no-build-isolation \
	  --config-settings=cmake.define.FASTNZ_BUILD_TESTING=ON --editable ".[bench]"
	@touch $@

wheel: $(VENV)/.tools
	$(PIP) wheel --no-build-isolation --no-deps --wheel-dir dist .

clean:
	rm -rf build dist $(VENV) .pytest_cache

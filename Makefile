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

.PHONY: all venv build demo test test-aarch64 bench wheel clean

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

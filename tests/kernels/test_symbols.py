"""One exported symbol per kernel object and none that a caller on a weaker CPU could be given by the linker."""

import os
import re
import shutil
import subprocess

import pytest

# Functions of the C library that a compiler may call by itself; fmaf where the CPU has no instruction for it.
ALLOWED_CALLS = {"memcpy", "memset", "memmove", "memcmp", "_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail", "fmaf"}


@pytest.fixture(scope="module")
def nm():
    program = os.environ.get("NM", "nm")
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    return program


def test_every_object_exports_its_fill_function_only(nm, build_dir):
    objects = sorted(build_dir.glob("CMakeFiles/fastnz_kernels_*.dir/csrc/kernels/*.o"))
    assert objects
    for path in objects:
        isa = path.name.split(".")[0]
        defined, undefined = [], []
        for line in subprocess.run([nm, path], capture_output=True, text=True, check=True).stdout.splitlines():
            kind, name = re.fullmatch(r"[0-9a-f ]{16} (\S) (\S+)", line).groups()
            if kind in "Uw":
                undefined.append(name)
            elif kind.isupper() or kind in "uvi":  # global, weak, unique or indirect: what the linker may share
                defined.append(name)
        assert len(defined) == 1 and f"fill_{isa}" in defined[0], (path, defined)
        assert set(undefined) <= ALLOWED_CALLS, (path, undefined)


def test_only_kernel_objects_use_wide_registers(build_dir):
    """Everything else is code for the baseline: no 256-bit or 512-bit register is named outside the kernels."""
    if shutil.which("objdump") is None:
        pytest.skip("objdump is not installed")
    objects = sorted(build_dir.glob("CMakeFiles/fastnz_core.dir/csrc/**/*.o"))
    assert objects
    listing = subprocess.run(["objdump", "-d", "--no-show-raw-insn", *objects], capture_output=True, text=True)
    if listing.returncode != 0:
        pytest.skip("objdump does not know this machine")
    assert not re.search(r"%[yz]mm\d", listing.stdout)

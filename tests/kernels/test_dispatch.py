"""Which kernels run: what FASTNZ_ISA forces, what it refuses, and the stored digests of all of them."""

import os
import subprocess

import fastnz
import pytest

PRINT_ISA = "import fastnz; print(fastnz.isa())"


@pytest.mark.parametrize("isa", fastnz.isas())
def test_each_available_instruction_set_can_be_forced(run_python, isa):
    assert run_python(PRINT_ISA, FASTNZ_ISA=isa).stdout.strip() == isa


def test_the_strongest_is_chosen_by_default(run_python):
    assert run_python(PRINT_ISA, FASTNZ_ISA="").stdout.strip() == fastnz.isas()[-1]


@pytest.mark.parametrize("isa", [*({"avx2", "avx512", "neon", "neon_dot"} - set(fastnz.isas())), "sse9", "AVX2"])
def test_others_are_refused_by_name(run_python, isa):
    done = run_python(PRINT_ISA, FASTNZ_ISA=isa)
    assert done.returncode != 0
    assert f"FASTNZ_ISA={isa}" in done.stderr and "scalar" in done.stderr


def test_names_that_are_no_text_are_refused_too(run_python):
    for name in ("\udcff\udcfe", "é" * 20, "x\n"):
        done = run_python(PRINT_ISA, FASTNZ_ISA=name)
        assert "ImportError: FASTNZ_ISA=" in done.stderr and "not an instruction set" in done.stderr


def test_native_selftest_agrees_with_the_stored_digests(root, build_dir):
    done = subprocess.run(
        [build_dir / "fastnz_selftest", root / "tests/kernels/digests.json"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    for isa in fastnz.isas():
        assert f"ok   {isa} match_length" in done.stderr


def test_the_instruction_set_never_changes_the_bytes(build_dir):
    """The whole codec over generated content of every kind, at every level."""
    printed = {}
    for isa in fastnz.isas():
        done = subprocess.run(
            [build_dir / "fastnz_selftest", "--codec"],
            env={**os.environ, "FASTNZ_ISA": isa},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        printed[isa] = done.stdout
    assert len(set(printed.values())) == 1, printed

"""`device=` everywhere: names that mean nothing, devices that are not there, "auto" that goes on without one, and no driver
before one is asked for. What a device makes is held to the CPU's bytes in tests/cuda."""

import io
import subprocess
import sys

import pytest

import fastnz

TEXT = b"what runs on a device, runs on another: the same bytes; " * 60
LANES = "lanes:lane=1024,group=4"


def on(device):
    """Every entry point that takes a device, by name, as a call that compresses or restores TEXT."""
    packed, raw = fastnz.compress(TEXT), fastnz.compress_raw(TEXT)
    room = bytearray(fastnz.compress_bound(len(TEXT)))
    return {
        "compress": lambda: fastnz.compress(TEXT, device=device),
        "compress_into": lambda: bytes(room[: fastnz.compress_into(TEXT, room, device=device)]),
        "compress_raw": lambda: fastnz.compress_raw(TEXT, device=device),
        "compress_many": lambda: fastnz.compress_many([TEXT], device=device)[0],
        "Compressor": lambda: fastnz.Compressor(device=device).compress(TEXT),
        "decompress": lambda: fastnz.decompress(packed, device=device),
        "decompress_into": lambda: bytes(room[: fastnz.decompress_into(packed, room, device=device)]),
        "decompress_raw": lambda: fastnz.decompress_raw(raw, len(TEXT), device=device),
        "decompress_many": lambda: fastnz.decompress_many([packed], device=device)[0],
        "Decompressor": lambda: fastnz.Decompressor(device=device).decompress(packed),
        "test": lambda: fastnz.test(packed, device=device),
        "FastnzFile": lambda: fastnz.FastnzFile(io.BytesIO(packed), device=device).read(),
        "open": lambda: fastnz.open(io.BytesIO(packed), device=device).read(),
    }


CALLS = sorted(on("cpu"))


@pytest.mark.parametrize("call", CALLS)
def test_auto_and_cpu_are_always_there(call):
    assert on("auto")[call]() == on("cpu")[call]()


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", ["", "gpu", "CPU", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:99999999999999999999", "cpu:0", "cpu\udc80"])
def test_names_that_mean_nothing(call, name):
    with pytest.raises(ValueError, match="no device is called '.*'; there are auto, cpu, cuda and cuda:N") as caught:
        on(name)[call]()
    assert not isinstance(caught.value, fastnz.FastnzError)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", [None, 0, b"cpu"])
def test_what_is_no_name(call, name):
    with pytest.raises(TypeError, match="device must be a name"):
        on(name)[call]()


@pytest.mark.parametrize("call", CALLS)
def test_devices_that_are_not_there(call):
    missing = f"cuda:{len(fastnz.devices())}"
    with pytest.raises(fastnz.DeviceError, match="CUDA"):
        on(missing)[call]()


@pytest.mark.parametrize("call", CALLS)
def test_named_devices(call):
    if not fastnz.devices():
        pytest.skip("no GPU here: device='cuda' was not tried")
    assert on("cuda")[call]() == on("cuda:0")[call]() == on("cpu")[call]()


def test_devices_are_described():
    for index, device in enumerate(fastnz.devices()):
        assert device["device"] == f"cuda:{index}" and device["index"] == index
        assert device["name"] and device["memory"] > 1 << 30 and device["multiprocessors"] > 0
        assert device["compute_capability"] >= (8, 0)


def test_a_model_that_can_use_a_gpu():
    """Without a GPU this is the CPU twice; with one, each reads what the other wrote."""
    made = {device: fastnz.compress(TEXT, model=LANES, device=device) for device in ("auto", "cpu")}
    assert made["auto"] == made["cpu"]
    assert all(fastnz.decompress(made["cpu"], device=device) == TEXT for device in made)


def test_no_driver_before_it_is_asked_for():
    code = """
import fastnz
fastnz.decompress(fastnz.compress(b"abc" * 100, device="auto"), device="auto")
fastnz.decompress(fastnz.compress(b"abc" * 100, model="lanes", device="cpu"), device="cpu")
print("libcuda.so" in open("/proc/self/maps").read())
"""
    if not sys.platform.startswith("linux"):
        pytest.skip("no /proc")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"

"""Measure lanes on a GPU: equality with the CPU first, then speed by number of lanes, beside the card's own ceilings.

    python bench/device.py --out FOLDER        # DATE-GPU-cuda.csv and table.txt there
    python bench/device.py --small             # a few lanes through everything, for a sanitizer
    python bench/device.py --once [--mixed]    # the same launch twice, for a profiler

Speeds are of the kernels by the device's own events (median of three), and of the whole call by the clock, copies included.
Networks other than the prior have random weights: their codes are long, which makes the coder's part dearer, not cheaper.
"mixed" is how many lanes learn together, as in lane_mix; 0 is the network alone. Rows "api" are whole calls of fastnz.compress and
fastnz.decompress; "cross" holds what the GPU wrote to the CPU's bytes and has each read the other's.
"""

from __future__ import annotations

import argparse
import datetime
import os
import re
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "reference"))

import gru8  # noqa: E402
import machine  # noqa: E402
import records  # noqa: E402

import fastnz  # noqa: E402
from fastnz import _core  # noqa: E402
from fastnz._core import testing  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = ["date", "gpu", "network", "macs_per_byte", "direction", "mixed", "lanes", "lane_bytes", "groups", "shared", "seconds",
           "mb_per_s", "call_mb_per_s", "tops", "of_peak", "status"]  # fmt: skip
DEVICE = "cuda"
LANES = (256, 1024, 4096, 8448, 16384)
LEARN_TOGETHER = 64
CROSS = [("lanes:lane=4096", 1 << 20), ("lanes:lane=2048,group=16", 300_001), ("lanes:prior=large,lane=4096", 1 << 19), ("lanes", 200_000)]


def prior(name: str) -> tuple[int, int]:
    """Load a prior that comes with fastnz; its id and products for a byte."""
    data = (ROOT / "python/fastnz/priors" / f"{name}.fnzw").read_bytes()
    info = _core.weights_info(data)
    return _core.load_weights(data), products(info["hidden"], info["depth"])


def random_network(hidden: int, depth: int, seed: int = 1) -> tuple[int, int]:
    """Load random weights of a shape; their id and products for a byte."""
    weights = gru8.random_weights(np.random.default_rng(seed), hidden, depth, 12)
    return _core.load_weights(gru8.write_plain(weights, testing.xxh3_64)), products(hidden, depth)


def products(hidden: int, depth: int) -> int:
    """Multiply-adds for a byte."""
    return (3 * hidden + 256) * (hidden + 4 * depth)


def text_of(folder: str | None, size: int) -> bytes:
    """`size` bytes of the files in a folder, or of this repository's own text, repeated if need be."""
    own = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("csrc/**/*"), *ROOT.glob("python/**/*.py")]
    paths = Path(folder).rglob("*") if folder else own
    text = b"".join(path.read_bytes() for path in sorted(paths) if path.is_file())
    return (text * (size // max(1, len(text)) + 1))[:size]


def check(network: int, content: bytes, sizes: list[int]) -> str:
    """Encode and decode on the device and compare with the CPU's code; a word on what is wrong."""
    code, code_sizes, _ = testing.device_encode(DEVICE, network, content, sizes)
    expected, expected_sizes, _ = testing.device_encode("cpu", network, content, sizes)
    if (code, code_sizes) != (expected, expected_sizes):
        wrong = [i for i, (a, b) in enumerate(zip(code_sizes, expected_sizes)) if a != b]
        return f"code differs ({len(wrong)} sizes, first lane {wrong[0] if wrong else '?'})"
    back, whole, _ = testing.device_decode(DEVICE, network, expected, expected_sizes, sizes)
    if not all(whole) or back != content:
        return "decoded content differs"
    return "equal"


def random_cut(rng: np.random.Generator, text: bytes, lanes: int, most: int) -> tuple[bytes, list[int]]:
    """Text, runs and noise in lanes of any lengths."""
    sizes = rng.integers(0, most + 1, lanes).tolist()
    parts = []
    for size in sizes:
        kind, at = rng.integers(0, 5), int(rng.integers(0, len(text) - most))
        noise = bytes(rng.integers(0, 256, size, dtype=np.uint8))
        parts.append(noise if kind == 0 else bytes([at & 255]) * size if kind == 1 else text[at : at + size])
    return b"".join(parts), sizes


def check_mixed(network: int, content: bytes, lane_bytes: int, group: int, head: int) -> bool:
    """Whether lanes that learn together are on the device what they are on the CPU, both ways."""
    expected = testing.device_mix_encode("cpu", network, content, lane_bytes, group, head)[:2]
    if testing.device_mix_encode(DEVICE, network, content, lane_bytes, group, head)[:2] != expected:
        return False
    arguments = content[:head], len(content), lane_bytes, group
    back, whole, _ = testing.device_mix_decode(DEVICE, network, *expected, *arguments)
    return back == content and all(whole)


def random_configurations(rng: np.random.Generator, text: bytes, number: int, seconds: float) -> str:
    """Lanes that learn together in random shapes, as many as the time allows; a word on how many differ."""
    networks = [random_network(*shape)[0] for shape in ((32, 8), (96, 16), (160, 8))]
    start, done, wrong = time.perf_counter(), 0, []
    while done < number and time.perf_counter() - start < seconds:
        group, lanes = int(rng.integers(1, 65)), int(rng.integers(1, 150))
        lane_bytes, head = int(rng.integers(1, 60)), int(rng.choice([0, 0, 100, 700]))
        size = head + lanes * lane_bytes - int(rng.integers(0, lane_bytes))
        shape = lane_bytes, group, head
        if not check_mixed(networks[done % 3], random_cut(rng, text, 8, size)[0][:size].ljust(size, b"."), *shape):
            wrong.append((size, *shape))
        done += 1
    return f"{len(wrong)} of {done} differ" + (f", first {wrong[0]}" if wrong else "")


def cross(texts: list[tuple[str, bytes]]) -> list[str]:
    """Whole frames of each text, made and read on CPU and GPU; a line for each."""
    lines = []
    for name, text in texts:
        for model, size in CROSS:
            content = text[:size]
            made = {device: fastnz.compress(content, model=model, threads=0, device=device) for device in ("cpu", DEVICE)}
            back = [fastnz.decompress(made["cpu"], device=DEVICE), fastnz.decompress(made[DEVICE], threads=0, device="cpu")]
            equal = made["cpu"] == made[DEVICE] and back == [content, content]
            lines.append(f"cross {name:16} {model:28} {len(content):8} -> {len(made[DEVICE]):8} {'equal' if equal else 'DIFFERS'}")
            print(lines[-1])
    return lines


def some_texts(folder: str | None) -> list[tuple[str, bytes]]:
    """The first megabyte of a few files, or of this repository's own text."""
    paths = [path for path in sorted(Path(folder).rglob("*")) if path.is_file()][:6] if folder else []
    return [(path.name[:16], path.read_bytes()[: 1 << 20]) for path in paths] or [("own text", text_of(None, 1 << 20))]


def ceilings() -> tuple[float, float]:
    """Tera-operations of a large int8 matrix product and bytes a second of a large copy; zeros without PyTorch."""
    try:
        import torch
    except ImportError:
        return 0.0, 0.0

    def median(call) -> float:
        times = []
        for i in range(13):
            start, stop = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            start.record()
            call()
            stop.record()
            torch.cuda.synchronize()
            if i >= 3:
                times.append(start.elapsed_time(stop) / 1e3)
        return statistics.median(times)

    a = torch.randint(-127, 128, (8192, 8192), dtype=torch.int8, device="cuda")
    b = torch.randint(-127, 128, (8192, 8192), dtype=torch.int8, device="cuda").t()
    peak = 2 * 8192**3 / median(lambda: torch._int_mm(a, b)) / 1e12
    source = torch.randint(0, 127, (2**31,), dtype=torch.int8, device="cuda")
    target = torch.empty_like(source)
    return peak, 2 * 2**31 / median(lambda: target.copy_(source))


class Speeds:
    """Rows of the record, and lines of the table."""

    def __init__(self, writer: records.Writer, base: dict[str, str], peak: float) -> None:
        self._writer, self._base, self._peak = writer, base, peak
        self.table = ["network    dir    mixed  lanes groups  shared     MB/s     call of peak"]

    def row(self, **values: object) -> None:
        """Write one row."""
        self._writer.write(self._base | {key: str(value) for key, value in values.items()})

    def measure(self, name: str, network: tuple[int, int], text: bytes, lanes: int, lane_bytes: int, mixed: int = 0, **wish: int) -> None:  # fmt: skip
        """Encode and decode `lanes` pieces of text, `mixed` of which learn together."""
        sizes, content = [lane_bytes] * lanes, text[: lanes * lane_bytes]
        coded = None
        for direction in ("encode", "decode"):
            seconds, calls, same = [], [], True
            for _ in range(4):
                start = time.perf_counter()
                if direction == "encode":
                    if mixed:
                        made = testing.device_mix_encode(DEVICE, network[0], content, lane_bytes, mixed)
                    else:
                        made = testing.device_encode(DEVICE, network[0], content, sizes, **wish)
                    same, coded = coded is None or made[:2] == coded[:2], made
                else:
                    if mixed:
                        arguments = *coded[:2], b"", len(content), lane_bytes, mixed
                        made = testing.device_mix_decode(DEVICE, network[0], *arguments)
                    else:
                        made = testing.device_decode(DEVICE, network[0], coded[0], coded[1], sizes, **wish)
                    same = same and made[0] == content and all(made[1])
                calls.append(time.perf_counter() - start)
                seconds.append(made[2])
            took, call = max(statistics.median(seconds[1:]), 1e-9), statistics.median(calls[1:])
            speed, tops = len(content) / took / 1e6, 2 * network[1] * len(content) / took / 1e12
            share = tops / self._peak if self._peak else 0
            plan = testing.device_plan(DEVICE, network[0], lanes, mixed)
            groups, shared = wish.get("groups", plan["groups"]), wish.get("shared", plan["shared_bytes"])
            self.row(network=name, macs_per_byte=network[1], direction=direction, mixed=mixed, lanes=lanes, lane_bytes=lane_bytes,
                     groups=groups, shared=shared, seconds=f"{took:.5f}", mb_per_s=f"{speed:.1f}",
                     call_mb_per_s=f"{len(content) / call / 1e6:.1f}", tops=f"{tops:.1f}", of_peak=f"{share:.3f}",
                     status="ok" if same else "DIFFERS")  # fmt: skip
            self.table.append(f"{name:10} {direction:6} {mixed:5} {lanes:6} {groups:6} {shared:7} {speed:8.1f} "
                              f"{len(content) / call / 1e6:8.1f} {share:7.3f}{'' if same else ' DIFFERS'}")  # fmt: skip
            print(self.table[-1])


    def measure_api(self, text: bytes, model: str) -> None:
        """Whole calls, copies, headers and hashes included; the first one is not counted."""
        times: dict[str, list[float]] = {"encode": [], "decode": []}
        for _ in range(3):
            start = time.perf_counter()
            packed = fastnz.compress(text, model=model, device=DEVICE)
            middle = time.perf_counter()
            same = fastnz.decompress(packed, device=DEVICE) == text
            times["decode"].append(time.perf_counter() - middle)
            times["encode"].append(middle - start)
        for direction, took in times.items():
            speed = len(text) / min(took[1:]) / 1e6
            self.row(network=model, direction=f"api {direction}", mixed=LEARN_TOGETHER, call_mb_per_s=f"{speed:.1f}",
                     status="ok" if same else "DIFFERS")  # fmt: skip
            self.table.append(f"api {model} {direction}: {len(text)} -> {len(packed)} bytes, {speed:.1f} MB/s{'' if same else ' DIFFERS'}")
            print(self.table[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=records.RECORD)
    parser.add_argument("--texts")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--mixed", action="store_true")
    options = parser.parse_args()
    if options.small:
        for shape in ((32, 8), (96, 16)):
            network = random_network(*shape)
            content, sizes = random_cut(np.random.default_rng(2), text_of(None, 1 << 16), 70, 12)
            print(shape, check(network[0], content, sizes))
            testing.device_frequencies(DEVICE, network[0], content[:66], 33)
            for lane_bytes, group, head in ((9, 64, 0), (20, 7, 90)):
                print(shape, "mixed", check_mixed(network[0], text_of(None, 90 + 70 * 9), lane_bytes, group, head))
        return 0
    small = prior("small")
    if options.once:
        for _ in range(2):
            if options.mixed:
                testing.device_mix_encode(DEVICE, small[0], text_of(options.texts, 8448 * 64), 64, LEARN_TOGETHER)
            else:
                testing.device_encode(DEVICE, small[0], text_of(options.texts, 8448 * 64), [64] * 8448)
        return 0

    gpu = _core.devices()[0]
    slug = re.sub(r"[^a-z0-9]+", "-", gpu["name"].lower()).strip("-")
    today = datetime.date.today().isoformat()
    peak, copy = ceilings()
    about = {"date": today, "gpu": gpu["name"], "multiprocessors": str(gpu["multiprocessors"]),
             "commit": machine.commit(ROOT), "int8_matrix_product_tops": f"{peak:.1f}", "copy_gb_per_s": f"{copy / 1e9:.0f}"} | machine.describe()  # fmt: skip
    writer = records.Writer(options.out / f"{today}-{slug}-cuda.csv", about, COLUMNS)
    speeds = Speeds(writer, {"date": today, "gpu": gpu["name"]}, peak)
    networks = {"small": small, "w141k": random_network(160, 8), "w922k": random_network(480, 16)}
    text = text_of(options.texts, 16384 * 2048)
    rng = np.random.default_rng(int(os.environ.get("SEED", "1")))
    for name, network in networks.items():
        for lanes, most in ((1, 300), (100, 120), (3000, 24)):
            status = check(network[0], *random_cut(rng, text, lanes, most))
            speeds.row(network=name, direction="check", lanes=lanes, lane_bytes=most, status=status)
            speeds.table.append(f"{name:10} check  {lanes:6} lanes of up to {most} bytes: {status}")
            print(speeds.table[-1])
    status = random_configurations(rng, text, int(os.environ.get("RANDOM_CONFIGURATIONS", "200")), 20)
    speeds.row(network="random", direction="check", mixed=LEARN_TOGETHER, status=status)
    speeds.table.append(f"random configurations of lanes that learn together: {status}")
    print(speeds.table[-1])
    for line in cross(some_texts(options.texts)):
        speeds.row(direction="cross", mixed=LEARN_TOGETHER, status=" ".join(line.split()[1:]))
        speeds.table.append(line)
    for lanes in LANES:
        speeds.measure("small", small, text, lanes, 2048)
        speeds.measure("small", small, text, lanes, 2048, LEARN_TOGETHER)
    speeds.measure("large", prior("large"), text, 8448, 1024, LEARN_TOGETHER)
    speeds.measure_api(text_of(options.texts, 1 << 27), "lanes")
    for groups, shared in ((1, 0), (2, 150000), (2, 70000)):
        speeds.measure("small", small, text, 8448, 1024, groups=groups, shared=shared)
    for name in ("w141k", "w922k"):
        speeds.measure(name, networks[name], text, 8448, 1024)
    writer.close()
    table = "\n".join([f"{gpu['description']}: int8 matrix product {peak:.0f} Tops, copy {copy / 1e9:.0f} GB/s", *speeds.table])
    (options.out / "table.txt").write_text(table + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

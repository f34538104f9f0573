"""What threads bring and what blocks cost.

    python bench/robustness/threads.py [--size 64000000] [--level 1] [--threads 1,2]

For each block size: compressed size against a single block, and MB/s by the clock for each number of threads. The
output must not depend on the number of threads.
"""

from __future__ import annotations

import argparse
import sys
import time

import fastnz
from common import make_mixed, report


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure threads and block sizes.")
    parser.add_argument("--size", type=int, default=64_000_000)
    parser.add_argument("--level", type=int, default=1)
    parser.add_argument("--threads", type=lambda text: [int(part) for part in text.split(",")], default=[1, 2])
    parser.add_argument("--blocks", default="1,4,16,64", help="block sizes in MiB (%(default)s)")
    options = parser.parse_args()
    data = make_mixed(options.size)
    sizes = sorted({int(part) << 20 for part in options.blocks.split(",")}, reverse=True)
    rows, largest, differ = [], 0, 0
    for block_size in sizes:
        first = b""
        for threads in options.threads:
            start = time.perf_counter()
            blob = fastnz.compress(data, level=options.level, threads=threads, block_size=block_size)
            packed = time.perf_counter()
            restored = fastnz.decompress(blob, threads=threads, max_memory=None, max_output_size=None)
            done = time.perf_counter()
            first = first or blob
            largest = largest or len(blob)
            wrong = restored != data or blob != first
            differ += wrong
            rows.append(
                {
                    "level": options.level,
                    "block_MiB": block_size >> 20,
                    "threads": threads,
                    "bytes": len(blob),
                    "against_largest_block": f"{len(blob) / largest - 1:+.2%}",
                    "compress_MBps": f"{len(data) / 1e6 / (packed - start):.2f}",
                    "decompress_MBps": f"{len(data) / 1e6 / (done - packed):.2f}",
                    "same": "no" if wrong else "yes",
                }
            )
    report("threads", rows)
    print("FAILED: outputs differ" if differ else "held: the same bytes for any number of threads")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())

"""The README's table of small records, from a record of small_records.py.

It stands between ``<!-- records:begin -->`` and ``<!-- records:end -->``; `render.py --set records` puts it there.
"""

from __future__ import annotations

from statistics import mean

BEGIN, END = "<!-- records:begin -->", "<!-- records:end -->"
SHOWN = "200-4096"  # bytes of a record
BASES = {"bare": ("zstd-19", "brotli-11", "zstd-19 dictionary"), "frame": ("zstd-19", "zstd-19 dictionary")}
_HEADINGS = {
    "bare": "Bare records: a container keeps names and checks (zstd without magic and checksum, fastnz's raw records "
    "with their sizes counted)",
    "frame": "Records as files of their own: magic, size and checksum included (brotli has no such form)",
}


_GROUPS = {
    "untrained": "With nothing trained by the user. The records are of test files, which nothing in the package has seen.",
    "trained": "With dictionaries and models trained on earlier records of the same kind. The records are of the ends of "
    "training files, which were held back when the priors in the package were trained; those trained on here come before.",
}


def render(about: dict[str, str], rows: list[dict[str, str]], path: str) -> str:
    """Return the Markdown text of a record."""
    rows = [row for row in rows if row["sizes"] == SHOWN and row["status"] == "ok"]
    lines = [
        f"Records of {SHOWN.replace('-', ' to ')} bytes, each decodable alone; one thread. Bytes out per byte"
        " in, and as a share of what another codec makes, in the mean over kinds.",
        "",
    ]
    for group, title in _GROUPS.items():
        mine = [row for row in rows if row["group"] == group]
        if not mine:
            continue
        kinds = list(dict.fromkeys(row["kind"] for row in mine))
        lines += [f"**{title}**", ""]
        for framing, heading in _HEADINGS.items():
            lines += [f"{heading}:", "", *table(mine, kinds, framing), ""]
        lines += [*(f"- {kind}: {about.get(f'kind {kind}', '')}; {_amount(mine, kind)}." for kind in kinds), ""]
    lines += [
        f"{about.get('cpu', '?')}, {about.get('os', '?')}; {about.get('date', '?')}; speeds by CPU time; commit"
        f" {about.get('commit', 'unknown')}. Record: `{path}`.",
    ]
    if "remark" in about:
        lines[-1] += f" Remark: {about['remark']}."
    return "\n".join(lines)


def table(rows: list[dict[str, str]], kinds: list[str], framing: str) -> list[str]:
    """Return the lines of one table: codecs down, kinds across, the smallest mean first."""
    share = {
        (row["codec"], row["kind"]): int(row["compressed"]) / int(row["original"])
        for row in rows
        if row["framing"] == framing
    }
    codecs = [codec for codec in dict.fromkeys(codec for codec, _ in share) if _complete(share, codec, kinds)]
    codecs.sort(key=lambda codec: mean(share[codec, kind] for kind in kinds))
    bases = [base for base in BASES[framing] if base in codecs]
    columns = ["codec", *kinds, "mean", *(f"of {base}" for base in bases), "KB/s", "in batches of 64"]
    lines = [
        f"| {' | '.join(columns)} |",
        "|---|" + "--:|" * (len(kinds) + len(bases) + 3),
    ]
    for codec in codecs:
        name = f"**{codec}**" if codec.startswith("fastnz") else codec
        cells = [f"{share[codec, kind]:.3f}" for kind in kinds]
        cells.append(f"{mean(share[codec, kind] for kind in kinds):.3f}")
        cells += [f"{mean(share[codec, kind] / share[base, kind] for kind in kinds):.2f}" for base in bases]
        mine = [row for row in rows if row["codec"] == codec and row["framing"] == framing]
        cells += [_speed(mine, ""), _speed(mine, "batch_")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _complete(share: dict[tuple[str, str], float], codec: str, kinds: list[str]) -> bool:
    return all((codec, kind) in share for kind in kinds)


def _speed(rows: list[dict[str, str]], prefix: str) -> str:
    """Return the speeds of compressing and decompressing all kinds, one after the other."""
    speeds = []
    for direction in ("compress", "decompress"):
        known = [(int(row["original"]), row[f"{prefix}{direction}_KBps"]) for row in rows]
        if not all(speed for _, speed in known):
            return ""
        speeds.append(sum(size for size, _ in known) / sum(size / float(speed) for size, speed in known))
    return " / ".join(f"{speed:,.0f}" for speed in speeds)


def _amount(rows: list[dict[str, str]], kind: str) -> str:
    row = next(row for row in rows if row["kind"] == kind)
    return f"{int(row['records']):,} records, {int(row['original']):,} bytes"

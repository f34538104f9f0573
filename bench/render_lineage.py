"""The README's tables of DeepZip's experiments, from a record of lineage/lineage.py beside what was published.

They stand between ``<!-- lineage:begin -->`` and ``<!-- lineage:end -->``; `render.py --set lineage` puts them there.
"""

from __future__ import annotations

import records
from tables import read_table

BEGIN, END = "<!-- lineage:begin -->", "<!-- lineage:end -->"
_HERE = ("arithmetic-24", "gzip", "xz", "gru alone", "gru_feat alone", "fastnz gru_feat", "fastnz-1", "fastnz-3", "fastnz-6")
_KNOWN_ENTROPY = ("arithmetic-0", "arithmetic-2", "huffman", "gzip", "xz", "fastnz-1", "fastnz-3", "fastnz-6")
_REAL = ("morse", "huffman", "arithmetic-0", "arithmetic-1", "arithmetic-2", "gzip", "xz")
_CORE_FILE = "enwik/enwik8_4M"  # of the core record, beside figures for all of enwik8

Rows = list[dict[str, str]]


def render(about: dict[str, str], rows: Rows, path: str) -> str:
    """Return the Markdown text of a record."""
    published = read_table("lineage/published")
    rows = [row for row in rows if row["status"] == "ok"]
    lines = [
        *_synthetic(rows, published["deepzip"]["synthetic"]),
        "",
        *_entropy(rows),
        *_real(rows, published["deepzip"]["real"]),
        "",
        *_enwik8(published),
        "",
        f"{about.get('cpu', '?')}, {about.get('os', '?')}; {about.get('date', '?')}; one thread; commit {about.get('commit', 'unknown')}."
        f" Record: `{path}`; every code that has a decoder was decoded and compared.",
    ]
    if "remark" in about:
        lines[-1] += f" Remark: {about['remark']}."
    return "\n".join(lines)


def _find(rows: Rows, source: str, codec: str, symbols: int | None = None) -> dict[str, str] | None:
    """Return the row of a source and codec: of that many symbols, or the first there is."""
    found = [row for row in rows if row["source"] == source and row["codec"] == codec]
    if symbols is not None:
        found = [row for row in found if int(row["symbols"]) == symbols]
    return found[0] if found else None


def _percent(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def _share(row: dict[str, str] | None) -> str:
    return "" if row is None else _percent(100 * int(row["compressed"]) / int(row["incompressible"]))


def _synthetic(rows: Rows, published: dict) -> list[str]:
    sources = [name for name in published if name != "columns" and _find(rows, f"{name}-letters", "fastnz-3")]
    codecs = [codec for codec in _HERE if any(_find(rows, f"{name}-letters", codec) for name in sources)]
    first = _find(rows, f"{sources[0]}-letters", "fastnz-3") if sources else None
    long = max((int(row["symbols"]) for row in rows if row["codec"] == "fastnz-3" and row["group"] in ("markov", "prng")), default=0)
    lines = [
        "**Sources of no entropy, percent of what they take without a model.** Published: of 100,000,000 symbols. Here: of "
        f"{int(first['symbols']) if first else 0:,} symbols, two letters, networks of {_network_size(rows, 'markov', 'prng'):,}; in the last columns also bytes for {long:,} letters, and the"
        " same sums modulo 256.",
        "",
        "| source | " + " | ".join(f"{column}, published" for column in published["columns"]) + " | " + " | ".join(codecs)
        + f" | fastnz-3, {long / 1e6:.0f} M letters: bytes | gzip, modulo 256 | fastnz-3, modulo 256: bytes |",
        "|---|" + "--:|" * (len(published["columns"]) + len(codecs) + 3),
    ]
    for name in sources:
        values = [_percent(value) for value in published[name]]
        cells = values + [""] * (len(published["columns"]) - len(values))
        cells += [_bold(codec, _share(_find(rows, f"{name}-letters", codec))) for codec in codecs]
        longest = _find(rows, f"{name}-letters", "fastnz-3", long)
        wide = _find(rows, f"{name}-bytes", "fastnz-3")
        cells += [
            f"**{int(longest['compressed']):,}**" if longest else "",
            _share(_find(rows, f"{name}-bytes", "gzip")),
            f"**{int(wide['compressed']):,}**" if wide else "",
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _network_size(rows: Rows, *groups: str) -> int:
    """Return how many symbols of these groups networks coded."""
    return max((int(row["symbols"]) for row in rows if row["group"] in groups and row["codec"].endswith(" alone")), default=0)


def _bold(codec: str, cell: str) -> str:
    return f"**{cell}**" if codec.startswith("fastnz") and cell else cell


def _entropy(rows: Rows) -> list[str]:
    sources = list(dict.fromkeys(row["source"] for row in rows if row["group"] in ("iid", "noisy")))
    codecs = [codec for codec in _KNOWN_ENTROPY if any(_find(rows, name, codec) for name in sources)]
    if not sources:
        return []
    lines = [
        "**Sources of known entropy, bits a symbol.** `hmm-k-p` is Markov-k of which each symbol is flipped with chance p and what"
        " follows sees the flipped one; no order below k helps.",
        "",
        "| source | symbols | entropy | " + " | ".join(codecs) + " |",
        "|---|" + "--:|" * (len(codecs) + 2),
    ]
    for name in sources:
        mine = [_find(rows, name, codec) for codec in codecs]
        one = next((row for row in mine if row), None)
        if one is None:
            continue
        cells = [_bold(codec, _bits(row)) for codec, row in zip(codecs, mine)]
        entropy = 8 * float(one["entropy"]) / int(one["symbols"])
        lines.append(f"| {name} | {int(one['symbols']):,} | {entropy:.4f} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def _bits(row: dict[str, str] | None) -> str:
    return "" if row is None else f"{8 * int(row['compressed']) / int(row['symbols']):.3f}"


def _real(rows: Rows, published: dict) -> list[str]:
    sources = list(dict.fromkeys(row["source"] for row in rows if row["group"] in ("text", "dna")))
    names = list(dict.fromkeys(row["codec"] for row in rows if row["group"] in ("text", "dna")))
    levels = [name for name in names if name.startswith("fastnz-")]
    networks = [name for name in names if name.endswith(" alone")]
    lines = [
        "**Text and DNA, bits a symbol.** "
        + "; ".join(
            f"published for {name} ({values[0]:,} MB): "
            + ", ".join(f"{column} {8 * value / values[0]:.2f}" for column, value in zip(published["columns"][1:], values[1:]))
            for name, values in published.items()
            if name != "columns"
        )
        + f". Those learnt from far more than the {_network_size(rows, 'text', 'dna'):,} symbols that networks code here.",
        "",
        "| code | " + " | ".join(sources) + " |",
        "|---|" + "--:|" * len(sources),
    ]
    for codec in [name for name in _REAL if name in names] + levels + networks:
        mine = [_find(rows, name, codec) for name in sources]
        size = next((int(row["symbols"]) for row in mine if row), 0)
        lines.append(f"| {_bold(codec, codec)}, first {size:,} | " + " | ".join(_bold(codec, _bits(row)) for row in mine) + " |")
    return lines


def _enwik8(published: dict) -> list[str]:
    """Return what was published for enwik8 beside the core record's rows for its first 4 MB."""
    core = records.newest("core")
    rows = records.read(core)[1] if core else []
    ours = [row for row in rows if row["file"] == _CORE_FILE and row["status"] == "ok"]
    lines = [
        "**enwik8, bits a byte.** Published figures are for all of its 100 MB, or for the 1,000 MB of enwik9; those measured here, from the table"
        " above, are for its first 4 MB, where there is less to learn: hold them against xz and zpaq, which stand in both.",
        "",
        "| program | bytes coded | bits a byte | KB/s | source |",
        "|---|--:|--:|--:|---|",
    ]
    for key, size in (("enwik8", 100_000_000), ("enwik9", 1_000_000_000)):
        for entry in published[key]:
            speed = entry.get("kbps", "")
            lines.append(f"| {entry['name']} | {size:,} | {8 * entry['bytes'] / size:.3f} | {speed} | {entry['source']} |")
    for row in sorted(ours, key=lambda row: int(row["compressed"])):
        bits = 8 * int(row["compressed"]) / int(row["original"])
        speed = 1000 * float(row["compress_MBps"])
        lines.append(f"| {_bold(row['codec'], row['codec'])} | {int(row['original']):,} | {bits:.3f} | {speed:,.0f} | measured here |")
    return lines

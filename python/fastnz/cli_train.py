"""`fastnz train`: from files of the user's own to a weight file.

The invariant: the output appears only when training ended and the core agreed with what was exported; a run that was
stopped goes on from its last checkpoint when the same command is given again. Imports PyTorch, late.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

from ._common import processors
from .cli_output import add_output_options, output_path
from .model_files import SUFFIX, installed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from .train.data import Kind
    from .train.loop import Plan, Trainer
    from .train.quantise import AnyNetwork, AnyShape

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}
_HIDDEN = 192
_DEPTH = 16
_BITS = 14
_START = "small"
_PASSES, _MOST_PASSES = 4, 10
_FEWEST, _MOST = 4_000_000, 16_000_000  # bytes trained on unless told: minutes on a processor
_RATE_NEW, _RATE_ON = 4e-3, 3e-3
_FAMILIES = ("gru8", "transformer8")
_TRANSFORMER_SIZES = ("width", "layers", "heads", "window", "units")
_TRANSFORMER_RATE, _TRANSFORMER_STREAMS = 8e-3, 16  # it learns best in many small steps
_THREADS = 4  # more do not help products this small
_DRAW_S = 0.2
_EXPORT_LENGTH = 1024  # bytes of each segment measured in NumPy's integers, which take a millisecond a byte

_EPILOG = """\
With --dictionary: a dictionary of samples instead, in seconds and without PyTorch; see fastnz train --dictionary --help.

Each PATH is a file or a folder; all PATHs count alike, whatever their size. The end of each is held back to measure on.
A stopped run goes on where its checkpoint is, OUTPUT.part, when the same command is given again.
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(1, f"fastnz train: {message}\nTry 'fastnz train --help'.\n")


def main(arguments: list[str]) -> int:
    """Train and return the exit code."""
    if "--dictionary" in arguments:
        from . import cli_dictionary

        return cli_dictionary.main(arguments)
    options = _parse(arguments)
    from .train import need_torch

    need_torch()
    import torch

    torch.set_num_threads(options.threads or min(processors(), _THREADS))
    torch.set_flush_denormal(True)
    _train(options)
    return 0


def _train(options: argparse.Namespace) -> None:
    kinds, shape, plan, start = _prepare(options)
    from .train.loop import Trainer

    trainer = Trainer(kinds, shape, plan, options.device, start)
    checkpoint = options.output + ".part"
    if os.path.exists(checkpoint) and not options.quiet:
        _write(f"going on from {checkpoint}\n")
    meter = _Meter(quiet=options.quiet)
    trainer.run(checkpoint, meter.tell)
    meter.clear()
    trainer.finish()
    _export(trainer, options)
    os.unlink(checkpoint)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = _Parser(
        prog="fastnz train",
        usage="fastnz train [OPTION]... PATH... {-o OUTPUT | -n NAME}",
        description=f"Train a network on PATHs and write its weights to OUTPUT ({SUFFIX}), or install them as NAME.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("paths", nargs="+", metavar="PATH", help=argparse.SUPPRESS)
    add_output_options(parser)
    add("-q", "--quiet", action="store_true", help="no progress")
    add("--bytes", type=_size, metavar="SIZE", help="bytes to train on; default 4 to 10 passes, 4M to 16M")
    add("--start", metavar="MODEL", help=f"weights to start from: a name, a path or none; default {_START}")
    add("--lines", action="store_true", help="every line is a record that will be coded alone")
    add("--device", default="cpu", metavar="NAME", help="cpu (the default), cuda, ...")
    add("-T", "--threads", type=int, default=0, metavar="N", help=f"processors to use; default all, at most {_THREADS}")
    add("--seed", type=int, metavar="N", help="of weights and order of the data; default 1")
    add("--rate", type=float, metavar="X", help=f"peak of the rate; default {_RATE_ON}, {_RATE_NEW} with --start none")
    add("--recipe", metavar="NAME", help="train as the shipped model NAME was; PATH is the folder of its corpus")
    add = parser.add_argument_group("the network").add_argument
    add("--family", choices=_FAMILIES, help="kind of network; default that of the weights to start from, else gru8")
    add("--hidden", type=int, metavar="H", help="units, a multiple of 32; what is started from may grow")
    add("--depth", type=int, metavar="D", help=f"values of a feature, a multiple of 8; default {_DEPTH}, --start none")
    add("--bits", type=int, metavar="B", help=f"log2 of the rows of a feature table; default {_BITS}, --start none")
    title = "the network of --family transformer8 (docs/transformer8.md), with --start none"
    add = parser.add_argument_group(title).add_argument
    add("--width", type=int, metavar="d", help="numbers between layers, a multiple of 32; default 128")
    add("--layers", type=int, metavar="L", help="layers; default 2")
    add("--heads", type=int, metavar="N", help="heads of attention; default 3")
    add("--window", type=int, metavar="W", help="bytes that attention sees, a multiple of 32; default 64")
    add("--units", type=int, metavar="U", help="units of the feed-forward part, a multiple of 32; default 128")
    add = parser.add_argument_group("sparse networks (docs/training.md)").add_argument
    add("--sparsity-target", type=float, default=0.1, metavar="RHO", help="mean activity of a unit; default 0.1")
    add("--sparsity-weight", type=float, default=0.0, metavar="BETA", help="of the penalty; default 0, none")
    add("--sparsity-decay", type=float, default=0.0, metavar="X", help="running mean over batches; default 0, none")
    options = parser.parse_args(arguments)
    options.output = output_path(options, parser, SUFFIX)
    if options.recipe and len(options.paths) != 1:
        parser.error("--recipe takes one PATH, the folder of its corpus")
    _check_sizes(parser, options)
    return options


def _check_sizes(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    given = [name for name in (*_TRANSFORMER_SIZES, "depth", "bits") if getattr(options, name) is not None]
    transformer = options.family == "transformer8"
    if not transformer and set(given) & set(_TRANSFORMER_SIZES):
        parser.error(f"--{given[0]} needs --family transformer8")
    if transformer and options.hidden is not None:
        parser.error("--hidden is of gru8; transformer8 has --width and --units")
    if options.start is None:
        options.start = "none" if given or transformer else _START
    elif given and options.start != "none":
        parser.error(f"--{given[0]} is that of the weights to start from; use --start none")


def _prepare(options: argparse.Namespace) -> tuple[list[Kind], AnyShape, Plan, AnyNetwork | None]:
    from .train import recipes
    from .train.data import read_kind
    from .train.loop import Plan
    from .train.network import Shape

    if options.recipe:
        recipe = recipes.find(options.recipe)
        kinds = recipes.read_corpus(options.paths[0], recipe.sources)
        made, plan = Shape(**recipe.shape), Plan(**recipe.plan)
        plan.seed = plan.seed if options.seed is None else options.seed
        plan.total_bytes = options.bytes or plan.total_bytes
        return kinds, made, plan, _start(_made_first(recipe.start, options), plan.seed, made.hidden, made.bits)
    kinds = [read_kind(path) for path in options.paths]
    size = sum(kind.train.size for kind in kinds)
    seed = 1 if options.seed is None else options.seed
    start = _start(options.start, seed, options.hidden)
    shape = start.shape if start else _shape(options)
    transformer = not isinstance(shape, Shape)
    if options.family and transformer != (options.family == "transformer8"):
        raise ValueError(f"{options.start} is not of the family {options.family}; use --start none")
    fewest = min(_FEWEST, _MOST_PASSES * size)
    plan = Plan(
        total_bytes=options.bytes or min(max(_PASSES * size, fewest), _MOST),
        rate=options.rate or (_RATE_ON if start else _TRANSFORMER_RATE if transformer else _RATE_NEW),
        streams=_TRANSFORMER_STREAMS if transformer else Plan.streams,
        seed=seed,
        sparsity_target=options.sparsity_target,
        sparsity_weight=options.sparsity_weight,
        sparsity_decay=options.sparsity_decay,
        validate_every=1_000_000,
        lines=options.lines,
        steps=64 if options.lines else 96,
        held_length=1024,
        held_per_kind=64 if options.lines else 16,
    )
    return kinds, shape, plan, start


def _made_first(start: str, options: argparse.Namespace) -> str:
    """Return the model that a recipe starts from; one that is not installed is trained first, by its own recipe."""
    from .train import recipes

    if start not in recipes.RECIPES or start in dict(installed()):
        return start
    path = f"{options.output}.{start}{SUFFIX}"
    if not os.path.exists(path):
        _train(argparse.Namespace(**{**vars(options), "recipe": start, "output": path}))
    return path


def _shape(options: argparse.Namespace) -> AnyShape:
    from .train.network import Shape
    from .train.transformer import TransformerShape

    depth, bits = options.depth or _DEPTH, options.bits or _BITS
    if options.family != "transformer8":
        return Shape(options.hidden or _HIDDEN, depth, bits)
    sizes = {name: getattr(options, name) for name in _TRANSFORMER_SIZES if getattr(options, name) is not None}
    return TransformerShape(**sizes, depth=depth, bits=bits)


def _start(model: str, seed: int, hidden: int | None, bits: int | None = None) -> AnyNetwork | None:
    if model == "none":
        return None
    import torch

    from .model_files import find
    from .train.export import read
    from .train.grow import grown
    from .train.quantise import from_integers

    torch.manual_seed(seed)
    network = from_integers(read(find(model)))
    return network if hidden is None else grown(network, hidden, bits)


def _export(trainer: Trainer, options: argparse.Namespace) -> None:
    from .train import export
    from .train.quantise import to_integers

    weights = to_integers(trainer.network)
    segments = [(kind, text[:_EXPORT_LENGTH]) for kind, text in trainer.held_segments()]
    held = export.held_bits(weights, trainer.kinds, segments)
    notes = [f"trained on {trainer.done} bytes, seed {trainer.plan.seed}; bits per byte on what was held back:"]
    weights.notes = "\n".join(notes + [f"{bits:7.4f}  {kind}" for kind, bits in held.items()])
    packed = export.pack(weights, [text for _, text in segments])
    export.write(options.output, packed)
    if not options.quiet:
        _write(f"{weights.notes}\n{options.output}: {len(packed):,} bytes, checked against the core\n")


class _Meter:
    """The progress line on a terminal; elsewhere a line for each validation."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._draws = not quiet and os.isatty(2)
        self._next = 0.0
        self._bits = 0.0
        self._told = 0
        self._drawn = False

    def tell(self, trainer: Trainer, bits: float) -> None:
        """Take note of one step."""
        self._bits = 0.98 * self._bits + 0.02 * bits if self._bits else bits
        if len(trainer.history) > self._told:
            self._told = len(trainer.history)
            last = trainer.history[-1]
            if not self._quiet and last["held"]:
                self.clear()
                _write(f"{last['bytes'] / 1e6:.1f} MB: {last['held']['mean']:.4f} bits per byte held back\n")
        now = time.monotonic()
        if self._draws and now >= self._next and trainer.seconds:
            self._next = now + _DRAW_S
            speed = trainer.done / trainer.seconds
            left = (trainer.plan.total_bytes - trainer.done) / speed
            share = 100 * trainer.done / trainer.plan.total_bytes
            line = f"{share:5.1f} %, {self._bits:.3f} bits per byte, {speed / 1e3:.1f} KB/s, {left / 60:.0f} min left"
            _write(f"\r{line}\x1b[K")
            self._drawn = True

    def clear(self) -> None:
        """Take the line away."""
        if self._drawn:
            _write("\r\x1b[K")
            self._drawn = False


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _size(text: str) -> int:
    number = text.upper().removesuffix("B")
    unit = number.lstrip("0123456789")
    digits = number[: len(number) - len(unit)]
    if not digits or unit not in _UNITS:
        raise argparse.ArgumentTypeError(f"must be a number of bytes such as 500000, 8M or 1G, not {text!r}")
    return int(digits) * _UNITS[unit]

"""The extension module. Not public: `fastnz` checks arguments and documents; this does the work.

All work runs without the GIL. Data may be any C-contiguous buffer. Objects have locks of their own.
"""

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TypedDict

from typing_extensions import Buffer

testing: ModuleType  # internals for the test suite
__version__: str
format_version: int

class _Frame(TypedDict):
    offset: int
    compressed_size: int
    content_size: int | None  # None: the frame does not tell; 0 for a skippable one
    blocks: int
    model: str | None  # of the first block that has one; None: all stored
    options: bytes
    networks: tuple[str, ...]  # ids of the pretrained networks that it needs
    level: int | None  # None: not told
    memory: int  # bytes that decoding one block takes beyond input and output
    checksum: bool
    skippable: bool
    compact: bool
    tag: int | None  # of a skippable frame
    index: bool
    version: int

class _Level(TypedDict):
    level: int
    model: str
    tier: int
    block_size: int
    memory: int
    default: bool

class _Model(TypedDict):
    id: int
    name: str
    kind: str  # "bit" or "symbol"

class _Transform(TypedDict):
    id: int
    name: str

class _Device(TypedDict):
    device: str  # what parameters `device` take
    index: int
    name: str
    memory: int  # bytes
    multiprocessors: int
    compute_capability: tuple[int, int]

class _Weights(TypedDict, total=False):
    id: int
    model: str
    hidden: int  # of gru8
    width: int  # this and the next four: of transformer8
    layers: int
    heads: int
    window: int
    units: int
    depth: int
    bits: int
    samples: int  # this and the next three: of a dictionary
    sample_bytes: int
    tier: int
    profile: int
    network: str  # of a dictionary: the id of the network that it has, or "none"
    plain_size: int
    notes: bytes

def isa() -> str: ...
def built_with_cuda() -> bool: ...
def devices() -> list[_Device]: ...
def check_device(device: str) -> None: ...  # opens it unless it is auto or cpu
def isas() -> list[str]: ...
def levels() -> list[_Level]: ...
def block_size(level: int, model: int = 0) -> int: ...  # of a block, where none is asked for
def model_memory(level: int, size: int, model: int = 0) -> int: ...  # bytes it may take for a block of that size
def models() -> list[_Model]: ...
def transforms() -> list[_Transform]: ...
def load_lanes(weights: int, lane_bits: int, group_bits: int) -> int: ...  # the lanes mode with that network; returns its id
def online_presets() -> dict[str, dict[str, int]]: ...  # networks that learn while they code: their options by name
def load_online(options: dict[str, int], words: bool = False) -> int: ...  # makes such a network one that `model` may name; its id
def load_weights(data: Buffer) -> int: ...  # checks a weight file whole, keeps its network for the process, returns its id
def has_weights(id: int) -> bool: ...
def set_weights_finder(finder: Callable[[int], Buffer | None] | None) -> None: ...  # asked for ids that are not loaded
def pack_weights(data: Buffer) -> bytes: ...  # either form to the entropy-coded one
def unpack_weights(data: Buffer) -> bytes: ...  # either form to the plain one
def weights_info(data: Buffer) -> _Weights: ...
def choose_samples(
    samples: Sequence[Buffer], size: int, progress: Callable[[int, int], object] | None = None
) -> list[int]: ...  # in the order in which to prime with them
def make_dictionary(samples: Sequence[Buffer], tier: int, network: int = 0) -> bytes: ...
def primed_size(dictionary: Buffer, records: Sequence[Buffer]) -> int: ...  # of the code of the records, each alone
def compress(
    data: Buffer,
    level: int = 3,
    *,
    model: int = 0,
    threads: int = 1,
    block_size: int = 0,
    index: bool = False,
    content_size: bool = True,
    device: str = "auto",
    progress: Callable[[int, int], object] | None = None,
) -> bytes: ...
def compress_into(
    data: Buffer,
    out: Buffer,
    level: int = 3,
    *,
    model: int = 0,
    threads: int = 1,
    block_size: int = 0,
    index: bool = False,
    content_size: bool = True,
    device: str = "auto",
    progress: Callable[[int, int], object] | None = None,
) -> int: ...
def compress_bound(size: int) -> int: ...
def decompress(
    data: Buffer,
    *,
    max_output_size: int,
    max_memory: int,
    threads: int = 1,
    device: str = "auto",
    progress: Callable[[int, int], object] | None = None,
) -> bytes: ...
def decompress_into(
    data: Buffer,
    out: Buffer,
    *,
    max_output_size: int = ...,
    max_memory: int,
    threads: int = 1,
    device: str = "auto",
    progress: Callable[[int, int], object] | None = None,
) -> int: ...
def compress_raw(
    data: Buffer,
    level: int = 3,
    *,
    model: int = 0,
    device: str = "auto",
    progress: Callable[[int, int], object] | None = None,
) -> bytes: ...
def decompress_raw(
    data: Buffer,
    size: int,
    level: int = 3,
    *,
    model: int = 0,
    max_memory: int,
    device: str = "auto",
    progress: Callable[[int, int], object] | None = None,
) -> bytes: ...
def compress_many(
    items: Sequence[Buffer],
    level: int = 3,
    *,
    model: int = 0,
    threads: int = 1,
    raw: bool = False,
    max_memory: int = ...,
    device: str = "auto",
    progress: Callable[[int, int], object] | None = None,
) -> list[bytes]: ...
def decompress_many(
    items: Sequence[Buffer],
    *,
    max_output_size: int,
    max_memory: int,
    threads: int = 1,
    raw_sizes: Sequence[int] | None = None,
    level: int = 3,
    model: int = 0,
    device: str = "auto",
    progress: Callable[[int, int], object] | None = None,
) -> list[bytes]: ...
def skippable_frame(payload: Buffer, tag: int = 0) -> bytes: ...
def frame_info(data: Buffer) -> list[_Frame]: ...

class StreamEncoder:
    def __init__(
        self,
        level: int = 3,
        *,
        block_size: int = 0,
        threads: int = 1,
        index: bool = False,
        content_size: int | None = None,
        model: int = 0,
        device: str = "auto",
    ) -> None: ...
    def feed(self, data: Buffer, progress: Callable[[int, int], object] | None = None) -> bytes: ...
    def flush(self, progress: Callable[[int, int], object] | None = None) -> bytes: ...
    def finish(self, progress: Callable[[int, int], object] | None = None) -> bytes: ...

class StreamDecoder:
    """One frame. A skippable frame ends with `eof` and no output."""

    def __init__(self, *, max_output_size: int, max_memory: int, threads: int = 1, device: str = "auto") -> None: ...
    def feed(
        self, data: Buffer, max_length: int = -1, progress: Callable[[int, int], object] | None = None
    ) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def total_out(self) -> int: ...
    @property
    def skippable(self) -> bool: ...

class BlockReader:
    """Random access. `read_at(offset, size)` returns that many bytes, fewer only at the end of the file."""

    def __init__(
        self, read_at: Callable[[int, int], Buffer], size: int, *, max_memory: int = ..., device: str = "auto"
    ) -> None: ...
    @property
    def content_size(self) -> int: ...
    @property
    def block_count(self) -> int: ...
    @property
    def used_index(self) -> bool: ...
    def block_of(self, position: int) -> tuple[int, int, int]: ...
    def read_block(self, k: int) -> bytes: ...

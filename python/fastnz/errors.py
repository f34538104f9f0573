"""Every error fastnz raises, as one small tree.

The invariant: an error that leaves this package because of the *data* is a `FastnzError`; misuse by the caller is the
usual `TypeError` or `ValueError`. Knows nothing of the codec: the extension module imports these classes, never the
other way round.

    FastnzError
    +-- FormatError (also ValueError)        these bytes are not what fastnz writes
    |   +-- CorruptError                     they were once, but have been changed
    |   +-- TruncatedError (also EOFError)   they end too early
    |   +-- UnsupportedError                 they, or the wish, need a newer or fuller build
    +-- LimitError (also MemoryError)        over max_output_size or max_memory
    +-- DeviceError                          an accelerator failed
    +-- ModelMissingError                    the data names a model that is not installed
"""

from __future__ import annotations


class FastnzError(Exception):
    """Base of all errors about data, limits, devices and models.

    Attributes
    ----------
    offset : int or None
        Where in the compressed input the fault was found, in bytes from its start; None where that has no meaning.
    """

    offset: int | None = None

    def __init__(self, *args: object, offset: int | None = None) -> None:
        super().__init__(*args)
        if offset is not None:
            self.offset = offset

    def __str__(self) -> str:
        text = super().__str__()
        return text if self.offset is None else f"{text} (at byte {self.offset} of the compressed input)"


class FormatError(FastnzError, ValueError):
    """The bytes are not fastnz data, or something that is not follows them."""


class CorruptError(FormatError):
    """The bytes are fastnz data that was changed after it was written."""


class TruncatedError(FormatError, EOFError):
    """The bytes are the beginning of fastnz data; the rest is missing."""


class UnsupportedError(FormatError):
    """The data or the request needs something that this build does not have."""


class LimitError(FastnzError, MemoryError):
    """More output or memory would be needed than the caller allowed; the message names the parameter to raise."""


class DeviceError(FastnzError):
    """An accelerator could not be used, or failed while it was."""


class ModelMissingError(FastnzError):
    """The data was made with a model that is not installed here; the message names it."""

"""Training of the networks that fastnz runs: `fastnz train` and what is below it. See docs/training.md.

The invariant: importing this package imports no PyTorch; what needs it says so in a typed error when it is missing.
"""

from __future__ import annotations

from ..errors import UnsupportedError


def need_torch() -> None:
    """Raise `UnsupportedError` if PyTorch is not installed."""
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise UnsupportedError("training needs PyTorch: pip install 'fastnz[train]'") from error

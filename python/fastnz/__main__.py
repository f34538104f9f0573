"""`python -m fastnz` is the `fastnz` command."""

from __future__ import annotations

import sys

from .cli import main

sys.exit(main())

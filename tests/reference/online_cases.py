"""Small frames of each kind of network that learns while it codes, for the frozen files."""

import numpy as np
import writer

from fastnz._core import testing

ROW = 8
SMALL = {
    "cell": 2, "normalised": 0, "with_mean": 0, "units": 16, "layers": 1, "streams": 1, "period": 3, "horizons": 1,
    "rate": 0x70, "decay": 0, "memory": 13, "table_bits": 0, "table_width": 0, "contexts": 0,
    "heads": 0, "places": 0, "inner": 0, "seed": 0,
}  # fmt: skip
REPLAY = {"every": 6, "doubling": 0, "window": 6, "passes": 2, "lanes": 4, "replay_rate": 0x80, "apart": 1, "dropout": 0}
SIZES_AND_CHANGES = {
    "rnn": (90, {"cell": 1, "layers": 2, "streams": 2}),
    "gru": (90, {"horizons": 3, "period": 2}),
    "gru-streams": (101, {"layers": 2, "streams": 5, "decay": 1, "seed": 7, "period": 1}),
    "gru-contexts": (90, {"table_bits": 8, "table_width": 16, "contexts": 3, "decay": 3}),
    "lstm": (130, {"cell": 3, "streams": 2, "period": 2, "horizons": 2}),
    "lstm-normalised": (130, {"cell": 3, "normalised": 1, "layers": 2, "memory": 4}),
    "gru-six-contexts": (90, {"table_bits": 8, "table_width": 16, "contexts": 6}),
    "gru-replay": (200, {"streams": 2} | REPLAY),
    "nncp-replay": (140, {"cell": 5, "units": 32, "heads": 2, "places": 5, "inner": 32} | REPLAY | {"lanes": 1, "apart": 0}),
    "gru-dropout": (200, {"table_bits": 8, "table_width": 16, "contexts": 3} | REPLAY | {"dropout": 4}),
    "trace": (130, {"cell": 4, "units": 64, "heads": 2, "places": 5, "inner": 32, "streams": 2}),
    "gru-bootstrap": (16400, {"streams": 64, "period": 2, "bootstrap": 16, "bootstrap_step": 3}),
    "nncp": (130, {"cell": 5, "units": 32, "heads": 2, "places": 20, "inner": 32, "layers": 2}),
}


def frames() -> dict[str, bytes]:
    """Runs of four letters, which a network learns fast enough to be shorter with its options."""
    made = {}
    for name, (size, changes) in SIZES_AND_CHANGES.items():
        rng = np.random.default_rng(len(name))
        runs = [bytes([97 + int(rng.integers(4))]) * int(rng.integers(3, 9)) for _ in range(max(40, size // 3))]
        data, options = b"".join(runs)[:size], bytes(testing.online_options(SMALL | changes))
        made[name] = writer.compact(data, writer.body(testing.model_encode("online", options, data), ROW, options))
    return made

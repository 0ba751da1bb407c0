"""What a user would run instead, beside ours: edges on the same simulated device, stores with the same rows.

Each comes from an ordinary registry into `.bench/peers`, or is left out with the reason.
"""

import traceback
from collections.abc import Callable

import peers_edge
import peers_store

NOTES: dict[str, str] = {}

type Figures = dict[str, float]


def main(edge_seconds: float, load_seconds: float) -> Figures:
    """Measure edges, then stores; give the figures of all that could be had."""
    print(f"edges, a reading every 5 s for {edge_seconds:g} s, and an outage of {edge_seconds / 2:g} s with a kill -9")
    figures = _tried("edges", lambda: peers_edge.compare(edge_seconds, NOTES))
    print("stores, the ten fields of the specification")
    return figures | _tried("stores", lambda: peers_store.compare(load_seconds, NOTES))


def _tried(what: str, compare: Callable[[], Figures]) -> Figures:
    """Let a failure of one half leave the other its figures."""
    try:
        return compare()
    except Exception as error:  # noqa: BLE001 - whatever it was, it is shown, and the other half is measured
        traceback.print_exc()
        NOTES[what] = f"not measured: {type(error).__name__}"
        return {}

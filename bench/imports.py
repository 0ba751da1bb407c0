"""What the edge's memory is made of: each package the daemon loads, in the order it does, in fresh interpreters.

A package is charged with what its own modules add, not with what they import; who comes first pays for what is shared.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LEAN_PYTHON = ROOT / ".venv-edge/bin/python"
_RUNS = 5
_LEAST_MB = 0.15

_ACCOUNT = """
import importlib._bootstrap as bootstrap, json, os, sys
page = os.sysconf("SC_PAGE_SIZE") / 2**20
statm = open("/proc/self/statm")

def resident():
    statm.seek(0)
    return int(statm.read().split()[1]) * page

added, inner = {}, [0.0]
load = bootstrap._load_unlocked

def charge(name, step):
    before = resident()
    inner.append(0.0)
    try:
        return step()
    finally:
        grown = resident() - before
        added[name] = added.get(name, 0.0) + grown - inner.pop()
        inner[-1] += grown

bootstrap._load_unlocked = lambda spec: charge(spec.name.partition(".")[0].lstrip("_"), lambda: load(spec))
began = resident()
import sungaze_edge.cli, sungaze_edge.main, sungaze_edge.sources
sungaze_edge.sources.source_types()
import sungaze_edge.sources.sungrow.inverter, sungaze_edge.sources.homewizard_p1.meter
import httpx, ssl
from sungaze_edge.server import tls_context
context = charge("a TLS context with the system's authorities", lambda: tls_context(None))
charge("an HTTP client", lambda: httpx.AsyncClient(verify=context, trust_env=False))
import anyio._backends._asyncio
print(json.dumps({"the bare interpreter": began, **added}))
"""


def main() -> dict[str, float]:
    """Measure, print the account, give its sum."""
    if not LEAN_PYTHON.exists():
        print("  not measured: there is no .venv-edge; `make bench` makes it")
        return {}
    runs = [_account() for _ in range(_RUNS)]
    account = {name: statistics.median(run.get(name, 0.0) for run in runs) for name in runs[0]}
    print(f"memory of the edge by what it loads, in order, MB; medians of {_RUNS} fresh interpreters")
    small = 0.0
    for name, mb in account.items():
        if mb < _LEAST_MB:
            small += mb
        else:
            print(f"  {name:45} {mb:6.2f}")
    print(f"  {'all others, each less than ' + str(_LEAST_MB):45} {small:6.2f}")
    whole = statistics.median(sum(run.values()) for run in runs)
    NOTES["account in MB"] = ", ".join(
        f"{name} {mb:.1f}" for name, mb in sorted(account.items(), key=lambda item: -item[1]) if mb >= 2 * _LEAST_MB
    )
    return {"imports_mb": whole, "interpreter_mb": account["the bare interpreter"]}


NOTES: dict[str, str] = {}


def _account() -> dict[str, float]:
    # Isolated from the environment and without bytecode to write: as the installed daemon starts.
    done = subprocess.run([LEAN_PYTHON, "-I", "-c", _ACCOUNT], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    sys.exit(print(main()))

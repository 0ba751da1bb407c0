"""Readings lost at power cuts, as `python -m faults.power_cuts` counts them."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
_ASKED_FOR = 150_000
"""Chance decides how many of them come before the cuts; at least 100,000 shall."""
NOTES: dict[str, str] = {}
_COUNTS = {
    "power_lost": r"(\d+) lost",
    "power_readings": r"(\d+) readings stored",
    "power_cuts": r"(\d+) cuts",
}


def main() -> dict[str, float]:
    """Run it, print, and give the counts; nothing where no file system can be mounted."""
    command = [sys.executable, "-m", "faults.power_cuts", "--readings", str(_ASKED_FOR)]
    done = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="")
    NOTES["seed and planted mistakes"] = "; ".join(re.findall(r"seed \d+|planted: .*", done.stdout))
    found = {name: re.search(pattern, done.stdout) for name, pattern in _COUNTS.items()}
    return {name: float(count[1]) for name, count in found.items() if count}

"""`make bench`: every figure, with the machine named. BENCH_SECONDS sets how long the edge is watched (300)."""

import os
import platform
import sys
from pathlib import Path

import edge_memory
import ingest
import series


def machine() -> str:
    """Name the machine the figures are from."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.processor()
    return f"{os.cpu_count()} x {model}, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def main() -> int:
    """Run every measurement; 1 when the edge is over its limit."""
    print(f"machine: {machine()}")
    memory = edge_memory.main(float(os.environ.get("BENCH_SECONDS", "300")))
    print("storing, database layer")
    ingest.main()
    print("GET /v1/series, SQLite, five years of quarters")
    series.main()
    return 0 if memory["peak_mb"] < edge_memory.TARGET_MB else 1


if __name__ == "__main__":
    sys.exit(main())

"""A slice of `make faults`, and the proof that it fails where it should: with a bug planted in each part."""

import os
import sys
from pathlib import Path

import pytest

from faults import report
from faults.catalogue import CATALOGUE
from faults.run import run

BROKEN = Path(__file__).with_name("broken")
SEED = 1
SECONDS = 40
SLICE = (
    *("edge: killed (-9)", "edge: paused and killed", "edge: ended and started", "api: killed (-9)", "api: paused"),
    *("postgresql: immediate shutdown", "postgresql: restarted under a batch", "redis: killed (-9)", "redis: full"),
    *("caddy: killed (-9)", "caddy-api: cut, the reply lost", "edge-caddy: cut in a request", "edge-caddy: half-open"),
    *("api-postgresql: cut, the reply lost", "answers: captive portal", "answers: stored, then 502", "TLS: expired"),
    *("spool: a page overwritten", "disk: power cut", "clock: starts in 1970", "clock: hours behind"),
    *("inverter: garbage", "inverter: late", "meter: truncated", "meter: denied"),
)


async def trial(names, folder, seconds=SECONDS, **commands):
    chosen = [CATALOGUE[name] for name in names]
    return await run(chosen, seed=SEED, seconds=seconds, folder=folder, tell=print, commands=commands)


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_the_most_telling_faults_lose_nothing_and_double_nothing(tmp_path):
    outcome = await trial(SLICE, tmp_path)
    print(report.markdown(report.table(outcome)))
    assert outcome.verdict.complaints == []
    assert {
        device: judged.summary() for device, judged in outcome.verdict.devices.items() if not judged.faultless
    } == {}
    assert {event.fault.name for event in outcome.happened} | set(outcome.skipped) == set(SLICE)
    assert all(judged.polled >= 10 for judged in outcome.verdict.devices.values())


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("part", "bug", "faults", "proof"),
    [
        ("edge", "uploader", ["edge-caddy: refused", "edge-caddy: cut in a request"], "lost"),
        ("edge", "spool", ["edge: killed (-9)"], "lost"),
        ("edge", "normalizer", [], "wrong"),
        ("api", "ingest", ["api: killed (-9)", "postgresql: immediate shutdown"], "lost"),
    ],
)
async def test_a_planted_bug_is_found(tmp_path, monkeypatch, part, bug, faults, proof):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(BROKEN.parents[2]), os.environ.get("PYTHONPATH", "")]))
    command = ["/usr/bin/env", f"FAULTS_BUG={bug}", sys.executable, str(BROKEN / f"{part}.py")]
    outcome = await trial(["redis: flushed", *faults], tmp_path, seconds=10, **{part: command})
    assert not outcome.verdict.faultless
    assert sum(len(getattr(judged, proof)) for judged in outcome.verdict.devices.values()) > 0

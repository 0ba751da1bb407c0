"""The watch on real processes: one that is well, one that leaks, one that ends."""

import subprocess
import sys

import pytest

from faults.watch import Limit, Watch

LOOKS = 20
STEADY = "import sys\nfor _ in sys.stdin: print(flush=True)"
LEAKS_MEMORY = "import sys\nkept = []\nfor _ in sys.stdin: kept.append(b'x' * 2**20); print(flush=True)"
LEAKS_FILES = "import sys\nkept = []\nfor _ in sys.stdin: kept.append(open(sys.executable)); print(flush=True)"
FILLS_UP = f"""
import sys
kept = []
for round, _ in enumerate(sys.stdin):
    kept += [b'x' * 2**20] if round < {LOOKS} else []
    print(flush=True)
"""
HOLDS_MUCH = f"kept = b'x' * 100 * 2**20\n{STEADY}"


def watched(program, looks=LOOKS, **limits):
    """Look at a program after each of its rounds."""
    watch = Watch({"it": Limit(memory_mb=100, growth_mb=4, **limits)})
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for _ in range(looks):
            process.stdin.write(b"\n")
            process.stdin.flush()
            process.stdout.readline()
            watch.look("it", process.pid)
        process.stdin.close()
    return watch, process.pid


@pytest.mark.parametrize(
    ("program", "complaints"),
    [
        pytest.param(STEADY, [], id="steady"),
        pytest.param(LEAKS_MEMORY, ["it grew by", "MB"], id="leaks memory"),
        pytest.param(LEAKS_FILES, ["it grew by", "open files"], id="leaks files"),
        pytest.param(HOLDS_MUCH, ["it took", "MB"], id="holds much"),
    ],
)
def test_a_process_that_grows_is_named_with_what_grew(program, complaints):
    watch, _ = watched(program)
    said = watch.complaints()
    assert len(said) == bool(complaints), said
    assert all(part in said[0] for part in complaints)


def test_a_process_that_fills_up_and_then_holds_is_let_alone_after_a_longer_warm_up_and_one_that_leaks_is_not():
    assert watched(FILLS_UP, looks=2 * LOOKS)[0].complaints() != []
    assert watched(FILLS_UP, looks=2 * LOOKS, warm_up=0.5)[0].complaints() == []
    assert watched(LEAKS_MEMORY, looks=2 * LOOKS, warm_up=0.5)[0].complaints() != []


def test_a_process_that_has_ended_is_passed_over_and_its_next_start_is_a_life_of_its_own():
    watch, pid = watched(STEADY)
    seen = len(watch.lives["it", pid])
    watch.look("it", pid)
    assert len(watch.lives["it", pid]) == seen == LOOKS
    other, other_pid = watched(STEADY)
    watch.lives |= other.lives
    assert pid != other_pid
    assert len(watch.lives) == 2
    assert watch.complaints() == []


def test_one_that_was_never_seen_is_no_proof_of_health():
    assert Watch({"edge": Limit(50, 5)}).complaints() == ["edge was never seen running"]

"""A slice of `python -m faults.power_cuts`: real power cuts below a real spool, where a file system may be mounted."""

import logging

import pytest

from faults import power_cuts


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_hc001_ten_power_cuts_lose_nothing_and_what_is_not_forced_to_the_disk_is_missed(capsys):
    status = power_cuts.main(["--cuts", "10", "--readings", "2000", "--seed", "5"])
    out = capsys.readouterr().out
    logging.getLogger("sungaze_edge").setLevel(logging.NOTSET)
    if status == power_cuts.CANNOT_RUN_HERE:
        pytest.skip(out.splitlines()[-1])
    assert status == 0, out
    assert "0 lost, 0 wrong" in out
    assert out.count(": found") == 2

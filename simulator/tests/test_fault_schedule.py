"""When faults hold, as written and as set."""

import pytest

from sungaze_sim.faults import FaultError, Faults


def test_a_written_fault_holds_in_its_window_only(clock):
    faults = Faults(["silence@30+10", "slow=2.5", "drop_mid@50x2"], clock=clock)
    assert faults.active() == ["slow"]
    assert faults.on("slow").value == 2.5
    clock.seconds += 30
    assert faults.active() == ["silence", "slow"]
    clock.seconds += 10
    assert faults.active() == ["slow"]
    clock.seconds += 10
    assert faults.take("drop_mid")
    assert faults.take("drop_mid")
    assert not faults.take("drop_mid")


def test_faults_hold_side_by_side(clock):
    faults = Faults(["silence+5", "silence@3+10"], clock=clock)
    clock.seconds += 6
    assert faults.active() == ["silence"]
    faults.clear("silence")
    assert faults.active() == []


@pytest.mark.parametrize("text", ["", "silence@", "silence 5", "silence@x", "silence+5@3", "Silence"])
def test_a_badly_written_fault_is_refused_with_the_form(text):
    with pytest.raises(FaultError, match="silence@30"):
        Faults([text])


def test_an_unknown_fault_is_answered_with_the_known_ones():
    with pytest.raises(FaultError, match="truncated"):
        Faults(["explode"])

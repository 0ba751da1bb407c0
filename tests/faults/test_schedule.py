"""A seed decides what happens when."""

from collections import Counter
from itertools import pairwise

from faults.catalogue import CATALOGUE
from faults.fault import Lane
from faults.schedule import plan


def told(seed, seconds=180):
    lanes = plan(list(CATALOGUE.values()), seed, seconds)
    return [(lane, event.at_s, event.fault.name, event.dice().random()) for lane in lanes for event in lanes[lane]]


def test_the_same_seed_gives_the_same_faults_at_the_same_moments_with_the_same_dice():
    assert told(7) == told(7)
    assert told(7) != told(8)


def test_every_fault_of_the_catalogue_occurs_and_there_is_time_for_each():
    lanes = plan(list(CATALOGUE.values()), 1, 180)
    assert {event.fault.name for events in lanes.values() for event in events} == set(CATALOGUE)
    for events in lanes.values():
        for event, following in pairwise(events):
            assert following.at_s >= event.at_s + event.fault.lasts_s - 0.002
        assert events[-1].at_s + events[-1].fault.lasts_s <= 181


def test_a_longer_trial_does_more_of_it():
    short, long = (Counter(name for _, _, name, _ in told(1, seconds)) for seconds in (180, 1800))
    assert set(short) == set(long)
    assert {name for name, times in long.items() if times == 1} == {name for name in CATALOGUE if CATALOGUE[name].once}
    assert long.total() > 3 * short.total()


def test_every_process_way_and_device_has_its_faults():
    assert len(CATALOGUE) > 100
    assert {fault.lane for fault in CATALOGUE.values()} == set(Lane)
    for who in (
        "edge",
        "api",
        "postgresql",
        "redis",
        "caddy",
        "inverter",
        "meter",
        "spool",
        "disk",
        "clock",
        "TLS",
        "answers",
    ):
        assert any(name.startswith(f"{who}: ") for name in CATALOGUE), who

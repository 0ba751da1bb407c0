"""What can go wrong with a P1 meter: the network as with any device, and its own troubles."""

from sungaze_sim.faults import FAULTS

_NETWORK = ("drop_after", "drop_before", "drop_mid", "half_open", "offline", "one_client", "reboot", "silence", "slow")

P1_FAULTS = {name: FAULTS[name] for name in _NETWORK} | {
    "clock_jump": "the meter's clock is VALUE seconds (3600) ahead",
    "denied": "every token is answered with 401",
    "error": "every request is answered with 500",
    "garbage": "a measurement is no JSON",
    "no_peaks": "the Belgian peak fields are gone",
    "no_telegram": "nothing came from the meter: 503",
    "no_totals": "only the counters per tariff are there, without their sums",
    "nulls": "phases, tariff and gas are null",
    "revoked": "every token is dead from then on, as after a reset of the dongle",
    "stale": "the same telegram again and again, with 200; what somebody unplugged looks like",
    "swap": "another meter hangs there from then on: new number, counters near zero",
    "truncated": "a measurement ends in the middle of its JSON",
    "v1_disabled": "the API v1 is switched off: 403",
}

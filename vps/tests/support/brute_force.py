"""A house's made readings, and every answer of `/v1/series` computed from them in a way that shares nothing with it."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sungaze_vps.services.ingestion import store

COUNTERS = ("pv_total_kwh", "import_total_kwh", "export_total_kwh")


class Kind(NamedTuple):
    """What is rolled up of a kind of reading, and the field that names its meter."""

    means: tuple
    largest: str
    energies: dict
    meter: str | None = None


SUNGROW = Kind(
    ("pv_power_w", "battery_power_w", "battery_soc_pct", "load_power_w", "export_power_w"),
    "pv_power_w",
    {
        "pv_kwh": ("pv_total_kwh", "pv_power_w", 1),
        "import_kwh": ("import_total_kwh", "export_power_w", -1),
        "export_kwh": ("export_total_kwh", "export_power_w", 1),
        "battery_charge_kwh": ("battery_charge_total_kwh", "battery_power_w", 1),
        "load_kwh": (None, "load_power_w", 1),
        "battery_discharge_kwh": ("battery_discharge_total_kwh", "battery_power_w", -1),
    },
)
P1 = Kind(
    ("power_w", "import_power_w"),
    "import_power_w",
    {
        "import_kwh": ("energy_import_kwh", "power_w", 1),
        "export_kwh": ("energy_export_kwh", "power_w", -1),
    },
    "meter_unique_id",
)
QUARTER = timedelta(minutes=15)


def exact(value):
    return Fraction(Decimal(repr(value)))


def half_up(value):
    return int(value + Fraction(1, 2))


def bucket_start(ts, bucket, zone):
    """Give the local start of the bucket a time is in, by its wall clock and its offset."""
    local = ts.astimezone(zone)
    if bucket == "15m":
        return local.replace(minute=local.minute // 15 * 15, second=0, microsecond=0)
    if bucket == "hour":
        start = local.astimezone(timezone(local.utcoffset())).replace(minute=0, second=0, microsecond=0)
        while start.astimezone(zone).utcoffset() != local.utcoffset():  # the clocks changed within this hour
            start += QUARTER
        return start
    day = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if bucket == "week":
        monday = day.date() - timedelta(days=day.weekday())
        return datetime(monday.year, monday.month, monday.day, tzinfo=zone)
    first = {"day": day, "month": day.replace(day=1), "year": day.replace(month=1, day=1)}[bucket]
    return first.astimezone(UTC).astimezone(zone)  # a midnight that the clocks skipped is the hour they went to


def power_energy_mwh(readings, power, sign):
    """Give UTC quarter -> mean power in the direction times the time covered, in whole mWh."""
    quarters = defaultdict(list)
    for ts, weight, values in readings:
        quarters[datetime.fromtimestamp(ts.timestamp() // 900 * 900, UTC)].append((ts, weight, values.get(power)))
    energies = {}
    for start, inside in quarters.items():
        known = [(weight, exact(value)) for _, weight, value in inside if value is not None]
        if not known:
            continue
        number, first, last = len(inside), inside[0][0], inside[-1][0]
        apart = Fraction((last - first) // timedelta(milliseconds=1), max(1, number - 1))
        covered = min(apart * number, 900_000) if number > 1 else Fraction((first - start) // timedelta(milliseconds=1))
        watts = sum(weight * max(Fraction(0), sign * value) for weight, value in known)
        energies[start] = half_up(watts * covered / 3600 / sum(weight for _, weight, _ in inside))
    return energies


def counter_energy(readings, counter, meter):
    """Give ts of the later reading -> what the counter gained; 0 for the first reading and from meter to meter."""
    known = [
        (ts, exact(values[counter]), values.get(meter))
        for ts, _, values in readings
        if counter and values.get(counter) is not None
    ]
    energies = {}
    for (_, before, old), (ts, value, new) in zip([known[0], *known] if known else [], known, strict=False):
        swapped = None not in (old, new) and old != new
        energies[ts] = 0 if swapped else half_up(max(Fraction(0), value - before) * 1_000_000)
    return energies


class BruteForce:
    def __init__(self, readings, kind=SUNGROW):
        self.kind = kind
        self.readings = sorted(readings, key=lambda reading: reading[0])
        self.by_counter = {
            name: counter_energy(self.readings, counter, kind.meter) for name, (counter, _, _) in kind.energies.items()
        }
        self.by_power = {name: power_energy_mwh(self.readings, *power) for name, (_, *power) in kind.energies.items()}

    def series(self, bucket, zone, start, end):
        def label(ts):
            return bucket_start(ts, bucket, zone).isoformat()

        buckets = defaultdict(list)
        for reading in self.readings:
            if start <= reading[0] < end:
                buckets[label(reading[0])].append(reading)
        points = {local: mean_point(self.kind, inside) for local, inside in buckets.items()}
        sources = {}
        for name in self.kind.energies:
            within = [
                {ts: mwh for ts, mwh in by_time[name].items() if start <= ts < end}
                for by_time in (self.by_counter, self.by_power)
            ]
            sources[name] = "counter" if within[0] else "power" if within[1] else None
            by_bucket = defaultdict(list)
            for ts, mwh in (within[0] or within[1]).items():
                by_bucket[label(ts)].append(mwh)
            for local, point in points.items():
                point[name] = sum(by_bucket[local]) / 1_000_000 if local in by_bucket else None
        return points, sources


def mean_point(kind, inside):
    point = {"sample_count": sum(weight for _, weight, _ in inside)}
    for name in kind.means:
        known = [(weight, exact(values[name])) for _, weight, values in inside if values.get(name) is not None]
        total, weights = sum(weight * value for weight, value in known), sum(weight for weight, _ in known)
        point[f"avg_{name}"] = float(round(total / weights * 1000)) / 1000 if known else None
    known = [values[kind.largest] for _, _, values in inside if values.get(kind.largest) is not None]
    point[f"max_{kind.largest}"] = max(known, default=None)
    return point


def house(seed, times):
    """Give readings with nulls, weights, decimals, a gap in the counters, and a reset of each."""
    rng = random.Random(seed)
    counters = dict.fromkeys(COUNTERS, 5000.0)
    readings = []
    for ts in times:
        for name in COUNTERS:
            step = rng.choice([0, 0.1, 0.1, 0.3, 1.2])
            counters[name] = 0.2 if rng.random() < 0.003 else round(counters[name] + step, 1)
        values = {
            "pv_power_w": rng.randint(0, 4000),
            "battery_power_w": rng.randint(-3000, 3000) / 10,
            "battery_soc_pct": rng.randint(0, 1000) / 10,
            "load_power_w": rng.randint(-5, 3000) / 1000,
            "export_power_w": rng.randint(-3000, 3000),
            **counters,
        }
        for name in values:
            if rng.random() < 0.1:
                values[name] = None
        readings.append((ts, rng.choice([1, 1, 1, 6]), values))
    return readings


def grid_meter(seed, times):
    """Give a grid meter's readings: nulls, a reset, and meters swapped for ones that show more, less, or as much."""
    rng = random.Random(seed)
    shown = {"energy_import_kwh": 1594.842, "energy_export_kwh": 2355.869}
    readings, meter = [], 1
    for ts in times:
        if rng.random() < 0.01:
            meter += 1
            shown = {name: round(value + rng.choice([-500, 0, 300]), 3) for name, value in shown.items()}
        power_w = rng.randint(-4000, 9000)
        name = "energy_import_kwh" if power_w > 0 else "energy_export_kwh"
        shown[name] = 0.001 if rng.random() < 0.003 else round(shown[name] + rng.choice([0, 0.001, 0.25]), 3)
        values = {"power_w": power_w, "import_power_w": max(power_w, 0), **shown, "meter_unique_id": f"meter {meter}"}
        for name in values:
            if rng.random() < 0.1:
                values[name] = None
        readings.append((ts, rng.choice([1, 1, 6]), values))
    return readings


def around(rng, middle, hours, step_s):
    """Give irregular times around a moment, with two holes."""
    times, ts, end = [], middle - timedelta(hours=hours), middle + timedelta(hours=hours)
    while ts < end:
        times.append(ts)
        ts += timedelta(milliseconds=rng.randint(1, 2 * step_s * 1000))
        if rng.random() < 0.01:
            ts += timedelta(minutes=rng.randint(5, 70))
    return times


def rows(measurement, readings, device_id="home"):
    fields = [field.name for field in measurement.fields]
    return [(device_id, ts, weight, *(values.get(name) for name in fields)) for ts, weight, values in readings]


async def store_in_disorder(engine, measurement, readings, rng):
    """Store late, early, doubled, overlapping."""
    left = rows(measurement, readings)
    left += rng.sample(left, len(left) // 20)
    cuts = sorted(rng.sample(range(len(left)), 12))
    batches = [left[start:end] for start, end in zip([0, *cuts], [*cuts, None], strict=True)]
    rng.shuffle(batches)
    stored = 0
    for batch in batches:
        rng.shuffle(batch)
        stored += await store(engine, {measurement: batch})
    assert stored == len(readings)


def assert_right(answer, truth):
    zone = ZoneInfo(answer["tz"])
    start, end = (datetime.fromisoformat(answer[name]) for name in ("start", "end"))
    points, sources = truth.series(answer["bucket"], zone, start, end)
    served = {point["bucket_local"]: point for point in answer["series"]}
    assert list(served) == list(points)
    for local, point in served.items():
        assert datetime.fromisoformat(point.pop("bucket")) == datetime.fromisoformat(point.pop("bucket_local"))
        assert point == points[local], local
    assert answer["energy_source"] == sources

"""The continuous aggregates of a kind of reading on TimescaleDB, for its migration.

`<kind>_15min` computes UTC quarters of an hour from the readings; `<kind>_hourly`, `_daily`, `_monthly` add them up,
each from the one before. Their columns are those of the tables that other engines keep (`db/models.py`), except
`rise_<counter>`: what a counter gained between two buckets shows only when both are read, so each bucket tells where
the counter began, where it ended and what it gained in between.

Databases were made by what stands here: a change to it comes with a new migration.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

COUNTER_RISE = """
CREATE OR REPLACE FUNCTION counter_rise(firsts float8[], lasts float8[]) RETURNS float8
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  gained float8 := 0;
BEGIN
  FOR i IN 2 .. coalesce(cardinality(firsts), 0) LOOP
    IF firsts[i] > lasts[i - 1] THEN
      gained := gained + (firsts[i] - lasts[i - 1]);
    END IF;
  END LOOP;
  RETURN gained;
END $$
"""
"""What a counter gained from the end of each part to the beginning of the next; parts of one reading begin and end
with it."""

SEGMENTED_COUNTER_RISE = """
CREATE OR REPLACE FUNCTION counter_rise(
  firsts float8[], lasts float8[], first_segments text[], last_segments text[]
) RETURNS float8
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  gained float8 := 0;
BEGIN
  FOR i IN 2 .. coalesce(cardinality(firsts), 0) LOOP
    IF firsts[i] > lasts[i - 1] AND coalesce(first_segments[i] = last_segments[i - 1], true) THEN
      gained := gained + (firsts[i] - lasts[i - 1]);
    END IF;
  END LOOP;
  RETURN gained;
END $$
"""
"""The same where readings name the meter: nothing is gained from one meter to another."""

LATE = """
CREATE TABLE {kind}_late (
  device_id text NOT NULL,
  day timestamptz NOT NULL,
  mark bigint NOT NULL,
  PRIMARY KEY (device_id, day)
)
"""
"""UTC days that got readings which may lie before the end of what is materialised; whoever reads such a day computes
it from its readings until it is refreshed. `mark` is the transaction that wrote last."""

REFRESH_LATE_DAYS = """
CREATE OR REPLACE PROCEDURE refresh_late_days(job_id int, config jsonb) LANGUAGE plpgsql AS $$
DECLARE
  kind text := config ->> 'kind';
  late text := format('%I', kind || '_late');
  devices text[];
  days timestamptz[];
  marks bigint[];
  first timestamptz;
  last timestamptz;
  since timestamptz;
  upto timestamptz;
  closed timestamptz := now() - interval '30 minutes';
  levels text[] := ARRAY['15min', 'hourly', 'daily', 'monthly'];
  units text[] := ARRAY['day', 'day', 'day', 'month'];
  closed_buckets timestamptz[] := ARRAY[date_bin('15 minutes', closed, 'epoch'), date_trunc('hour', closed, 'UTC'),
    date_trunc('day', closed, 'UTC'), date_trunc('month', closed, 'UTC')];
BEGIN
  EXECUTE 'SELECT array_agg(device_id), array_agg(day), array_agg(mark), min(day), max(day) FROM ' || late
    INTO devices, days, marks, first, last;
  IF devices IS NULL THEN
    RETURN;
  END IF;
  COMMIT;
  FOR i IN 1 .. 4 LOOP
    since := date_trunc(units[i], first, 'UTC');
    upto := least(date_trunc(units[i], last, 'UTC') + ('1 ' || units[i])::interval, closed_buckets[i]);
    IF since < upto THEN
      CALL refresh_continuous_aggregate(
        format('%I', kind || '_' || levels[i])::regclass, since, upto, options => '{"buckets_per_batch": 2880}');
    END IF;
  END LOOP;
  EXECUTE format('DELETE FROM %1$s USING unnest($1, $2, $3) AS done(device_id, day, mark)
    WHERE (%1$s.device_id, %1$s.day, %1$s.mark) = (done.device_id, done.day, done.mark)', late)
    USING devices, days, marks;
END $$
"""
"""Refresh the days that are marked as late, in order, and take off the marks that nobody has renewed meanwhile. The
policies would get there, too, but each on its own, and nothing would tell when all of them have."""


@dataclass(frozen=True)
class Rolled:
    """What of a kind's readings is rolled up; the names of fields."""

    kind: str
    means: Sequence[str]
    maxima: Sequence[str]
    counters: Sequence[str]
    energies: Sequence[tuple[str, str, Literal[1, -1]]]
    """`(name, power field, direction)`"""
    segment: str | None = None
    """The text field that names the meter behind the counters."""


def quarters(rolled: Rolled) -> str:
    """Give the SELECT that computes quarters from readings."""
    columns = _quarter_columns(rolled)
    for name in rolled.counters:
        values, segments = _readings(rolled, name)
        inside = f"CASE WHEN count({name}) > 0 THEN 0::float8 END"
        columns += _counter(name, (values, values), (segments, segments), inside)
    return _select(columns, f"{rolled.kind}_samples")


def uncounted_quarters(rolled: Rolled, readings: str) -> str:
    """Give the SELECT that computes quarters from the readings for which a condition holds, but for the counters.

    Of each counter it gives what it showed, in order, as `values_<counter>`, and the meters as `meters_<counter>`
    where readings name them; null without any. Who asks is quicker to go through them than `counter_rise`.
    """
    columns = _quarter_columns(rolled)
    for name in rolled.counters:
        values, segments = _readings(rolled, name)
        columns += [f"{values} AS values_{name}", *([f"{segments} AS meters_{name}"] if segments else [])]
    return _select(columns, f"{rolled.kind}_samples WHERE {readings}")


def _quarter_columns(rolled: Rolled) -> list[str]:
    columns = ["time_bucket('15 minutes', ts) AS bucket", "device_id", _count("sample_count")]
    for name in rolled.means:
        weight = f"sum(sample_count) FILTER (WHERE {name} IS NOT NULL)"
        columns.append(f"CAST(coalesce({weight}, 0) AS bigint) AS weight_{name}")
        columns.append(f"sum({_whole(f'{name} * 1000::float8')} * sample_count) AS sum_{name}")
    columns += [f"{_work(power, sign)} AS work_{name}" for name, power, sign in rolled.energies]
    return columns + [f"max({name}) AS max_{name}" for name in rolled.maxima]


def _readings(rolled: Rolled, counter: str) -> tuple[str, str]:
    """Give the arrays of what a counter showed, in mWh, and of its meters, empty if readings do not name them."""
    known = f"ORDER BY ts) FILTER (WHERE {counter} IS NOT NULL)"
    segments = f"array_agg({rolled.segment} {known}" if rolled.segment else ""
    return f"array_agg({_whole(f'{counter} * 1000000::float8')} {known}", segments


def longer(rolled: Rolled, source: str, width: str) -> str:
    """Give the SELECT that adds a shorter aggregate up; the columns of the specification come first."""
    columns = [f"time_bucket('{width}', bucket) AS bucket", "device_id"]
    for name in rolled.means:
        columns.append(f"sum(sum_{name}) / nullif(sum(weight_{name}), 0) / 1000 AS avg_{name}")
        columns += [f"max(max_{name}) AS max_{name}"] if name in rolled.maxima else []
    specified = {column.rpartition(" ")[2] for column in columns}
    columns += [column for column in added_up(rolled) if column.rpartition(" ")[2] not in specified]
    return _select(columns, source)


def added_up(rolled: Rolled) -> list[str]:
    """Give the columns that put buckets of an aggregate together, each with its name."""
    columns = [_count("sample_count")]
    for name in rolled.means:
        columns += [_count(f"weight_{name}"), f"sum(sum_{name}) AS sum_{name}"]
    columns += [f"sum(work_{name}) AS work_{name}" for name, _, _ in rolled.energies]
    columns += [f"max(max_{name}) AS max_{name}" for name in rolled.maxima]
    for name in rolled.counters:
        values, segments = (
            tuple(
                f"array_agg({part}_{kind}{name} ORDER BY bucket) FILTER (WHERE first_{name} IS NOT NULL)"
                for part in ("first", "last")
            )
            for kind in ("", "segment_")
        )
        columns += _counter(name, values, segments if rolled.segment else ("", ""), f"sum(inside_{name})")
    return columns


def columns(rolled: Rolled) -> list[str]:
    """Name the columns that `added_up` gives, as they stand in each aggregate."""
    return [column.rpartition(" ")[2] for column in added_up(rolled)]


def _count(name: str) -> str:
    return f"CAST(sum({name}) AS bigint) AS {name}"


def _counter(name: str, values: Sequence[str], segments: Sequence[str], inside: str) -> list[str]:
    """Give the columns of a counter from arrays of its values, and of its segments if it has any: firsts, lasts."""
    named = [array for array in segments if array]
    columns = [*_ends(values, name), f"{inside} + counter_rise({', '.join([*values, *named])}) AS inside_{name}"]
    return [*columns, *(_ends(segments, f"segment_{name}") if named else ())]


def _ends(arrays: Sequence[str], name: str) -> list[str]:
    firsts, lasts = arrays
    return [f"({firsts})[1] AS first_{name}", f"({lasts})[cardinality({lasts})] AS last_{name}"]


def _work(power: str, sign: int) -> str:
    """Mean power in one direction times the time covered, see `services/rollups.py`."""
    watts = f"greatest({_whole(f'{power} * {sign * 1000}::float8')}, 0::float8)"
    directed = f"sum({watts} * sample_count) FILTER (WHERE {power} IS NOT NULL)"
    apart = f"{_millis('max(ts) - min(ts)')} * count(*) / (count(*) - 1)"
    since_start = _millis("min(ts) - time_bucket('15 minutes', min(ts))")
    covered = f"CASE WHEN count(*) > 1 THEN least({apart}, 900000::float8) ELSE {since_start} END"
    return _whole(f"{directed} * {covered} / (sum(sample_count) * 3600000::float8)")


def _millis(interval: str) -> str:
    return f"CAST(extract(epoch FROM {interval}) * 1000 AS float8)"


def _whole(value: str) -> str:
    """Round halves away from zero, as the other engines do."""
    return f"trunc(({value}) + sign({value}) * 0.5::float8)"


def _select(columns: Sequence[str], source: str) -> str:
    listed = ",\n  ".join(columns)
    return f"SELECT\n  {listed}\nFROM {source}\nGROUP BY 1, 2"

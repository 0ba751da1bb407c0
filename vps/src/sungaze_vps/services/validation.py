"""From the bytes of an ingest body to rows, by the fields of the measurements.

A batch in which every sample names its kind and is good, which is what an edge sends, is decoded in one go. Any other
is gone through sample by sample: slower, it accepts the same samples and names the faults of all the others.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from sungaze_vps.errors import ProblemError
from sungaze_vps.measurement import Measurement
from sungaze_vps.services.ingestion import Row
from sungaze_vps.services.sample_types import (
    IDENTITY,
    OLDEST_TS,
    VALUE_TIMES,
    envelope,
    head_struct,
    sample_struct,
    union,
    wanted,
)

_MAX_FAULTS_PER_SAMPLE = 5
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Batch:
    """The accepted samples."""

    rows: Mapping[Measurement, list[Row]]
    device_ids: list[str]
    """Of every sample, in the order in which they were sent."""


class _OutsideWindowError(ValueError):
    """A time before there were such devices, or in the future."""


class _NothingKnownError(ValueError):
    """A sample without a single field of its kind: it is of another, or of a newer version's."""


class SampleParser:
    """Knows the kinds and the limits; one per process."""

    def __init__(self, measurements: Iterable[Measurement], max_samples: int, max_clock_skew: timedelta) -> None:
        """Build the decoders once.

        Args:
            measurements: the known kinds; one has no marker and takes the samples that say nothing.
            max_samples: how many samples one body may hold.
            max_clock_skew: how far in the future a sample may lie.
        """
        self._measurements = {m.kind: m for m in sorted(measurements, key=lambda m: m.marker is None)}
        self._max_samples = max_samples
        self._max_clock_skew = max_clock_skew
        structs = {kind: sample_struct(m) for kind, m in self._measurements.items()}
        self._measurement_of = {struct: self._measurements[kind] for kind, struct in structs.items()}
        self._decoders = {kind: msgspec.json.Decoder(struct) for kind, struct in structs.items()}
        self._whole = msgspec.json.Decoder(envelope(union(structs.values())))
        self._apart = msgspec.json.Decoder(envelope(Raw))
        self._head = msgspec.json.Decoder(head_struct(self._measurements.values()))

    def parse(self, body: bytes, now: datetime) -> Batch:
        """Check a whole body.

        Raises:
            ProblemError: 400 not JSON, 413 too many samples, 422 with every unacceptable sample in `errors`.
        """
        try:
            samples = self._whole.decode(body).samples
            self._check_number(len(samples))
            batch = self._batch(samples, now + self._max_clock_skew)
        except (*_UNREADABLE, _OutsideWindowError):
            return self._parse_apart(body, now + self._max_clock_skew)
        # Whether such a row was sent as nulls or had nothing of its kind can no longer be told from it.
        return self._parse_apart(body, now + self._max_clock_skew) if _holds_empty_row(batch) else batch

    def _parse_apart(self, body: bytes, latest: datetime) -> Batch:
        raws = self._split(body)
        self._check_number(len(raws))
        samples: list[Any] = []
        errors: list[dict[str, Any]] = []
        bad = 0
        for index, raw in enumerate(raws):
            try:
                kind = self._kind_of(raw)
                sample = self._decoders[kind].decode(raw)
                _row(sample, _times(self._measurements[kind]), latest)
                _require_known_field(self._measurements[kind], sample, raw)
                samples.append(sample)
            except (*_UNREADABLE, _OutsideWindowError, _NothingKnownError, KeyError):
                bad += 1
                for field, msg in islice(self._faults(raw, latest), _MAX_FAULTS_PER_SAMPLE):
                    errors.append({"loc": ["body", "samples", index, *field], "msg": msg})
        if errors:
            detail = f"{bad} of {len(raws)} samples were refused; none was stored."
            raise ProblemError("invalid-samples", detail, errors=errors)
        return self._batch(samples, latest)

    def _split(self, body: bytes) -> list[Raw]:
        try:
            samples: list[Raw] = self._apart.decode(body).samples
        except msgspec.ValidationError:
            errors = [{"loc": ["body", "samples"], "msg": "a list of samples is required"}]
            raise ProblemError("invalid-samples", 'The body must be {"samples": [...]}.', errors=errors) from None
        except _UNREADABLE:  # the cause would carry the payload along
            raise ProblemError("malformed-body", "The body is not valid JSON.") from None
        return samples

    def _check_number(self, number: int) -> None:
        if number > self._max_samples:
            detail = f"A body may hold {self._max_samples} samples and this one holds {number}; send it in parts."
            raise ProblemError("too-large", detail)
        if number == 0:
            errors = [{"loc": ["body", "samples"], "msg": "at least one sample is required"}]
            raise ProblemError("invalid-samples", "The body holds no sample.", errors=errors)

    def _batch(self, samples: list[Any], latest: datetime) -> Batch:
        by_type: dict[type, list[Row]] = {struct: [] for struct in self._measurement_of}
        for sample in samples:
            struct = type(sample)
            by_type[struct].append(_row(sample, _times(self._measurement_of[struct]), latest))
        rows = {self._measurement_of[struct]: rows for struct, rows in by_type.items() if rows}
        return Batch(rows, [sample.device_id for sample in samples])

    def _kind_of(self, raw: Raw) -> str:
        head = self._head.decode(raw)
        if head.kind is not UNSET:
            return str(head.kind)
        return next(
            kind
            for kind, measurement in self._measurements.items()
            if measurement.marker is None or getattr(head, measurement.marker) is not UNSET
        )

    def _faults(self, raw: Raw, latest: datetime) -> Iterator[tuple[list[str], str]]:
        """Name what is wrong with a refused sample, at least one thing: ([field], message), or [] for all of it."""
        try:
            sample = msgspec.json.decode(raw, type=dict[str, Raw])
        except _UNREADABLE:
            yield [], "must be an object"
            return
        try:
            measurement = self._measurements[self._kind_of(raw)]
        except (*_UNREADABLE, KeyError):
            yield ["kind"], f"must be one of: {', '.join(sorted(self._measurements))}"
            return
        found = False
        for name, message in _field_faults(measurement, sample, latest):
            found = True
            yield [name], message
        if sample.keys().isdisjoint(_names(measurement)):
            yield ["kind"], f"the sample carries no value that the kind {measurement.kind} knows"
        elif not found:
            yield [], "cannot be read"


@cache
def _names(measurement: Measurement) -> frozenset[str]:
    return frozenset(field.name for field in measurement.fields)


def _is_empty(measurement: Measurement, row: Row) -> bool:
    """Tell whether all values are null; device, time and count never are."""
    return row[3] is None and row.count(None) == len(measurement.fields)  # most rows are done at the first value


def _holds_empty_row(batch: Batch) -> bool:
    return any(_is_empty(measurement, row) for measurement, rows in batch.rows.items() for row in rows)


def _require_known_field(measurement: Measurement, sample: Any, raw: Raw) -> None:
    """Let a reading pass that is all null, but none that says nothing its kind knows: it would be stored empty."""
    if not _is_empty(measurement, msgspec.structs.astuple(sample)):
        return
    if msgspec.json.decode(raw, type=dict[str, Raw]).keys().isdisjoint(_names(measurement)):
        raise _NothingKnownError


@cache
def _field_decoders(measurement: Measurement) -> list[tuple[str, msgspec.json.Decoder[Any], str]]:
    fields = IDENTITY | {field.name: wanted(field) for field in measurement.fields}
    return [(name, msgspec.json.Decoder(wanted_type), message) for name, (wanted_type, message) in fields.items()]


def _field_faults(measurement: Measurement, sample: dict[str, Raw], latest: datetime) -> Iterator[tuple[str, str]]:
    for name, decoder, message in _field_decoders(measurement):
        if name not in sample:
            if name in {"device_id", "ts"}:
                yield name, message
            continue
        try:
            value = decoder.decode(sample[name])
            if isinstance(value, datetime):
                _utc_ms(value, *((OLDEST_TS, latest) if name == "ts" else VALUE_TIMES))
        except _OutsideWindowError as error:
            yield name, str(error)
        except _UNREADABLE:
            yield name, message


@cache
def _times(measurement: Measurement) -> tuple[int, ...]:
    """Give where the values of a row are that are times."""
    return tuple(at for at, field in enumerate(measurement.fields, start=3) if field.type == "time")


def _row(sample: Any, times: tuple[int, ...], latest: datetime) -> Row:
    row: Row = msgspec.structs.astuple(sample)
    ts = _utc_ms(row[1], OLDEST_TS, latest)
    if ts is not row[1]:
        row = (row[0], ts, *row[2:])
    for at in times:
        if row[at] is not None:
            row = (*row[:at], _utc_ms(row[at], *VALUE_TIMES), *row[at + 1 :])
    return row


def _utc_ms(ts: datetime, oldest: datetime, latest: datetime) -> datetime:
    """Bring a time to UTC and whole milliseconds, towards the past; the very same object when it is there already."""
    if not oldest <= ts <= latest:
        raise _OutsideWindowError(f"must be from {oldest:%Y-%m-%d} to {latest:%Y-%m-%d %H:%M} UTC")
    if ts.tzinfo is not UTC:
        ts = ts.astimezone(UTC)
    if ts.microsecond % 1000:
        ts = ts.replace(microsecond=ts.microsecond // 1000 * 1000)
    return ts

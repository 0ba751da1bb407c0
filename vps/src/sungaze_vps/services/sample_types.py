"""The measurements as msgspec types: what a sample on the wire may hold, for decoding, for faults and for OpenAPI."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from sungaze_vps.measurement import Field, Measurement

OLDEST_TS = datetime(2010, 1, 1, tzinfo=UTC)
VALUE_TIMES = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""The first and the last time that a value may be: a meter's clock may be wrong by years."""
MAX_SAMPLE_COUNT = 1_000_000
MAX_TEXT_LENGTH = 200
_TEXT = r"^[^\x00-\x1f\x7f]*$(?!\n)"  # no control characters; PostgreSQL cannot store NUL

type Wanted = tuple[Any, str]
"""The type of a field, and the end of the sentence "<field> ..." for a value that is not of it."""

IDENTITY: dict[str, Wanted] = {
    "device_id": (
        Annotated[str, Meta(min_length=1, max_length=128, description="the device that was read")],
        "must be text of 1 to 128 characters",
    ),
    "ts": (
        Annotated[datetime, Meta(tz=True, description="when the device was read; RFC 3339 with a zone")],
        "a time with a zone is required",
    ),
    "sample_count": (
        Annotated[int, Meta(ge=1, le=MAX_SAMPLE_COUNT, description="how many readings the sample stands for")],
        f"must be a whole number from 1 to {MAX_SAMPLE_COUNT}",
    ),
}


def wanted(field: Field) -> Wanted:
    """Give the type of a measured value; null is always allowed."""
    if field.type == "text":
        meta = Meta(max_length=MAX_TEXT_LENGTH, pattern=_TEXT, description=field.description)
        return Annotated[str, meta] | None, f"must be text of at most {MAX_TEXT_LENGTH} visible characters, or null"
    if field.type == "time":
        meta = Meta(tz=True, description=field.description)
        return Annotated[datetime, meta] | None, "must be a time with a zone in the years 2000 to 2199, or null"
    meta = Meta(ge=field.minimum, le=field.maximum, description=field.description)
    return Annotated[float, meta] | None, f"must be a number from {field.minimum:.10g} to {field.maximum:.10g}, or null"


def sample_struct(measurement: Measurement) -> type[Any]:
    """Make the type of a sample; its fields stand in the order of a row: device_id, ts, sample_count, values."""
    identity = {name: wanted_type for name, (wanted_type, _) in IDENTITY.items()}
    return msgspec.defstruct(
        f"{measurement.kind.title()}Sample",
        [
            ("device_id", identity["device_id"]),
            ("ts", identity["ts"]),
            ("sample_count", identity["sample_count"], 1),
            *((field.name, wanted(field)[0], None) for field in measurement.fields),
        ],
        tag_field="kind",
        tag=measurement.kind,
        frozen=True,
        gc=False,
    )


def head_struct(measurements: Iterable[Measurement]) -> type[Any]:
    """Make the type that reads only what tells a sample's kind."""
    markers = [m.marker for m in measurements if m.marker is not None]
    return msgspec.defstruct(
        "Head", [("kind", str | UnsetType, UNSET), *((marker, Raw | UnsetType, UNSET) for marker in markers)]
    )


def envelope(sample: Any) -> Any:
    """Make the type of a body: `{"samples": [sample, ...]}`."""
    return msgspec.defstruct("IngestBody", [("samples", list[sample])])


def union(types: Iterable[Any]) -> Any:
    """Make one type of several."""
    return reduce(or_, types)


def ingest_schemas(measurements: Iterable[Measurement], max_samples: int) -> dict[str, Any]:
    """Describe the body of an ingest for OpenAPI: component name -> JSON schema; the body itself is `IngestBody`."""
    found = list(measurements)
    body = envelope(union(sample_struct(measurement) for measurement in found))
    _, schemas = msgspec.json.schema_components([body], ref_template="#/components/schemas/{name}")
    schemas["IngestBody"]["properties"]["samples"] |= {"minItems": 1, "maxItems": max_samples}
    for measurement in found:
        sample = schemas[f"{measurement.kind.title()}Sample"]
        sample["required"] = [name for name in sample["required"] if name != "kind" or measurement.marker]
    items = schemas["IngestBody"]["properties"]["samples"]["items"]
    items.pop("discriminator", None)  # `kind` may be left out
    return dict(schemas)

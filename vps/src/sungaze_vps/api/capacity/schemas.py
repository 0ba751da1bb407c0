"""The answers of `api/capacity.py`, described for OpenAPI."""

from typing import Any

type Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_FLAG: Schema = {"type": "boolean"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_NUMBER: Schema = {"type": "number"}


def _object(**properties: Schema) -> Schema:
    """Describe an object whose every field is always there."""
    return {"type": "object", "required": list(properties), "properties": properties}


def _and_maybe(schema: Schema, **properties: Schema) -> Schema:
    """Add fields that may be left out."""
    return {**schema, "properties": {**schema["properties"], **properties}}


def _list(items: Schema, description: str = "") -> Schema:
    return {"type": "array", "items": items} | ({"description": description} if description else {})


def _or_null(schema: Schema, description: str = "") -> Schema:
    either = {**schema, "type": [schema["type"], "null"]}
    return either | ({"description": description} if description else {})


def _said(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


_QUARTER = _object(
    bucket=_said(_TIME, "when the quarter of an hour begins"),
    avg_power_w=_said(_NUMBER, "four times the energy drawn in it"),
    energy_kwh=_NUMBER,
    lower_w=_said(_NUMBER, "what it is at least, by the readings around its ends"),
    upper_w=_said(_NUMBER, "what it is at most"),
    exact=_said(_FLAG, "the readings around its ends leave 4 Wh open at most"),
)
_GAP = _object(
    start=_TIME,
    end=_TIME,
    quarters=_COUNT,
    energy_kwh=_or_null(_NUMBER, "drawn in all of them, where one register is known at both ends"),
    highest_at_least_w=_said(_NUMBER, "the highest of them was so high at least"),
    each_at_most_w=_or_null(_NUMBER, "null where nothing bounds one of them"),
)
_METER = _object(
    monthly_peak_w=_NUMBER,
    monthly_peak_ts=_said(_TIME, "as the meter tells it: start or end of the quarter"),
    difference_w=_or_null(_NUMBER, "our peak less the meter's"),
)
_RUNNING = _object(
    bucket=_TIME,
    ends=_TIME,
    as_of=_said(_TIME, "of the newest reading"),
    energy_kwh=_or_null(_NUMBER, "drawn so far; null when neither readings around the start nor the meter tell"),
    source={"enum": ["readings", "meter", None], "description": "meter: its own figure, meter_average_w"},
    exact=_FLAG,
    power_w=_or_null(_NUMBER, "drawn at the newest reading"),
    so_far_w=_or_null(_NUMBER, "the energy so far over a whole quarter's time"),
    forecast_w=_or_null(_NUMBER, "what the quarter comes to if the power stays as it is"),
    target_w=_or_null(_NUMBER, "the month's peak so far, ours or the meter's own if that is higher"),
    free_w=_or_null(_NUMBER, "what may be drawn on average until the end without raising the month's peak"),
    free_without_cost_w=_or_null(_NUMBER, "the same with a target of 2500 W at least, which is charged anyway"),
    meter_average_w=_or_null(_NUMBER, "the meter's own figure for so_far_w"),
)
_COVERAGE = {
    "expected": _said(_COUNT, "quarters of the month"),
    "elapsed": _said(_COUNT, "those that are over"),
    "covered": _said(_COUNT, "those that are known"),
}
_MISSING = _said(_COUNT, "those that are over and not known")

_MONTH = _object(
    month=_TEXT,
    device_id=_TEXT,
    tz=_TEXT,
    start=_TIME,
    end=_TIME,
    monthly_peak_w=_or_null(_NUMBER, "the highest known quarter that is over"),
    monthly_peak_ts=_or_null(_TIME, "when it began; the first of several equal ones"),
    monthly_peak_local=_or_null(_TIME),
    monthly_peak_exact=_said(_FLAG, "it is known exactly, and no other quarter can have been higher"),
    monthly_peak_lower_w=_or_null(_NUMBER, "the peak is so high at least, unknown quarters included"),
    monthly_peak_upper_w=_or_null(_NUMBER, "and so high at most; null where nothing bounds a quarter"),
    coverage=_object(**_COVERAGE, exact=_said(_COUNT, "those that are known exactly"), missing=_MISSING),
    clock={"enum": ["meter", "host", "mixed", None], "description": "whose clock timed the readings"},
    meter=_or_null(_METER, "what the meter says of the month itself"),
    running=_or_null(_RUNNING, "the quarter that is not over; null without a reading of the last two minutes"),
)
MONTH = _and_maybe(
    _MONTH,
    peaks=_list(_QUARTER, "the quarters that are known, in order of time"),
    gaps=_list(_GAP, "those that are over and not known"),
)
YEAR = _object(
    year=_COUNT,
    device_id=_TEXT,
    tz=_TEXT,
    months=_list(
        _object(
            month=_TEXT,
            peak_w=_or_null(_NUMBER),
            floored_w=_or_null(_NUMBER, "2500 W at least"),
            peak_ts=_or_null(_TIME),
            exact=_FLAG,
            lower_w=_or_null(_NUMBER),
            upper_w=_or_null(_NUMBER),
            coverage=_object(**_COVERAGE, missing=_MISSING),
            complete=_said(_FLAG, "it is over and every quarter is known"),
            provisional=_said(_FLAG, "it is not over"),
        ),
        "the months that have begun",
    ),
    average=_object(
        months=_list(
            _object(month=_TEXT, peak_w=_NUMBER, floored_w=_NUMBER, complete=_FLAG), "those that the mean rests on"
        ),
        missing=_list(_TEXT, "those of the twelve of which nothing is known"),
        count=_COUNT,
        raw_w=_or_null(_NUMBER),
        floored_w=_or_null(_NUMBER, "the mean of the floored peaks"),
        complete=_said(_FLAG, "twelve months, each of them complete"),
    ),
    cost=_or_null(
        _object(
            eur_per_year=_NUMBER,
            eur_per_month=_NUMBER,
            tariff_eur_per_kw_year=_NUMBER,
            tariff_year=_COUNT,
            vat_included=_FLAG,
            source=_or_null(_TEXT),
        ),
        "null where CAPACITY_TARIFFS does not name the year",
    ),
    note=_TEXT,
)

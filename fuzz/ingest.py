"""`POST /v1/ingest` against a slow reference: what is accepted is what the database gives back."""

import gzip
import json
from typing import Any

import httpx

from fuzz import loop
from fuzz.api import MAX_BODY, MAX_INFLATED, MAX_SAMPLES, Api, api
from fuzz.choices import Choices
from fuzz.documents import TIMES, document, value
from fuzz.reference import Bad, Row, Unsure, row_of, samples_of
from sungaze_vps.measurement import Measurement
from sungaze_vps.measurements import measurements

_STATUSES = {200, 400, 403, 413, 415, 422}
_KINDS = tuple(measurements().values())
_NAMES = tuple(field.name for kind in _KINDS for field in kind.fields)
_KEYS = ("device_id", "kind", "ts", "sample_count", *_NAMES, "extra")
_LONGEST_BODY = 500_000
_BOMB = gzip.compress(bytes(8 * MAX_INFLATED))


def ingest(data: bytes) -> None:
    """Answers any body with a documented status, stores all of it or nothing, and only what was sent; names the bad."""
    loop.run(_send(Choices(data)))


async def _send(choices: Choices) -> None:
    running = await api()
    way = choices.number(0, 31)  # first of all, or a long body would leave nothing to choose it by
    body = _body(choices)
    wire, headers, is_plain = _wire(choices, way, body)
    try:
        response = await running.client.post("/v1/ingest", content=wire, headers=headers)
        assert response.status_code in _STATUSES, (response.status_code, response.text[:300])
        if response.status_code != 200:
            assert response.headers["Content-Type"] == "application/problem+json"
            assert response.json()["status"] == response.status_code
        if is_plain is None:
            assert response.status_code in {400, 413}, "a bomb, or something behind the body"
        if is_plain:
            _compare(running, body, response)
        stored = sum(len(running.rows(kind.kind, ("ts",))) for kind in _KINDS)
        assert (stored > 0) <= (response.status_code == 200), "stored and refused"
    finally:
        for kind in _KINDS:
            running.forget(kind.kind)


def _compare(running: Api, body: bytes, response: httpx.Response) -> None:
    """Hold the answer and the database against the reference."""
    try:
        samples = samples_of(body)
        rows = [_judged(sample) for sample in samples]
    except Unsure:
        return
    except Bad:
        assert response.status_code in {400, 413, 422}, "no JSON of the right shape, and accepted"
        return
    bad = {index for index, row in enumerate(rows) if row is None}
    foreign = {index for index, row in enumerate(rows) if row and row[1][0] != "home"}
    told = (response.status_code, response.text[:300])
    if len(body) > MAX_BODY or len(samples) > MAX_SAMPLES:
        assert response.status_code == 413, told
    elif not samples or bad:
        assert response.status_code == 422, told
        assert _named(response) == bad, (_named(response), bad)
    elif foreign:
        assert response.status_code == 403, told
        assert _named(response) == foreign, (_named(response), foreign)
    else:
        assert response.status_code == 200, told
        _require_stored(running, [row for row in rows if row], response)


def _judged(sample: Any) -> tuple[Measurement, Row] | None:
    try:
        return row_of(sample)
    except Bad:
        return None


def _require_stored(running: Api, rows: list[tuple[Measurement, Row]], response: httpx.Response) -> None:
    """Assert that the database holds exactly these, of two with one key the first."""
    inserted = 0
    for kind in _KINDS:
        columns = ("device_id", "ts", "sample_count", *(field.name for field in kind.fields))
        expected = {row[:2]: row for measurement, row in reversed(rows) if measurement is kind}
        assert running.rows(kind.kind, columns) == [row for _, row in sorted(expected.items())]
        inserted += len(expected)
    assert response.json() == {"inserted": inserted}


def _named(response: httpx.Response) -> set[int]:
    return {fault["loc"][2] for fault in response.json()["errors"] if len(fault["loc"]) > 2}


def _body(choices: Choices) -> bytes:
    if not choices.number(0, 3):
        return choices.rest()
    kind = choices.number(0, 9)
    if kind == 1:
        return value(choices, _KEYS).encode("utf-8", "replace")
    samples = ",".join(_sample(choices) for _ in range(choices.number(0, 4)))
    many = min(choices.pick((1, 1, 1, 1, 1, 1, 12, 13, 51, 2000)), 1 + _LONGEST_BODY // (1 + len(samples)))
    end = "" if kind == 2 else ']} {"a":1}' if kind == 3 else "]}"
    return ('{"samples":[' + ",".join([samples] * (many if samples else 1)) + end).encode("utf-8", "replace")


def _sample(choices: Choices) -> str:
    kind = choices.pick(_KINDS)
    if choices.number(0, 5) == 1:
        return document(choices, _KEYS)
    ts = choices.pick(TIMES[:4]) if choices.number(0, 4) else choices.pick(TIMES)
    members = {"device_id": '"home"', "ts": json.dumps(ts), "kind": json.dumps(kind.kind)}
    for _ in range(choices.number(0, 4)):
        field = choices.pick(kind.fields)
        inside = str(round(choices.number(0, 1000) / 10, 1))
        members[field.name] = inside if choices.number(0, 7) else value(choices, _KEYS, 1)
    if choices.number(0, 5) == 1:
        members[choices.pick(_KEYS)] = value(choices, _KEYS, 1)
    return "{" + ",".join(f'"{name}":{text}' for name, text in members.items()) + "}"


def _wire(choices: Choices, way: int, body: bytes) -> tuple[bytes, dict[bytes, bytes], bool | None]:
    """Give what goes over the wire, its headers, and whether the server sees the body as it is; None: it must not."""
    json_type = {b"Content-Type": b"application/json"}
    packed = gzip.compress(body, 1) if 1 <= way <= 5 else b""
    if way == 1:
        return packed, {**json_type, b"Content-Encoding": b"gzip"}, len(packed) <= MAX_BODY and len(body) <= MAX_BODY
    wires = {
        2: packed + gzip.compress(b"{}"),
        3: packed + b"\0trailing",
        4: packed[: choices.number(0, len(packed))],
        5: bytes(byte ^ (position % 7 == 3) for position, byte in enumerate(packed)),
        6: _BOMB,
        7: gzip.compress(_BOMB),
        8: choices.take(100),
    }
    if way in wires:
        return wires[way], {**json_type, b"Content-Encoding": b"gzip"}, None if way in (2, 3, 6, 7) else False
    odd = {9: {b"Content-Type": b"text/plain"}, 10: {**json_type, b"Content-Encoding": b"br"}, 11: {}}
    if way in odd:
        return body, odd[way], False
    if way in (12, 13):
        length = choices.pick((b"5", b"0", b"-1", b"1e3", b"\xb2", b"9" * 30, b""))
        return body, {**json_type, b"Content-Length": length}, False
    return body, json_type, True  # 0, and from 14 on: as it should be

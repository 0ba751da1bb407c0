"""The form of an ingest body: media type, compression, limits; what is in it is the business of others."""

import gzip
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

CONTRACT = Path(__file__).parents[2] / "contract" / "v1"
BODY = json.loads((CONTRACT / "ingest_accepted.json").read_text())[0]["body"]
JSON = {"Content-Type": "application/json"}
GZIPPED = gzip.compress(json.dumps(BODY).encode())

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def stored(app):
    async with app.state.engine.connect() as connection:
        return (await connection.execute(sa.text("SELECT count(*) FROM sungrow_samples"))).scalar_one()


async def test_a_gzip_body_is_inflated(client):
    body = gzip.compress(json.dumps(BODY).encode())
    answer = await client.post("/v1/ingest", content=body, headers=JSON | {"Content-Encoding": "GZIP"})
    assert answer.json() == {"inserted": 1}


@on_sqlite
@pytest.mark.parametrize(
    ("status", "headers", "content"),
    [
        (415, {}, b"{}"),
        (415, {"Content-Type": "text/plain"}, b"{}"),
        (415, {"Content-Type": "application/x-www-form-urlencoded"}, b"{}"),
        (415, JSON | {"Content-Encoding": "br"}, b"{}"),
        (415, JSON | {"Content-Encoding": "gzip, gzip"}, GZIPPED),
        (422, {"Content-Type": "Application/JSON; charset=utf-8", "Content-Encoding": "identity"}, b"{}"),
        (400, JSON, b""),
        (400, JSON, b"{"),
        (400, JSON, GZIPPED),
        (400, JSON | {"Content-Encoding": "gzip"}, b""),
        (400, JSON | {"Content-Encoding": "gzip"}, json.dumps(BODY).encode()),
        (400, JSON | {"Content-Encoding": "gzip"}, GZIPPED[:-1]),
        (400, JSON | {"Content-Encoding": "gzip"}, GZIPPED + b"x"),
        (400, JSON | {"Content-Encoding": "gzip"}, GZIPPED + GZIPPED),
        (400, JSON | {"Content-Encoding": "gzip"}, GZIPPED[:-8] + b"\0" * 8),
        (413, JSON, b" " * (1024**2 + 1)),
        (413, JSON | {"Content-Encoding": "gzip"}, gzip.compress(b" " * (8 * 1024**2 + 1))),
        (413, JSON, json.dumps({"samples": [{}] * 1001}).encode()),
    ],
)
async def test_a_body_of_the_wrong_form_is_refused_with_the_right_status(app, client, status, headers, content):
    answer = await client.post("/v1/ingest", content=content, headers=headers)
    assert answer.status_code == answer.json()["status"] == status
    assert await stored(app) == 0


@on_sqlite
async def test_a_body_at_the_limits_is_read(client):
    padded = json.dumps(BODY).encode().ljust(1024**2)
    assert (await client.post("/v1/ingest", content=padded, headers=JSON)).json() == {"inserted": 1}
    inflated = json.dumps(BODY).encode().ljust(8 * 1024**2)
    gzipped = JSON | {"Content-Encoding": "gzip"}
    assert (await client.post("/v1/ingest", content=gzip.compress(inflated), headers=gzipped)).status_code == 200


@on_sqlite
async def test_the_inflated_size_counts_over_all_pieces_of_a_body(app, client):
    gzipped = gzip.compress(json.dumps(BODY).encode().ljust(8 * 1024**2 + 1))

    async def in_pieces():
        for start in range(0, len(gzipped), 1024):
            yield gzipped[start : start + 1024]

    answer = await client.post("/v1/ingest", content=in_pieces(), headers=JSON | {"Content-Encoding": "gzip"})
    assert answer.status_code == 413
    assert await stored(app) == 0


@on_sqlite
@pytest.mark.parametrize(
    "content", [b'{"samples": [{"secret": 4711', b'[{"secret": 4711}]', b'{"samples": [{"secret": 4711}]}']
)
async def test_a_refusal_repeats_nothing_of_the_body(client, content):
    answer = await client.post("/v1/ingest", content=content, headers=JSON)
    assert "4711" not in answer.text
    assert "secret" not in answer.text

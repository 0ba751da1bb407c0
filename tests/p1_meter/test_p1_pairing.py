"""Pairing with the simulated meter: the button, the token, and what is left behind when it fails."""

import asyncio
import json
import signal
import stat

import pytest

from sungaze_edge import cli
from sungaze_edge.errors import SourceUnusableError


async def test_pairing_by_the_command_shows_what_to_do_and_keeps_the_token_for_its_owner_alone(home):
    async with home.command("pair") as process:
        said = await asyncio.wait_for(process.stderr.readuntil(b"Press the button"), 30)
        assert home.meter.serial in said.decode()
        home.meter.press_button()
        out, err = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 0, err
    stored = json.loads(home.token_file.read_text())
    assert stored["serial"] == home.meter.serial
    assert stored["name"].startswith("local/sungaze-")
    assert stored["token"] not in (said + out + err).decode()
    assert stat.S_IMODE(home.token_file.stat().st_mode) == 0o600
    status, out, _ = await home.run("check")
    assert status == 1, "there is no server"
    assert "p1: power_w " in out
    assert f"p1: read by version 2 of the API, dongle {home.meter.serial}" in out


async def test_pairing_twice_asks_and_then_makes_the_old_token_worthless(home):
    await home.pair()
    old = json.loads(home.token_file.read_text())
    with pytest.raises(SourceUnusableError, match=r"There is a token already.*pair --again"):
        await home.pair()
    await home.pair(again=True)
    new = json.loads(home.token_file.read_text())
    assert (new["name"], new["serial"]) == (old["name"], old["serial"]), "no second place of the dongle's few is taken"
    error = await home.failure(HW_P1_TOKEN=old["token"])
    assert "does not know the token" in str(error)
    async with home.reading() as source:
        await source.read()


@pytest.mark.parametrize(("name", "taken"), [("local/attic", "local/attic"), ("attic #2", "local/attic #2")])
async def test_a_person_may_name_the_edge(home, name, taken):
    await home.pair(name)
    assert json.loads(home.token_file.read_text())["name"] == taken


@pytest.mark.parametrize("name", ["", "x" * 41, "local/", "café"])
async def test_a_name_that_the_dongle_would_not_take_is_refused_before(home, name):
    with pytest.raises(SourceUnusableError, match="--name takes"):
        await home.pair(name)


async def test_nobody_presses_the_button(home):
    with pytest.raises(SourceUnusableError, match="Nobody pressed the button"):
        await home.pair(press=False)
    assert 0 < len(home.person.counted) <= 31, "the dongle is not asked without a pause"
    assert not home.token_file.exists()
    assert [path for path in home.token_file.parent.iterdir() if "p1_token" in path.name] == []


async def test_a_token_in_the_settings_wins_and_the_pairing_says_so(home):
    heard = await home.pair(HW_P1_TOKEN="F" * 32)
    assert any("HW_P1_TOKEN is set, too, and wins" in line for line in heard)


async def test_ctrl_c_while_pairing_leaves_nothing_behind(home):
    async with home.command("pair") as process:
        await asyncio.wait_for(process.stderr.readuntil(b"Press the button"), 30)
        process.send_signal(signal.SIGINT)
        _, err = await asyncio.wait_for(process.communicate(), 30)
        assert (process.returncode, b"Traceback" in err) == (130, False)
    assert [path for path in home.token_file.parent.iterdir() if "p1_token" in path.name] == []


async def test_a_count_down_that_ends_leaves_the_line_to_others(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    terminal = cli._Terminal()
    terminal.count_down(1)
    terminal.close()
    terminal.close()
    assert capsys.readouterr().err == "\r  1 s left \n"


async def test_pairing_where_the_file_cannot_be_written_fails_before_anybody_walks_to_the_meter(home, tmp_path):
    status, _, err = await home.run("pair", HW_P1_TOKEN_FILE=str(tmp_path / "missing" / "token.json"))
    assert status == 2
    assert "cannot be written" in err
    assert "Press" not in err


async def test_pairing_needs_to_know_where_the_meter_is(home):
    assert (await home.run("pair", HW_P1_HOST=""))[::2] == (
        2,
        "The settings are not right:\n  HW_P1_HOST is not set: the address of the device to pair with\n",
    )


async def test_a_revoked_token_and_the_same_daemon_goes_on_after_pairing_again(home):
    await home.pair()
    async with home.reading() as source:
        await source.read()
        home.meter.revoke_all()
        with pytest.raises(SourceUnusableError, match=r"revoked.*pair --again"):
            await source.read()
        await source.close()  # as the poller does
        await home.pair(again=True)
        await source.read()

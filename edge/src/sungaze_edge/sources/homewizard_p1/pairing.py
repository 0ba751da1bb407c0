"""Pairing: the owner presses the dongle's button, and the dongle gives this edge a token of its own."""

import asyncio
import re
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sungaze_edge.errors import SourceUnusableError
from sungaze_edge.source import Pairing, Teller
from sungaze_edge.sources.homewizard_p1 import token_file
from sungaze_edge.sources.homewizard_p1.access import encrypted
from sungaze_edge.sources.homewizard_p1.client import Connection, refused
from sungaze_edge.sources.homewizard_p1.tls import Identity
from sungaze_edge.sources.homewizard_p1.token_file import Stored

WAIT_S = 60
"""Long enough to walk to the meter; the dongle gives 30 seconds from the button on."""
_PREFIX = "local/"
_NAME = re.compile(r"[a-zA-Z0-9\-_/\\# ]{1,40}")
_TOKEN = re.compile(r"[!-~]{16,256}")
_NOT_PRESSED = "user:creation-not-enabled"
_HOST_CHARACTERS = 20


async def pair(values: Mapping[str, Any], wish: Pairing, teller: Teller) -> None:
    """Get a token from the dongle and keep it in the token file.

    Raises:
        SourceUnavailableError: no connection.
        SourceUnusableError: the file cannot be written, the dongle refuses or is another, or nobody pressed the button.
    """
    path: Path = values["HW_P1_TOKEN_FILE"]
    known = _known(path, wish)
    name = _name(wish, known)
    with token_file.rewriting(path) as save:
        identity = Identity(values["HW_P1_SERIAL"])
        connection = encrypted(values, None, identity)
        try:
            token = await _token(connection, name, teller)
        finally:
            await connection.close()
        save(Stored(identity.serial, token, name))
    teller.say(f"Paired as {name!r}. The token is in {path}, and nobody else may read it.")
    await _verify(values, token, Identity(identity.serial))
    if values["HW_P1_TOKEN"]:
        teller.say("HW_P1_TOKEN is set, too, and wins over the file: remove it from the settings.")
    teller.say("Next: 'sungaze-edge check'. A daemon that runs takes the new token at its next connection or restart.")


def _known(path: Path, wish: Pairing) -> Stored:
    try:
        known = token_file.load(path)
    except SourceUnusableError:
        if not wish.again:
            raise
        return Stored()
    if known.token and not wish.again:
        raise SourceUnusableError(
            f"There is a token already, in {path}, for the dongle {known.serial or '(unknown)'}. "
            "Use 'sungaze-edge pair --again' to replace it."
        )
    return known


def _name(wish: Pairing, known: Stored) -> str:
    """Find a name that no other edge has: the dongle forgets the older of two of one name.

    The name of an earlier pairing is used again, so that the dongle's few places for users do not fill up.
    """
    if wish.name is None and known.name is not None:
        return known.name
    host = re.sub(r"[^a-zA-Z0-9\-]", "", socket.gethostname())[:_HOST_CHARACTERS]
    made_up = f"sungaze-{host}-{secrets.token_hex(3)}"
    name = (made_up if wish.name is None else wish.name).removeprefix(_PREFIX)
    if not _NAME.fullmatch(name):
        raise SourceUnusableError("--name takes 1 to 40 letters, digits, spaces and the characters - _ / \\ #")
    return _PREFIX + name


async def _token(connection: Connection, name: str, teller: Teller) -> str:
    now = asyncio.get_running_loop().time
    end_s: float | None = None
    while end_s is None or now() < end_s:
        answer = await connection.ask("POST", "/api/user", {"name": name})
        if answer.status == 200:
            token = answer.document.get("token") if isinstance(answer.document, dict) else None
            if not isinstance(token, str) or not _TOKEN.fullmatch(token):
                raise SourceUnusableError(
                    "the dongle gave no token that makes sense: update its firmware and try again"
                )
            return token
        if answer.code != _NOT_PRESSED:
            raise refused(answer, connection.url)
        if end_s is None:
            end_s = now() + WAIT_S
            teller.say(f"This is the dongle {connection.identity.serial}: compare that with the sticker on it.")
            teller.say(f"Press the button on the meter's dongle now, once; there are {WAIT_S} seconds.")
        teller.count_down(round(end_s - now()))
        await asyncio.sleep(min(1.0, WAIT_S / 30))
    raise SourceUnusableError(f"Nobody pressed the button within {WAIT_S} seconds; nothing was changed. Try again.")


async def _verify(values: Mapping[str, Any], token: str, identity: Identity) -> None:
    """Use the token once, so that a person who leaves the meter knows that it works."""
    connection = encrypted(values, token, identity)
    try:
        await connection.get("/api")
    finally:
        await connection.close()

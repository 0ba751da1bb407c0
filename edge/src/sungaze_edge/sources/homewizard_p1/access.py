"""Which of its two APIs a dongle is read by, and with what: decided by what is configured and what was paired."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sungaze_edge import __version__
from sungaze_edge.sources.homewizard_p1 import token_file
from sungaze_edge.sources.homewizard_p1.client import Connection
from sungaze_edge.sources.homewizard_p1.tls import Identity, tls_context

_HTTP_PORT, _HTTPS_PORT = 80, 443


@dataclass(frozen=True, slots=True)
class Access:
    """A way to one dongle."""

    api: str
    """v2: TLS, a token, and a dongle that proves who it is. v1: none of it."""
    connection: Connection
    measurement: str
    telegram: str
    system: str


def open_access(values: Mapping[str, Any]) -> Access:
    """Prepare the way that settings and token file describe; connects to nothing yet.

    Raises:
        SourceUnusableError: the token file makes no sense.
    """
    stored = token_file.load(values["HW_P1_TOKEN_FILE"])
    token = values["HW_P1_TOKEN"] or stored.token
    serial = values["HW_P1_SERIAL"] or stored.serial
    if token:
        return Access(
            "v2", encrypted(values, token, Identity(serial)), "/api/measurement", "/api/telegram", "/api/system"
        )
    connection = Connection(_url("http", values, _HTTP_PORT), _agent(), None, Identity(values["HW_P1_SERIAL"]))
    return Access("v1", connection, "/api/v1/data", "/api/v1/telegram", "/api/v1/system")


def encrypted(values: Mapping[str, Any], token: str | None, identity: Identity) -> Connection:
    """Prepare a connection for version 2; without a token for pairing."""
    headers = {"X-Api-Version": "2", **_agent(), **({"Authorization": f"Bearer {token}"} if token else {})}
    context = tls_context(identity, values["HW_P1_CA_FILE"])
    return Connection(_url("https", values, _HTTPS_PORT), headers, context, identity)


def _url(scheme: str, values: Mapping[str, Any], usual_port: int) -> str:
    host = values["HW_P1_HOST"]
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{values['HW_P1_PORT'] or usual_port}"


def _agent() -> dict[str, str]:
    return {"User-Agent": f"sungaze-edge/{__version__}"}

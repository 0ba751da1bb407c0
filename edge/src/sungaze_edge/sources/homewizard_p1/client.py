"""The dongle's API over one persistent connection: one request at a time, bounded, never retried."""

import asyncio
import ipaddress
import json
import ssl
from dataclasses import dataclass
from typing import Any

import httpx

from sungaze_edge.errors import SourceError, SourceUnavailableError, SourceUnusableError
from sungaze_edge.sources.homewizard_p1.refusals import error_code, explain
from sungaze_edge.sources.homewizard_p1.tls import Identity

REQUEST_TIMEOUT_S = 8.0
_LONGEST_BODY = 64 * 1024
_OK = 200
_NOT_YET_VALID, _EXPIRED = 9, 10  # X509_V_ERR_* of OpenSSL


@dataclass(frozen=True, slots=True)
class Answer:
    """What the dongle said; `document` is its JSON, its text where that is none."""

    status: int
    document: Any

    @property
    def code(self) -> str | None:
        """The code of a refusal."""
        return error_code(self.document)


class Connection:
    """Talks with one dongle; any doubt about the connection closes it."""

    def __init__(
        self, base_url: str, headers: dict[str, str], context: ssl.SSLContext | None, identity: Identity
    ) -> None:
        """Connect to nothing yet; without a TLS context the dongle must be on this LAN."""
        self.identity = identity
        self.url = base_url
        self._is_plain = context is None
        self._client = httpx.AsyncClient(
            base_url=base_url,
            verify=context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            headers={"Accept": "application/json", "Accept-Encoding": "identity", **headers},
            timeout=REQUEST_TIMEOUT_S,
            limits=httpx.Limits(max_connections=1, keepalive_expiry=60),
            trust_env=False,  # no proxy, certificate or password from elsewhere
        )

    async def get(self, path: str) -> dict[str, Any]:
        """Ask for a document and give it.

        Raises:
            SourceUnavailableError: no answer, or one that may be better next time.
            SourceUnusableError: an answer that a person should look at; the text says what to do.
        """
        answer = await self.ask("GET", path)
        if answer.status != _OK or answer.code:
            raise refused(answer, self.url)
        if not isinstance(answer.document, dict):
            raise SourceUnusableError(
                f"{self.url} garbled its answer, or is no P1 meter (no JSON object): check HW_P1_HOST"
            )
        return answer.document

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        """Send one request and give the answer, whatever its status.

        Raises:
            SourceUnavailableError: no answer.
            SourceUnusableError: whoever answered is not the one to be asked.
        """
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S), self._client.stream(method, path, json=body) as response:
                self._check_is_near(response)
                content = await _first_bytes(response)
        except (httpx.InvalidURL, UnicodeError) as error:  # a name such as xn--a
            raise SourceUnusableError(f"{self.url} is no address that there can be: check HW_P1_HOST") from error
        except (httpx.HTTPError, OSError, TimeoutError) as error:
            raise self._explain(error) from error
        if content is None:
            raise SourceUnusableError(f"{self.url} answers with far more than a P1 meter does: check HW_P1_HOST")
        return Answer(response.status_code, _document(content))

    async def close(self) -> None:
        """Close the connection; there is none to be had afterwards."""
        await self._client.aclose()

    def _check_is_near(self, response: httpx.Response) -> None:
        if not self._is_plain:
            return
        address = str(response.extensions["network_stream"].get_extra_info("server_addr")[0])
        if not is_near(address):
            raise SourceUnusableError(
                f"{self.url} is at {address}, outside of your own network: without a token the meter is read without "
                "encryption, on the LAN only. Check HW_P1_HOST, or run 'sungaze-edge pair' for the encrypted API"
            )

    def _explain(self, error: BaseException) -> SourceError:
        """Say in one clause why there is no answer."""
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return SourceUnusableError(self._about_certificate(cause))
            if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLWantReadError):
                return SourceUnavailableError(f"no TLS with {self.url}: {cause.reason or cause}")
            cause = cause.__cause__ or cause.__context__
        if isinstance(error, httpx.ConnectError):
            return SourceUnavailableError(
                f"no connection to {self.url} ({error}): is the dongle on, in this network, and still at this address?"
                + self._about_version
            )
        if isinstance(error, httpx.TimeoutException | TimeoutError):
            return SourceUnavailableError(
                f"{self.url} did not answer within {REQUEST_TIMEOUT_S:g} s.{self._about_version}"
            )
        return SourceUnavailableError(
            f"{self.url} broke off the connection ({type(error).__name__}).{self._about_version}"
        )

    @property
    def _about_version(self) -> str:
        return " There is no token, so version 1 is asked; 'sungaze-edge pair' gets one." if self._is_plain else ""

    def _about_certificate(self, error: ssl.SSLCertVerificationError) -> str:
        identity, code = self.identity, getattr(error, "verify_code", 0)
        if code == _NOT_YET_VALID:
            return "by this machine's clock the dongle's certificate is not valid yet: most likely the clock is behind"
        if code == _EXPIRED:
            return (
                "by this machine's clock the dongle's certificate has expired: set the clock right, or install a newer "
                "sungaze-edge (the vendor's authority that this one knows ends on 2031-12-16)"
            )
        if code:
            return (
                f"whoever answers at {self.url} has no certificate of HomeWizard's ({error.verify_message}), so "
                "nothing was sent to it: check HW_P1_HOST, who else is in your network, and that "
                "HW_P1_CA_FILE is not set"
            )
        if identity.serial is None:
            return f"{self.url} is no P1 meter but {identity.name or 'nameless'!r}: check HW_P1_HOST"
        return (
            f"{self.url} is the dongle {identity.serial}, not {identity.expected_serial}, so nothing was sent to it: "
            "check HW_P1_HOST; if you have replaced the dongle, run 'sungaze-edge pair --again' "
            f"(where HW_P1_SERIAL is set, change it to {identity.serial} first)"
        )


def is_near(address: str) -> bool:
    """Whether an IP address belongs to this machine or to a private network."""
    ip = ipaddress.ip_address(address)
    return ip.is_private or ip.is_link_local


def refused(answer: Answer, url: str) -> SourceError:
    """Make an error of an answer that is a refusal."""
    refusal = explain(answer.status, answer.code)
    text = f"{url} refuses (status {answer.status}): {refusal}"
    return SourceUnavailableError(text) if refusal.is_passing else SourceUnusableError(text)


async def _first_bytes(response: httpx.Response) -> bytes | None:
    content = b""
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > _LONGEST_BODY:
            return None
    return content


def _document(content: bytes) -> Any:
    text = content.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text

"""TLS with the dongle: only the vendor's authority is trusted, and the dongle proves who it is before it is asked."""

import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VENDOR_CA = Path(__file__).with_name("vendor_ca.pem")
_NAME = re.compile(r"appliance/p1dongle/([0-9A-Za-z]+)")


@dataclass(slots=True)
class Identity:
    """Who must answer, and who did."""

    expected_serial: str | None
    """None: any P1 dongle of the vendor's."""
    name: str | None = None
    """The common name in the certificate of whoever answered last."""

    @property
    def serial(self) -> str | None:
        """The serial number of whoever answered last, if that is a P1 dongle."""
        match = _NAME.fullmatch(self.name or "")
        return match[1].lower() if match else None

    def examine(self, name: str | None) -> None:
        """Look at the name in a verified certificate.

        Raises:
            ssl.SSLCertVerificationError: it belongs to somebody else.
        """
        self.name = name
        if self.serial is None or self.serial != (self.expected_serial or self.serial):
            raise ssl.SSLCertVerificationError("the certificate belongs to another device")


def tls_context(identity: Identity, ca_file: Path | None) -> ssl.SSLContext:
    """Make the context in which `identity` is examined when the handshake ends, before a byte of a request is sent.

    `ca_file` names an authority to trust in place of the vendor's.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # The dongle is called by its address, and its certificate holds its serial number: `identity` compares that.
    context.check_hostname = False
    # The vendor's authority is an X.509 certificate of version 1, which Python 3.13 refuses in its strict mode.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    # Never both: OpenSSL finds an authority by its name alone, and a simulated one bears the vendor's.
    context.load_verify_locations(ca_file or VENDOR_CA)
    context.sslobject_class = _examined_by(identity)
    return context


def _examined_by(identity: Identity) -> type[ssl.SSLObject]:
    class Examined(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            identity.examine(_common_name(self))

    return Examined


def _common_name(connection: ssl.SSLObject) -> str | None:
    certificate: dict[str, Any] = connection.getpeercert() or {}
    subject = certificate.get("subject", ())
    names = [value for part in subject for key, value in part if key == "commonName"]
    return names[0] if len(names) == 1 else None

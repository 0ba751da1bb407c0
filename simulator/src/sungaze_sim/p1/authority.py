"""Certificates as the vendor makes them: an authority of X.509 version 1 without extensions, a device named in its CN.

Version 1 matters: Python from 3.13 on refuses such an authority unless told not to be strict.
"""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_NAME = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
        x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "ZH"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "HomeWizard"),
        x509.NameAttribute(NameOID.COMMON_NAME, "Appliance Access CA"),
    ]
)
_SINCE, _UNTIL = datetime(2021, 12, 18, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC)
_VERSION_3 = bytes.fromhex("a003020102")
_SHA256_WITH_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What stands in a device's certificate, and who signed it."""

    serial: str | None = None
    """Another device's serial number, or None for its own."""
    type_word: str = "p1dongle"
    san: bool = True
    """Carries a DNS name, too, as devices in the field do; OpenSSL then looks at no CN."""
    look_alike: bool = False
    """Signed by an authority that only bears the vendor's name."""


def authority_pem(*, look_alike: bool = False) -> bytes:
    """Give the authority's own certificate: the same in one process, another one in every process."""
    return _authority(look_alike=look_alike).public_bytes(Encoding.PEM)


def server_context(certificate: Certificate, serial: str) -> ssl.SSLContext:
    """Make what a device with this serial number needs to serve TLS."""
    key = _key("device")
    name = f"appliance/{certificate.type_word}/{certificate.serial or serial}"
    builder = _builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key.public_key())
    if certificate.san:
        dns = x509.DNSName(f"{certificate.serial or serial}.{certificate.type_word}.appliance")
        builder = builder.add_extension(x509.SubjectAlternativeName([dns]), critical=False)
    signed = builder.sign(_authority_key(look_alike=certificate.look_alike), hashes.SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + signed.public_bytes(Encoding.PEM)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory(prefix="sungaze-sim-") as folder:  # Python loads a key from files only
        path = Path(folder) / "device.pem"
        path.write_bytes(pem)
        context.load_cert_chain(path)
    return context


@cache
def _key(_name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _authority_key(*, look_alike: bool) -> rsa.RSAPrivateKey:
    return _key("look-alike" if look_alike else "authority")


@cache
def _authority(*, look_alike: bool) -> x509.Certificate:
    """Make a certificate of version 3, cut the version out of what is signed, and sign that again."""
    key = _authority_key(look_alike=look_alike)
    modern = _builder(_NAME, key.public_key()).sign(key, hashes.SHA256()).tbs_certificate_bytes
    content = modern[modern.index(_VERSION_3) + len(_VERSION_3) :]
    to_sign = _sequence(content)
    signature = b"\0" + key.sign(to_sign, padding.PKCS1v15(), hashes.SHA256())
    bits = b"\x03\x82" + len(signature).to_bytes(2, "big") + signature
    return x509.load_der_x509_certificate(_sequence(to_sign + _SHA256_WITH_RSA + bits))


def _builder(subject: x509.Name, key: rsa.RSAPublicKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=_NAME, public_key=key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_SINCE)
        .not_valid_after(_UNTIL)
    )


def _sequence(content: bytes) -> bytes:
    """Wrap DER in a SEQUENCE; everything here is longer than 255 and shorter than 65536 bytes."""
    return b"\x30\x82" + len(content).to_bytes(2, "big") + content

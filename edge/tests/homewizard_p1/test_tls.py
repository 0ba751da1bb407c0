"""Whom the edge trusts: the vendor's authority, and in it one dongle."""

import hashlib
import re
import ssl
from types import SimpleNamespace

import pytest

from sungaze_edge.sources.homewizard_p1.client import is_near
from sungaze_edge.sources.homewizard_p1.tls import VENDOR_CA, Identity, _common_name, tls_context

FINGERPRINT = "4E:C2:77:E6:20:33:FA:E8:BC:37:3E:3F:2A:97:66:76:D3:F6:65:68:38:73:F1:EA:8E:3B:DF:78:AC:68:00:03"


def test_the_vendors_authority_is_the_one_that_the_vendor_published():
    text = VENDOR_CA.read_text()
    (pem,) = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", text, re.DOTALL)
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
    assert ":".join(digest[n : n + 2] for n in range(0, 64, 2)) == FINGERPRINT
    assert FINGERPRINT in text


def test_nothing_but_that_authority_is_trusted_and_verification_is_on(ca_file):
    for file in (None, ca_file):
        context = tls_context(Identity(None), file)
        (authority,) = context.get_ca_certs(binary_form=True)
        assert (file is None) is (hashlib.sha256(authority).hexdigest().upper() == FINGERPRINT.replace(":", ""))
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
        assert not context.verify_flags & ssl.VERIFY_X509_STRICT


@pytest.mark.parametrize("expected", [None, "5c2fafaabbcc"])
@pytest.mark.parametrize(
    "name",
    [
        *(None, "", "5c2fafaabbcc", "appliance/energysocket/5c2fafaabbcc", "appliance/p1dongle/"),
        *("xappliance/p1dongle/5c2fafaabbcc", "appliance/p1dongle/5c2fafaabbcc\n", "appliance/p1dongle/5c2fafaabbcc/x"),
    ],
)
def test_what_is_not_named_as_a_p1_dongle_is_refused(expected, name):
    with pytest.raises(ssl.SSLCertVerificationError):
        Identity(expected).examine(name)


def test_one_dongle_is_told_from_another():
    identity = Identity("5c2fafaabbcc")
    identity.examine("appliance/p1dongle/5c2fafaabbcc")
    identity.examine("appliance/p1dongle/5C2FAFAABBCC")
    with pytest.raises(ssl.SSLCertVerificationError):
        identity.examine("appliance/p1dongle/aabbccddeeff")
    Identity(None).examine("appliance/p1dongle/aabbccddeeff")


@pytest.mark.parametrize(
    "address", ["192.168.1.2", "10.0.0.1", "172.20.1.1", "127.0.0.1", "169.254.1.1", "fe80::1%eth0"]
)
def test_addresses_of_a_home_are_near(address):
    assert is_near(address)


@pytest.mark.parametrize("address", ["fd00::1", "::1", "::ffff:192.168.1.2"])
def test_addresses_of_a_home_are_near_in_ipv6(address):
    assert is_near(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "2a02:1811::1", "::ffff:8.8.8.8", "100.64.0.1"])
def test_addresses_of_the_internet_are_not(address):
    assert not is_near(address)


@pytest.mark.parametrize(
    "names", [(), ("x", "appliance/p1dongle/5c2fafaabbcc"), ("appliance/p1dongle/5c2fafaabbcc", "x")]
)
def test_a_certificate_with_several_names_or_none_names_nobody(names):
    subject = tuple((("commonName", name),) for name in names)
    assert _common_name(SimpleNamespace(getpeercert=lambda: {"subject": subject})) is None

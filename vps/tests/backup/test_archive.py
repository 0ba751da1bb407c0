"""The file itself: exact, readable with standard tools, and refused when a bit of it is wrong."""

import gzip
import hashlib
import io
import json
import struct
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sungaze_vps.errors import BackupError
from sungaze_vps.measurement import Field, Measurement
from sungaze_vps.services.archive import ArchiveWriter
from sungaze_vps.services.archive_reader import ArchiveReader

METER = Measurement(kind="meter", fields=(Field("power_w", ""), Field("state", "", type="text")))
KINDS = {"meter": METER}
MADE_AT = datetime(2026, 6, 21, 12, tzinfo=UTC)
TIMES = st.integers(0, 10**12).map(lambda millis: datetime(2010, 1, 1, tzinfo=UTC) + timedelta(milliseconds=millis))
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]))
ROWS = st.lists(st.tuples(TIMES, st.integers(1, 2**31 - 1), NUMBERS, TEXTS), min_size=1)


class Unbuffered(io.BytesIO):
    """Takes at most a few bytes at once, as a nearly full disk or a pipe may."""

    def write(self, data):
        return super().write(data[:11])


def written(*blocks, kinds=KINDS):
    target = Unbuffered()
    writer = ArchiveWriter(target, kinds, made_at=MADE_AT, schema="0001")
    for device_id, rows in blocks:
        writer.write("meter", device_id, rows)
    writer.finish()
    return target.getvalue()


def read(data, kinds=KINDS):
    return [row for _, rows in ArchiveReader(io.BytesIO(data), "home.backup", kinds).batches() for row in rows]


def altered(data, change):
    """Give a backup whose lines somebody changed, with checksums that fit."""
    lines = [json.loads(line) for line in gzip.decompress(data).splitlines()]
    change(lines)
    encoded = [json.dumps(line).encode() + b"\n" for line in lines]
    lines[-1]["sha256"] = hashlib.sha256(b"".join(encoded[:-1])).hexdigest()
    return gzip.compress(b"".join([*encoded[:-1], json.dumps(lines[-1]).encode() + b"\n"]))


def bits(value):
    return value if value is None or isinstance(value, str) else struct.pack("d", value)


SAMPLE = written(
    ("home", [(MADE_AT + timedelta(seconds=n), 1, n * 0.1, "Running" if n % 3 else None) for n in range(20)]),
    ("cabin", [(MADE_AT, 2, None, "")]),
)


@given(ROWS)
def test_every_number_time_and_text_comes_back_bit_for_bit(rows):
    back = read(written(("home", rows)))
    assert back == [("home", *row) for row in rows]
    assert [bits(row[3]) for row in back] == [bits(row[2]) for row in rows]


def test_a_file_cut_off_anywhere_is_refused():
    for length in range(len(SAMPLE)):
        with pytest.raises(BackupError, match=r"damaged or cut off|not a Sungaze backup"):
            read(SAMPLE[:length])


def test_a_flipped_bit_is_refused_unless_it_means_nothing():
    """A few bits say how old the packed file was, or belong to codes that the packer defined and did not use."""
    whole, refused = read(SAMPLE), 0
    for position in range(len(SAMPLE) * 8):
        data = bytearray(SAMPLE)
        data[position // 8] ^= 1 << position % 8
        try:
            assert read(bytes(data)) == whole
        except BackupError:
            refused += 1
    assert refused > len(SAMPLE) * 8 - 100


@given(st.binary(min_size=1), st.integers(0, len(SAMPLE)))
def test_bytes_that_do_not_belong_there_are_refused(extra, at):
    data = SAMPLE[:at] + extra + SAMPLE[at:]
    if data.rstrip(b"\0") == SAMPLE.rstrip(b"\0"):  # gzip fills up with zeros on tapes, and takes no notice of them
        return
    with pytest.raises(BackupError):
        read(data)


def test_two_backups_one_after_the_other_are_refused():
    with pytest.raises(BackupError, match="damaged"):
        read(SAMPLE + SAMPLE)


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04", b"device_id,ts\n", gzip.compress(b""), gzip.compress(b"some text\n"), gzip.compress(b"{}\n")],
    ids=["nothing", "zip", "csv", "gzip of nothing", "gzip of text", "gzip of an object"],  # gzip writes the time
)
def test_another_file_is_not_taken_for_a_backup(data):
    with pytest.raises(BackupError, match=r"^home\.backup is not a Sungaze backup$"):
        read(data)


def test_a_line_without_end_is_given_up_before_it_fills_the_memory():
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as target:
        for _ in range(65):
            target.write(b" " * 1024**2)
    with pytest.raises(BackupError):
        read(packed.getvalue())


def test_a_later_form_of_the_file_is_refused_with_what_to_do():
    later = altered(SAMPLE, lambda lines: lines[0].update(version=2, columns="something else"))
    with pytest.raises(BackupError, match=r"form 2, and this version reads forms up to 1; .* upgrade this one first"):
        read(later)


def test_what_this_version_has_no_place_for_is_named():
    def change(lines):
        lines[0]["columns"] |= {"heat": ["ts", "sample_count"], "water": ["ts", "sample_count"]}
        lines[0]["columns"]["meter"].append("phase_angle_deg")

    with pytest.raises(BackupError, match=r"\(meter\.phase_angle_deg, the kind heat, the kind water\)"):
        read(altered(SAMPLE, change))


def test_what_it_has_no_place_for_is_told_in_one_short_line_whatever_it_is_called():
    def rename(lines):
        lines[0]["columns"] = {f"k\n{number}" + "x" * 1000: ["ts", "sample_count"] for number in range(1000)}

    with pytest.raises(BackupError, match="no place for") as raised:
        read(altered(written(("home", [(MADE_AT, 1, 5.0, None)])), rename))
    assert len(str(raised.value).splitlines()) == 1
    assert len(str(raised.value)) < 1000


def test_what_an_older_version_did_not_know_is_null():
    newer = Measurement(
        kind="meter", fields=(Field("frequency_hz", ""), *METER.fields, Field("phase", "", type="text"))
    )
    rows = read(SAMPLE, {"meter": newer})
    assert rows == [(*row[:3], None, *row[3:], None) for row in read(SAMPLE)]


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines[0]["columns"]["meter"].reverse(),
        lambda lines: lines[0]["columns"]["meter"].append("power_w"),
        lambda lines: lines[0].pop("made_at"),
        lambda lines: lines[1].update(rows=[]),
        lambda lines: lines[1]["rows"][0].append(1),
        lambda lines: lines[1]["rows"][0].__setitem__(0, "2026-06-21T12:00:00"),
        lambda lines: lines[1].update(kind="unknown"),
        lambda lines: lines.pop(1),
        lambda lines: lines.insert(1, lines[1]),
        lambda lines: lines[-1]["contents"]["meter"]["home"].update(readings=19),
        lambda lines: lines.insert(1, lines[0]),
    ],
)
def test_a_backup_that_contradicts_itself_is_refused(change):
    assert read(altered(SAMPLE, list)) == read(SAMPLE)
    with pytest.raises(BackupError, match="damaged"):
        read(altered(SAMPLE, change))


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize(
    "change",
    [
        lambda line: (
            line.replace(b'"0001"', b'"\xba"').replace(b'"home"', b'"\xba"').replace(b'"sha256":"', b'"sha256":"\xba')
        ),
        lambda line: line[:-1] + b',"extra":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=["no UTF-8", "nested without end"],
)
def test_a_line_that_cannot_be_read_is_refused(number, change):
    lines = gzip.decompress(written(("home", [(MADE_AT, 1, 5.0, None)]))).splitlines()
    lines[number] = change(lines[number])
    with pytest.raises(BackupError, match=r"damaged or cut off|is not a Sungaze backup"):
        read(gzip.compress(b"".join(line + b"\n" for line in lines)))


def test_standard_tools_read_it(tmp_path):
    (tmp_path / "home.backup").write_bytes(SAMPLE)
    with (tmp_path / "home.backup").open("rb") as file:
        unpacked = subprocess.run(["gzip", "-dc"], stdin=file, capture_output=True, check=True).stdout
    header, *blocks, end = map(json.loads, unpacked.splitlines())
    names = header["columns"]["meter"]
    samples = [dict(zip(names, row, strict=True)) for block in blocks for row in block["rows"]]
    assert samples[1] == {"ts": "2026-06-21T12:00:01Z", "sample_count": 1, "power_w": 0.1, "state": "Running"}
    everything_before = b"".join(unpacked.splitlines(keepends=True)[:-1])
    assert end["sha256"] == hashlib.sha256(everything_before).hexdigest()

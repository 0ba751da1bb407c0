"""Answers over HTTP/1.1, from nearly right to hostile."""

import gzip

from fuzz.choices import Choices

_STATUSES = (
    *("200 OK", "201 Created", "204 No Content", "206 Partial", "299 x", "301 Moved", "302 Found", "304 x", "307 x"),
    *("400 Bad", "401 x", "403 x", "404 x", "408 x", "413 x", "422 x", "425 x", "429 x", "500 x", "503 x", "599 x"),
    *("100 Continue", "101 Switching", "000 x", "999 x", "20 x", "2000 x", "abc x", "-200 x", ""),
)
_HEADERS = (
    *("Content-Type: application/json", "Content-Type: text/html", "Content-Encoding: gzip", "Content-Encoding: br"),
    *("Location: https://xn--a/", "Location: //[", "Location: https://h:999999/", "Location: /login", "Location: \xff"),
    *(
        "Location: https://\u0660.example/",
        "Retry-After: 120",
        "Retry-After: -1",
        "Retry-After: 1e9",
        "Retry-After: \xb2",
    ),
    *(
        "Retry-After: " + "9" * 400,
        "Retry-After: Wed, 21 Oct 2065 07:28:00 GMT",
        "Retry-After: Wed, 99 Foo 0",
        "Retry-After:",
    ),
    *("Date: Sun, 21 Jun 2026 12:00:00 GMT", "Date: Fri, 31 Dec 9999 23:59:59 GMT", "Date: 1 Jan 0001 00:00 +2359"),
    *("Date: Sat, 01 Jan 0000 00:00:00 -0000", "Date: ,", "Date: \x80", "Date: Mon, 1 Jan 99999 00:00:00 GMT"),
    *(
        "Transfer-Encoding: gzip",
        "Connection: upgrade",
        "Set-Cookie: a=b",
        "X: " + "y" * 5000,
        "no colon",
        " folded",
        ": x",
    ),
)
_ENDLESS = 9


def answer(choices: Choices, good: bytes, body: bytes | None = None) -> tuple[bytes, bool]:
    """Compose an answer from a status line to a body, and whether more shall follow without end."""
    if choices.number(0, 15) == 1:
        return choices.rest(), False
    head = [choices.pick(("HTTP/1.1 ", "HTTP/1.0 ", "HTTP/9 ", "HTTX ")) if choices.number(0, 9) == 1 else "HTTP/1.1 "]
    head[0] += choices.pick(_STATUSES) if choices.flag() else "200 OK"
    head += [choices.pick(_HEADERS) for _ in range(choices.number(0, 4))]
    content = _content(choices, good) if body is None else body
    if any("gzip" in line for line in head) and choices.flag():
        content = gzip.compress(content)
    framing = choices.number(0, _ENDLESS)
    lengths = {1: "5", 2: "999999999999", 3: "-1", 4: "0x1f", 5: "٣"}
    if framing in (6, 7):
        head.append("Transfer-Encoding: chunked")
        size = f"{len(content):x}" if framing == 6 else choices.pick(("ffffffffffffffff", "-1", "zz", "5;" + "e" * 99))
        content = size.encode() + b"\r\n" + content + b"\r\n" + (b"0\r\n\r\n" if choices.flag() else b"")
    elif framing != _ENDLESS:
        head.append(f"Content-Length: {lengths.get(framing, len(content))}")
    raw = "\r\n".join(head).encode("latin-1", "replace") + b"\r\n\r\n" + content
    return raw, framing == _ENDLESS and choices.flag()


def _content(choices: Choices, good: bytes) -> bytes:
    kind = choices.number(0, 4)
    special = {1: choices.rest(), 2: good * 20_000, 3: b"[" * 60_000, 4: good[: choices.number(0, len(good))]}
    return special.get(kind, good) if kind else good

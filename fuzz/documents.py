"""JSON of the worst kind, as text: what a library would never write is written here."""

from collections.abc import Sequence

from fuzz.choices import Choices

SCALARS = (
    *("null", "true", "false", "0", "-0", "-0.0", "1", "-1", "1.5", "49.98", "2500", "1e6", "1000000.1", "-1e6"),
    *("NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e-400", "5e-324", "1e308", "9007199254740993", "1E2", "01"),
    *("9223372036854775808", "-9223372036854775809", "1" + "0" * 400, "9" * 4400, "0.1000000000000000055511151231257"),
    *(
        '""',
        '"0"',
        '"2500"',
        '"NaN"',
        '"x"',
        '"\\ud800"',
        '"\\ud83d\\ude00"',
        '"\\u0000"',
        '"a\\nb"',
        '"\u00e9"',
        "'x'",
    ),
    *('"' + "d" * 129 + '"', '"' + "x" * 201 + '"', '"' + "long " * 2000 + '"', "[]", "{}", "[[]]", '{"a":{}}'),
)
TIMES = (
    *(
        "2026-06-21T10:00:05.000Z",
        "2026-06-21T12:00:05.123999+02:00",
        "2026-06-21T05:30:05-04:30",
        "2010-01-01T00:00:00Z",
    ),
    *("1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "2009-12-31T23:59:59.999Z", "2026-06-22T12:00:00.001Z"),
    *("2026-06-21T10:00:05", "2026-06-21", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "", "yesterday"),
    *(
        "2026-02-30T00:00:00Z",
        "2026-10-25T02:30:00",
        "2026-03-29T02:30:00",
        "2026-06-21T23:59:60Z",
        "2024-06-28T14:12:34",
    ),
)
_BROKEN = ("[" * 500 + "]" * 500, '{"a":' * 3000 + "1" + "}" * 3000, "[" * 100_000, "\x00", "", "}")


def value(choices: Choices, words: Sequence[str] = (), depth: int = 3) -> str:
    """Write any JSON value, or what only looks like one; `words` are texts worth a try."""
    kind = choices.number(0, 9)
    if kind == 9 and depth and words:
        return document(choices, words, depth - 1, most=3)
    if kind == 8 and depth:
        inside = ",".join(value(choices, words, depth - 1) for _ in range(choices.number(0, 3)))
        return f"[{inside}]"
    if kind == 7:
        return str(choices.number(-(2**31), 2**31) / choices.pick((1, 10, 1000, 3)))
    texts = {5: [f'"{time}"' for time in TIMES], 6: [f'"{word}"' for word in words]}
    return choices.pick(texts.get(kind) or (_BROKEN if kind > 7 else SCALARS))


def document(choices: Choices, keys: Sequence[str], depth: int = 3, most: int = 12) -> str:
    """Write an object; keys may stand in it twice."""
    members = (f'"{choices.pick(keys)}":{value(choices, keys, depth)}' for _ in range(choices.number(0, most)))
    return "{" + ",".join(members) + "}"

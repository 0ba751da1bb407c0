"""The tables of the docs, made from what was measured."""

import re
from collections.abc import Iterable, Mapping

from figures import Figure, figure
from results import Record, verdict

_MARK = re.compile(r"(<!-- figures: ([a-z ]+?) -->\n).*?(<!-- end -->)", re.DOTALL)

type Measured = list[tuple[Figure, float]]


def with_tables(text: str, records: Mapping[str, Record]) -> str:
    """Put the tables between their marks: `<!-- figures: PARTS -->` and `<!-- end -->`."""
    return _MARK.sub(lambda mark: f"{mark[1]}{tables(records, mark[2].split())}{mark[3]}", text)


def marks(text: str) -> list[list[str]]:
    """Give the parts that each mark in a text stands for."""
    return [mark[2].split() for mark in _MARK.finditer(text)]


def tables(records: Mapping[str, Record], parts: Iterable[str]) -> str:
    """Make Markdown tables of some parts, and say under which circumstances they were measured."""
    found = {part: records[part] for part in parts if part in records}
    measured = [(figure(name), value) for record in found.values() for name, value in record.figures.items()]
    groups = dict.fromkeys(known.table for known, _ in measured if known.table)
    lines = _listed([one for one in measured if not one[0].table])
    for group in groups:
        lines += _side_by_side(group, [one for one in measured if one[0].table == group])
    lines += [_circumstances(part, record) for part, record in found.items()]
    lines += [f"- {name}: {text}" for record in found.values() for name, text in record.notes.items()]
    return "\n".join(lines) + "\n"


def _listed(measured: Measured) -> list[str]:
    if not measured:
        return []
    rows = [
        f"| {known.says} | {known.shown(value)} | {known.wanted()} | {verdict(known.met(value))} |"
        for known, value in measured
    ]
    return ["| figure | measured | target | met |", "| --- | --- | --- | --- |", *rows, ""]


def _side_by_side(group: str, measured: Measured) -> list[str]:
    columns = dict.fromkeys(known.column for known, _ in measured)
    cells = {(known.says, known.column): known.shown(value) for known, value in measured}
    rows = [
        f"| {says} | {' | '.join(cells.get((says, column), '') for column in columns)} |"
        for says in dict.fromkeys(known.says for known, _ in measured)
    ]
    return [f"| {group} | {' | '.join(columns)} |", "| --- " * (len(columns) + 1) + "|", *rows, ""]


def _circumstances(part: str, record: Record) -> str:
    settings = "".join(f", {name}={value:g}" for name, value in record.settings.items())
    return (
        f"- `{part}`: {record.began}, {record.machine}, commit {record.commit}, load average {record.load_before:.1f} "
        f"before and {record.load_after:.1f} after, {record.took_s:.0f} s{settings}"
    )

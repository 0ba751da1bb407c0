"""The edge's spool file broken while the edge is down, in the ways in which cards and people break files.

What was in the file and nowhere else is noted before: such a reading may be destroyed, and is then counted as that.
"""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from faults.fault import Deed, Fault, Lane, between
from faults.trial import Breakage, Trial
from sungaze_edge.clock import Instant
from sungaze_edge.store import Store
from sungaze_sim.judge import Row

_PAGE_BYTES = 1024
_SLOT_BYTES = 1024
_ALL = 1_000_000
_FEW, _PATIENCE_S = 10, 10.0
"""So few readings are to wait in a spool that is broken, if that can be had in so many seconds."""
_SOME_TIME = Instant(datetime(2026, 1, 1, tzinfo=UTC), 0, "", synced=False)  # settles nothing


def read_spool(spool: Path) -> dict[tuple[str, int], Row]:
    """Give the readings in a spool whose time is known, from a copy, so that the files stay as they are."""
    with tempfile.TemporaryDirectory() as folder:
        for part in spool.parent.glob(f"{spool.name}*"):
            if part.suffix != ".lock" and ".corrupt-" not in part.name:
                shutil.copy(part, folder)
        with closing(Store(Path(folder, spool.name))) as store:
            samples = [json.loads(waiting.sample) for waiting in store.peek(_ALL, _SOME_TIME)]
    return {(sample["device_id"], _ms(sample["ts"])): _row(sample) for sample in samples}


def _ms(time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1000)


def _row(sample: dict[str, Any]) -> Row:
    return Row(datetime.fromtimestamp(_ms(sample["ts"]) / 1000, UTC), sample)


def _overwrite(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def _page(spool: Path, dice: Random) -> None:
    pages = spool.stat().st_size // _PAGE_BYTES
    _overwrite(spool, dice.randrange(1, max(pages, 2)) * _PAGE_BYTES, dice.randbytes(_PAGE_BYTES))


def _bits(spool: Path, dice: Random) -> None:
    """Flip bits where a page says what is in it."""
    pages = spool.stat().st_size // _PAGE_BYTES
    _overwrite(spool, dice.randrange(1, max(pages, 2)) * _PAGE_BYTES, dice.randbytes(8))


def _truncated(spool: Path, dice: Random) -> None:
    size = spool.stat().st_size
    with spool.open("r+b") as file:
        file.truncate(round(size * dice.uniform(0.4, 0.95)))


def _header(spool: Path, dice: Random) -> None:
    _overwrite(spool, 0, dice.randbytes(100))


def _emptied(spool: Path, _: Random) -> None:
    with spool.open("r+b") as file:
        file.truncate(0)


def _wal_torn(spool: Path, dice: Random) -> None:
    wal = spool.with_name(spool.name + "-wal")
    if wal.exists() and wal.stat().st_size > _PAGE_BYTES:
        with wal.open("r+b") as file:
            file.truncate(dice.randrange(_PAGE_BYTES, wal.stat().st_size))


def _wal_garbage(spool: Path, dice: Random) -> None:
    wal = spool.with_name(spool.name + "-wal")
    if wal.exists() and wal.stat().st_size > _PAGE_BYTES:
        start = dice.randrange(_PAGE_BYTES, wal.stat().st_size)
        _overwrite(wal, start, dice.randbytes(wal.stat().st_size - start))


def _ring(spool: Path) -> Path:
    return spool.with_name(f"{spool.name}-ring")


def _ring_overwritten(spool: Path, dice: Random) -> None:
    slots = _ring(spool).stat().st_size // _SLOT_BYTES
    for _ in range(dice.randint(1, 40)):
        _overwrite(_ring(spool), dice.randrange(slots) * _SLOT_BYTES, dice.randbytes(dice.randint(1, _SLOT_BYTES)))


def _ring_truncated(spool: Path, dice: Random) -> None:
    with _ring(spool).open("r+b") as file:
        file.truncate(dice.randrange(_ring(spool).stat().st_size))


def _ring_gone(spool: Path, _: Random) -> None:
    _ring(spool).unlink(missing_ok=True)


def _shm_gone(spool: Path, _: Random) -> None:
    spool.with_name(spool.name + "-shm").unlink(missing_ok=True)


def _broken(damage: Callable[[Path, Random], None], *, politely: bool, may_destroy: bool = True) -> Deed:
    async def deed(trial: Trial, dice: Random) -> None:
        await _until_few(trial)
        if not politely:
            await _fold_log(trial)
        trial.links["edge-caddy"].refuse()  # so that there is something to break
        await asyncio.sleep(between(dice, 0.3, 1))
        began = datetime.now(UTC)
        if politely:
            await trial.edge.stop()
        else:
            await trial.edge.kill()
            trial.doubt(began, "killed", before_s=1)
        if may_destroy:
            trial.breakages.append(Breakage(datetime.now(UTC), read_spool(trial.spool)))
        damage(trial.spool, dice)
        trial.links["edge-caddy"].accept_again()
        await trial.restart_edge()
        await asyncio.sleep(1)

    return deed


async def _fold_log(trial: Trial) -> None:
    """Have the log begin anew: torn, it takes back what was settled about times, and a reading may get another one."""
    await trial.edge.stop()
    await trial.restart_edge()
    await trial.next_reading()


async def _until_few(trial: Trial) -> None:
    """Spare the readings of faults before this one: what a broken file destroys is proof of nothing else."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_S):
            while await asyncio.to_thread(trial.spooled) > _FEW:  # noqa: ASYNC110 - another process brings it about
                await asyncio.sleep(0.2)


FAULTS = [
    Fault(name, Lane.EDGE, _broken(damage, politely=politely), 3, once=True)
    for name, damage, politely in (
        ("spool: a page overwritten", _page, True),
        ("spool: bits of a page flipped", _bits, True),
        ("spool: truncated", _truncated, True),
        ("spool: header overwritten", _header, True),
        ("spool: emptied", _emptied, True),
        ("spool: WAL torn", _wal_torn, False),
        ("spool: end of the WAL overwritten", _wal_garbage, False),
        ("spool: places in the ring overwritten", _ring_overwritten, False),
        ("spool: ring truncated", _ring_truncated, False),
        ("spool: ring removed", _ring_gone, False),
    )
]
FAULTS += [Fault("spool: -shm removed", Lane.EDGE, _broken(_shm_gone, politely=False, may_destroy=False), 3)]

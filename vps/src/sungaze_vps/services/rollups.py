"""Keeps quarters and days equal to what the readings say, inside the transaction that stores readings."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from sungaze_vps.measurement import Measurement


async def refresh(
    connection: AsyncConnection, measurement: Measurement, written: Iterable[tuple[str, datetime]]
) -> None:
    """Recompute the buckets of the readings `(device_id, ts)` just written."""

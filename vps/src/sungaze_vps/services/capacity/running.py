"""The quarter of an hour that is not over: what it came to so far, where it is heading, and what is still free."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from sungaze_vps.db.models import from_millis, samples_table
from sungaze_vps.measurement import Measurement
from sungaze_vps.services.capacity.gaps import Readings
from sungaze_vps.services.capacity.month import FRESH_MS, Moment, Month
from sungaze_vps.services.capacity.quarters import EXACT_WITHIN, MWH_PER_W, QUARTER_MS, Row, power_w

LEAST_BILLED_W = 2500.0
"""A lower month peak is charged as this one."""
_NEAR_ROWS = 8
"""More than hold the readings around a quarter's start, a swapped meter's among them."""


@dataclass(frozen=True, slots=True)
class Running:
    """The quarter that the newest reading is in; powers in W."""

    start: int
    as_of: int
    energy: int | None
    """Drawn so far, in mWh; None where neither readings around its start nor the meter tell."""
    is_counted: bool
    """Whether the energy is that of readings around its start, not what the meter says of the quarter."""
    exact: bool
    power_w: float | None
    """Drawn at the newest reading, never negative."""
    meter_average_w: float | None
    """What the meter says of the quarter (1-0:1.4.0): its energy so far over a whole quarter's time."""
    target_w: float | None
    """The month's peak so far, ours or the meter's own if that is higher."""

    @property
    def so_far_w(self) -> float | None:
        """What the quarter will come to if nothing more is drawn."""
        return power_w(self.energy)

    @property
    def forecast_w(self) -> float | None:
        """What it will come to if the power stays as it is."""
        if self.so_far_w is None or self.power_w is None:
            return None
        return self.so_far_w + self.power_w * self._remaining

    @property
    def free_w(self) -> float | None:
        """What may be drawn on average until its end without raising the month's peak."""
        return None if self.target_w is None else self._free(self.target_w)

    @property
    def free_without_cost_w(self) -> float | None:
        """The same, where a peak below the least that is billed costs nothing."""
        return self._free(max(self.target_w or 0, LEAST_BILLED_W))

    @property
    def _remaining(self) -> float:
        """How much of the quarter is left, above 0 and up to 1."""
        return (self.start + QUARTER_MS - self.as_of) / QUARTER_MS

    def _free(self, target_w: float) -> float | None:
        return None if self.so_far_w is None else max(0.0, target_w - self.so_far_w) / self._remaining


async def find_running(
    connection: AsyncConnection, measurement: Measurement, device_id: str, month: Month, moment: Moment
) -> Running | None:
    """Give the running quarter of the month; None in another month, and when the newest reading is not fresh."""
    if not moment.is_fresh or not month.period.start <= moment.at < month.period.end:
        return None
    start = moment.at // QUARTER_MS * QUARTER_MS
    counted, exact = _drawn(month, start)
    drawn_w, average_w = await _newest(connection, measurement, device_id, from_millis(start), moment)
    energy = round(average_w * MWH_PER_W) if counted is None and average_w is not None else counted
    peaks = [power_w(month.peak.energy)] if month.peak else []
    peaks += [month.meter_peak[1]] if month.meter_peak else []
    target_w = max(peaks, default=None)
    return Running(start, moment.at, energy, counted is not None, exact, drawn_w, average_w, target_w)


def _drawn(month: Month, start: int) -> tuple[int | None, bool]:
    """Give the energy since the start of the newest row's quarter, and whether it is exact."""
    rows = [row for row in map(Row._make, month.rows[-_NEAR_ROWS:]) if row.quarter <= start]
    readings = Readings(rows)
    opening = readings.edge(start)
    if opening is None or readings.bounds(start, rows[-1].last_at)[1] is None:
        return None, False
    return rows[-1].last - opening[1], opening[2] - opening[0] <= EXACT_WITHIN


async def _newest(
    connection: AsyncConnection, measurement: Measurement, device_id: str, start: datetime, moment: Moment
) -> tuple[float | None, float | None]:
    """Give the power drawn, and the meter's own mean of the quarter if the newest reading is of that quarter."""
    columns = samples_table(measurement).c
    positive = sa.case((columns.power_w > 0, columns.power_w), (columns.power_w <= 0, 0.0))
    drawn = sa.func.coalesce(columns.import_power_w, positive)
    is_of_quarter = sa.func.coalesce(columns.meter_ts, columns.ts) >= start
    query = sa.select(drawn, sa.case((is_of_quarter, columns.average_power_15m_w)))
    query = query.where(columns.device_id == device_id, columns.ts >= from_millis(moment.at - FRESH_MS))
    row = (await connection.execute(query.order_by(columns.ts.desc()).limit(1))).first()
    return (row[0], row[1]) if row else (None, None)

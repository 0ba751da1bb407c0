"""Sums up raw readings where the rollup tables are missing: the same answer, slowly. PostgreSQL only."""

from functools import cache
from typing import Any

import sqlalchemy as sa

from sungaze_vps.db.models import UtcMillis, counters, samples_table
from sungaze_vps.db.sets import parameter_set
from sungaze_vps.measurement import Measurement
from sungaze_vps.services.rollup_statements import QUARTERS, gained, quarters_from_samples

_DIALECT = "postgresql"


@cache
def quarters_of_device(measurement: Measurement) -> sa.Subquery:
    """Select the quarters of the set `quarters`, all of `:device_id`, complete; `:start` is where the first begins."""
    computed = quarters_from_samples(measurement, _DIALECT, parameter_set("quarters", QUARTERS, _DIALECT))
    rises = []
    for name in counters(measurement):
        last = computed.c[f"last_{name}"]
        neighbour = sa.func.lag(last).over(partition_by=last.is_(None), order_by=computed.c.bucket)
        last_before = sa.func.coalesce(neighbour, _last_before_start(measurement, name))
        rise = gained(computed.c[f"first_{name}"], last_before, computed.c[f"inside_{name}"], _DIALECT)
        rises.append(rise.label(f"rise_{name}"))
    return sa.select(*computed.c, *rises).subquery("linked")


def _last_before_start(measurement: Measurement, name: str) -> sa.ScalarSelect[Any]:
    samples = samples_table(measurement)
    return (
        sa.select(samples.c[name])
        .where(
            samples.c.device_id == sa.bindparam("device_id", type_=sa.Text),
            samples.c.ts < sa.bindparam("start", type_=UtcMillis),
            samples.c[name].is_not(None),
        )
        .order_by(samples.c.ts.desc())
        .limit(1)
        .scalar_subquery()
    )

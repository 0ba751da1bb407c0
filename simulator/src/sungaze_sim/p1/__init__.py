"""A HomeWizard P1 meter that never was: the dongle (API v1 and v2 over real TLS) on a grid meter of the living house.

    async with P1Meter(GridMeter(Watcher(House(start)))) as meter:   # P1Meter() makes a house of its own, at night
        meter.port, meter.ca_file, meter.serial      # HW_P1_PORT, HW_P1_CA_FILE, HW_P1_SERIAL
        meter.v1_port                                # plain HTTP; refused until meter.v1_enabled = True
        meter.pair("local/test")                     # a token without a button
        meter.press_button()                         # opens the 30 seconds in which POST /api/user is allowed
        meter.faults.set("stale", seconds=60)        # names and effects: sungaze_sim.p1.faults.P1_FAULTS
        meter.revoke_all()                           # every token is dead from now on
        meter.record.readings                        # what was handed out

`P1Meter(certificate=Certificate(serial="..."))` shows the papers of another device, `Certificate(look_alike=True)`
those of another authority with the same name, `Certificate(type_word="energysocket")` those of another product.
"""

from sungaze_sim.p1.authority import Certificate
from sungaze_sim.p1.grid_meter import GridMeter
from sungaze_sim.p1.server import P1Meter

__all__ = ["Certificate", "GridMeter", "P1Meter"]

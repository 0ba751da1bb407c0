"""Every fault there is, by name."""

from faults.catalogue import answers, clocks, disks, house, processes, spools, stores, ways
from faults.fault import Fault

CATALOGUE: dict[str, Fault] = {
    fault.name: fault
    for part in (processes, ways, answers, stores, house, clocks, disks, spools)
    for fault in part.FAULTS
}

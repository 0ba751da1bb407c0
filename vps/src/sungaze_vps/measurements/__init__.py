"""The kinds of reading the server knows: every module in this folder is one."""

import importlib
import pkgutil
from functools import cache

from sungaze_vps.measurement import Measurement


@cache
def measurements() -> dict[str, Measurement]:
    """Find every measurement module in this folder; kind -> measurement, in order of name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found: list[Measurement] = [importlib.import_module(f"{__name__}.{name}").MEASUREMENT for name in names]
    return {measurement.kind: measurement for measurement in found}

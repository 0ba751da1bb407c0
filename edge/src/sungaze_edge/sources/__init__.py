"""The kinds of device the edge can read: every package in this folder is one."""

import importlib
import pkgutil
from functools import cache

from sungaze_edge.source import SourceType


@cache
def source_types() -> tuple[SourceType, ...]:
    """Find every source package in this folder, in order of name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)
    return tuple(importlib.import_module(f"{__name__}.{name}").SOURCE_TYPE for name in names)

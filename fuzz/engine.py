"""One target under atheris, in a process of its own: `python -m fuzz.engine TARGET [options of libFuzzer]`."""

import importlib
import logging
import sys
import warnings

import atheris

_INSTRUMENTED = ["sungaze_edge", "sungaze_vps"]


def main(arguments: list[str]) -> None:
    """Fuzz until libFuzzer ends the process."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")  # some are shown when the process ends in the middle of everything
    with atheris.instrument_imports(include=_INSTRUMENTED):
        targets = importlib.import_module("fuzz.targets")
    run = targets.TARGETS[arguments[0]].run
    run(b"")  # what starts slowly starts before the clock does
    atheris.Setup([sys.argv[0], *arguments[1:]], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])

"""One target under atheris, in a process of its own: `python -m fuzz.engine TARGET FOLDER [options of libFuzzer]`."""

import hashlib
import importlib
import logging
import sys
import warnings
from pathlib import Path

import atheris

_INSTRUMENTED = ["sungaze_edge", "sungaze_vps"]


def main(arguments: list[str]) -> None:
    """Fuzz until libFuzzer ends the process; what breaks the target is kept in the folder."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")  # some are shown when the process ends in the middle of everything
    with atheris.instrument_imports(include=_INSTRUMENTED):
        targets = importlib.import_module("fuzz.targets")
    run, folder = targets.TARGETS[arguments[0]].run, Path(arguments[1])
    run(b"")  # what starts slowly starts before the clock does

    def keep_what_breaks(data: bytes) -> None:
        try:
            run(data)
        except BaseException:  # libFuzzer does not always get to it; the name is the one it gives
            (folder / f"crash-{hashlib.sha1(data, usedforsecurity=False).hexdigest()}").write_bytes(data)
            raise

    atheris.Setup([sys.argv[0], *arguments[2:]], keep_what_breaks)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])

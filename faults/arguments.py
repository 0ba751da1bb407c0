"""What is typed after the commands of this package."""

import argparse


def positive(text: str) -> float:
    """Read a length of time.

    Raises:
        argparse.ArgumentTypeError: it is none, or not more than 0.
    """
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def count(text: str) -> int:
    """Read how many; see `positive`."""
    number = positive(text)
    if not number.is_integer():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(number)

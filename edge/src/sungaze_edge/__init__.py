"""Sungaze on the edge: reads a home's energy devices and delivers every reading, once."""

__version__ = "0.1.0"
"""That of `pyproject.toml`, as a test sees to; asking `importlib.metadata` takes half a megabyte on a Raspberry Pi."""

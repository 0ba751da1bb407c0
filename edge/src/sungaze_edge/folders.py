"""What a folder needs besides its files."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make a new file's name as durable as its content.

    Raises:
        OSError: the disk fails.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

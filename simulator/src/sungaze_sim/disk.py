"""An ext4 of its own in a file: it counts what is written to it, fills up, turns read-only and loses its power."""

import fcntl
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

BLOCK_BYTES = 4096
_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN, linux/ext4.h
_WITHOUT_LOG = (2).to_bytes(
    4, "little"
)  # EXT4_GOING_FLAGS_NOLOGFLUSH: forget what is not on the disk yet, journal included


class Disk:
    """A mounted ext4 on a loop device."""

    def __init__(self, folder: Path, device: str, options: str) -> None:
        """Take where it is; `made` makes one."""
        self.folder = folder
        self.device = device
        self._options = options
        self._ballast = folder / "ballast"

    def written(self) -> int:
        """Bytes that reached the device since it was there, those of the file system's own included."""
        return int((Path("/sys/block") / Path(self.device).name / "stat").read_text().split()[6]) * 512

    def fill(self, leave_bytes: int = 0) -> None:
        """Take all room but `leave_bytes`."""
        with suppress(OSError), self._ballast.open("ab") as file:  # the last few blocks may be somebody else's
            room = os.statvfs(self.folder)
            os.posix_fallocate(file.fileno(), file.tell(), max(room.f_bavail * room.f_frsize - leave_bytes, 1))
            while not leave_bytes:
                os.write(file.fileno(), bytes(BLOCK_BYTES))

    def make_room(self) -> None:
        """Give back what `fill` took."""
        self._ballast.unlink(missing_ok=True)

    def read_only(self, *, on: bool) -> None:
        """Refuse writes, or take them again; files that are open for writing prevent it."""
        _run("mount", "-o", f"remount,{'ro' if on else 'rw'}", str(self.folder))

    def lose_power(self) -> None:
        """Forget everything that was not forced to the disk; all writing fails from now on, until `restart`.

        The device's own cache keeps its power: what was sent to it without a flush stays.
        """
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, _SHUTDOWN, _WITHOUT_LOG)
        finally:
            os.close(folder)

    def restart(self) -> None:
        """Mount it again, as after a power cut: ext4 replays its journal. No process may have a file open on it."""
        _run("umount", str(self.folder))
        self.mount()

    def mount(self) -> None:
        """Mount the device."""
        _run("mount", "-o", self._options, self.device, str(self.folder))


@contextmanager
def made(size_bytes: int = 2**29, options: str = "noatime") -> Iterator[Disk]:
    """Make an ext4 with blocks as on any SD card, mount it, and take it away in the end.

    Raises:
        OSError: this may not be done here (it needs root and loop devices).
    """
    with tempfile.TemporaryDirectory(prefix="sungaze-disk-") as name:
        image, folder = Path(name) / "image", Path(name) / "disk"
        folder.mkdir()
        with image.open("wb") as file:
            file.truncate(size_bytes)
        _run("mkfs.ext4", "-q", "-b", str(BLOCK_BYTES), str(image))
        disk = Disk(folder, _run("losetup", "--find", "--show", str(image)), options)
        try:
            disk.mount()
            try:
                yield disk
            finally:
                _run("umount", "-l", str(folder))
        finally:
            _run("losetup", "--detach", disk.device)


def _run(*command: str) -> str:
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own words
    except subprocess.CalledProcessError as error:
        raise OSError(f"{' '.join(command)}: {error.stderr.strip()}") from error
    return done.stdout.strip()

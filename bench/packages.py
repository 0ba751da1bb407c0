"""Programs of others, from the ordinary registries, kept in `.bench/peers` and installed nowhere."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).parent.parent / ".bench/peers"
_PATIENCE_S = 180


class NotInstallableError(Exception):
    """A program cannot be had here; the text says why."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that is there."""

    path: Path
    version: str
    """With its age."""


def from_debian(package: str, program: str) -> Program:
    """Give a program of a Debian package: the installed one, or unpacked from a download.

    Raises:
        NotInstallableError: there is no such package for this system.
    """
    installed = shutil.which(program)
    path = Path(installed) if installed else FOLDER / "debian/usr/bin" / program
    if not path.exists():
        _unpack(package)
    if not path.exists():
        raise NotInstallableError(f"Debian's {package} has no {program}")
    version_file = FOLDER / f"{package}.version"
    version = version_file.read_text() if version_file.exists() else "as installed"
    built = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Program(path, f"{program} {version}, built {built:%Y-%m}")


def _unpack(package: str) -> None:
    downloads = FOLDER / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise NotInstallableError(f"{package} is measured from Debian's package, and this is no Debian")
    _run(["apt-get", "download", package], downloads)
    (archive,) = downloads.glob(f"{package}_*.deb")
    _run(["dpkg-deb", "-x", str(archive), str(FOLDER / "debian")], downloads)
    (FOLDER / f"{package}.version").write_text(_run(["dpkg-deb", "-f", str(archive), "Version"], downloads).strip())
    archive.unlink()


def from_pypi(name: str, *requirements: str) -> Path:
    """Give the Python of an environment of its own that has these packages.

    Raises:
        NotInstallableError: they cannot be installed.
    """
    python = FOLDER / name / "bin/python"
    ready = FOLDER / name / ".ready"
    if not ready.exists():
        uv = str(Path(sys.executable).with_name("uv"))
        FOLDER.mkdir(parents=True, exist_ok=True)
        _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(FOLDER / name)], FOLDER)
        _run([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *requirements], FOLDER)
        ready.touch()
    return python


def _run(command: list[str], folder: Path) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = str(getattr(error, "stderr", "") or error).strip().splitlines()
        raise NotInstallableError(f"not installable here: {said[-1] if said else command[0]}") from error
    return done.stdout

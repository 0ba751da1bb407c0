"""One real process: started, stopped, killed, paused; it never outlives this one."""

import asyncio
import ctypes
import os
import pwd
import signal
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_PR_SET_PDEATHSIG = 1
_START_S, _STOP_S = 60.0, 20.0
_KEPT = ("PATH", "PYTHONPATH", "HOME", "LANG", "TZ", "TMPDIR", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")


class ProgramError(Exception):
    """A process did not start or end as it should; the text shows the end of its log."""


@dataclass(slots=True)
class Program:
    """A command, and the process that runs it now, if one does."""

    name: str
    command: Sequence[str]
    folder: Path
    settings: Mapping[str, str]
    port: int | None = None
    """Where it listens once it is ready."""
    sign: str = ""
    """What it writes into its log once it is ready, where it listens nowhere."""
    user: str | None = None
    home: Path | None = None
    """The folder it runs in, if not the one of its log."""
    end_signals: tuple[int, int] = (signal.SIGTERM, signal.SIGKILL)
    """The polite one and the other."""
    process: Process | None = None
    _log_begins: int = 0
    bad_ends: list[str] = field(default_factory=list)
    """What ended with another status than 0 although it was asked politely."""

    @property
    def log_file(self) -> Path:
        """Where its output goes, of all its lives."""
        return self.folder / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        return self.process.pid if self.process and self.process.returncode is None else None

    async def start(self) -> None:
        """Start it and wait until its port answers.

        Raises:
            ProgramError: it ended at once, or does not listen in time.
        """
        self._log_begins = self.log_file.stat().st_size if self.log_file.exists() else 0
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | dict(self.settings)
        with self.log_file.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                env=environment,
                cwd=self.home or self.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C on the terminal is ours to pass on
                preexec_fn=_end_with_parent,
                user=self.user and pwd.getpwnam(self.user).pw_uid,
                group=self.user and pwd.getpwnam(self.user).pw_gid,
            )
        if self.port is not None or self.sign:
            await self._ready()

    async def stop(self) -> int:
        """Ask it to end and give its status; one that does not listen is killed, and that is kept as a bad end."""
        if self.process is None:
            return 0
        if self.pid is not None:
            self.signal(signal.SIGCONT)
            self.process.send_signal(self.end_signals[0])
            try:
                await asyncio.wait_for(self.process.wait(), _STOP_S)
            except TimeoutError:
                await self.kill()
        status = await self.process.wait()
        if status != 0:
            self.bad_ends.append(f"{self.name} ended with status {status} when it was asked to")
        return status

    async def kill(self) -> None:
        """End it without a warning, paused or not."""
        if self.process is None or self.pid is None:
            return
        polite = self.end_signals[1] != signal.SIGKILL
        if polite:
            self.signal(signal.SIGCONT)
        self.process.send_signal(self.end_signals[1])
        try:
            await asyncio.wait_for(self.process.wait(), _STOP_S)
        except TimeoutError:
            self.signal(signal.SIGKILL)
            await self.process.wait()

    async def restart(self) -> None:
        """End it politely and start it again."""
        await self.stop()
        await self.start()

    def signal(self, number: int) -> None:
        """Send a signal to it and to every process it has started."""
        for process in self._family():
            with suppress(psutil.Error):
                process.send_signal(number)

    def require_running(self) -> None:
        """Raise ProgramError when it has ended by itself."""
        if self.pid is None:
            status = None if self.process is None else self.process.returncode
            raise ProgramError(f"{self.name} is not running (status {status}):\n{self.log_tail()}")

    def log_tail(self) -> str:
        """Give the last lines of its log."""
        if not self.log_file.exists():
            return ""
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-15:])

    def _family(self) -> list[psutil.Process]:
        try:
            process = psutil.Process(self.pid) if self.pid else None
            return [process, *process.children(recursive=True)] if process else []
        except psutil.Error:
            return []

    async def _is_ready(self) -> bool:
        if self.port is not None:
            return await answers(self.port)
        with self.log_file.open(errors="replace") as log:
            log.seek(self._log_begins)
            return self.sign in log.read()

    async def _ready(self) -> None:
        try:
            async with asyncio.timeout(_START_S):
                while not await self._is_ready():
                    self.require_running()
                    await asyncio.sleep(0.03)
        except TimeoutError:
            raise ProgramError(f"{self.name} does not get ready:\n{self.log_tail()}") from None


async def answers(port: int) -> bool:
    """Tell whether somebody listens on a port of the loopback."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _end_with_parent() -> None:
    """Have the kernel kill this process when the harness is gone, however that ended."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

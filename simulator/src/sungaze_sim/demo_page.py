"""How a person gets to the dashboard of the demo: the page if it was built, a door to it, a token to sign in with."""

import secrets
from pathlib import Path

from sungaze_sim.stack import DEVICE_ID, P1_DEVICE_ID

PAGE = Path(__file__).parents[3] / "dashboard/dist"
PORT = 8080
"""Where a person expects it; another one when somebody has it."""


class Page:
    """The page, whether or not it was built."""

    def __init__(self, folder: Path = PAGE) -> None:
        """Make a token that a double click selects; it lives as long as the demo."""
        self._folder = folder
        self.token = secrets.token_hex(8)

    def api_settings(self) -> dict[str, str]:
        """Give what the server needs to serve the page to whoever has the token."""
        reading = {"READ_TOKENS": ",".join(f"{self.token}:{device}" for device in (DEVICE_ID, P1_DEVICE_ID))}
        return reading | ({"DASHBOARD_DIR": str(self._folder)} if self._is_built() else {})

    def hints(self, port: int) -> list[str]:
        """Say where it is and how to get in, or how to build it."""
        if not self._is_built():
            return ["To see the house in a browser: make dashboard (needs Node 20), then start the demo again.", ""]
        return [f"The house in a browser: http://127.0.0.1:{port}/dashboard/", "sign in with", "", self.token, ""]

    def _is_built(self) -> bool:
        return (self._folder / "index.html").is_file()

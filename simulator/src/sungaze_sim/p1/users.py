"""Who may read the dongle: tokens by name, and the button that lets a new one in."""

import re
import secrets

from sungaze_sim.clock import Clock

_WINDOW_S = 30
_STORAGE = 20
_PREFIX = "local/"
_ALLOWED = re.compile(r"[a-zA-Z0-9\-_/\\# ]+")
_LONGEST = 40


class UserError(Exception):
    """A user cannot be made; the text is the dongle's error code."""


class Users:
    """The tokens of one dongle."""

    def __init__(self, clock: Clock, *, button_held: bool = False, press_after_s: float | None = None) -> None:
        """Begin without users. The button may be held for ever, or be pressed some seconds from now."""
        self._clock = clock
        self._held = button_held
        self._pressed = None if press_after_s is None else clock.monotonic() + press_after_s
        self._tokens: dict[str, str] = {}

    def press_button(self) -> None:
        """Open the window in which a user can be made."""
        self._pressed = self._clock.monotonic()

    def create(self, name: str) -> str:
        """Make a user, or a new token for one that is there (the old token is dead then).

        Raises:
            UserError: the name is not allowed, the button was not pressed, or there is no room.
        """
        if problem := problem_with(name):
            raise UserError(problem)
        if not self._may_create():
            raise UserError("user:creation-not-enabled")
        return self.admit(name)

    def admit(self, name: str) -> str:
        """Make a user without asking for the button.

        Raises:
            UserError: there is no room.
        """
        if name not in self._tokens and len(self._tokens) >= _STORAGE:
            raise UserError("user:no-storage")
        self._tokens[name] = secrets.token_hex(16).upper()
        return self._tokens[name]

    def remove(self, name: str) -> None:
        """Forget a user.

        Raises:
            UserError: there is none of that name.
        """
        if name not in self._tokens:
            raise UserError("user:not-found")
        del self._tokens[name]

    def clear(self) -> None:
        """Forget everybody."""
        self._tokens.clear()

    def name_of(self, token: str) -> str | None:
        """Tell whose token this is."""
        return next((name for name, theirs in self._tokens.items() if secrets.compare_digest(theirs, token)), None)

    def names(self) -> list[str]:
        """Name the users."""
        return list(self._tokens)

    def _may_create(self) -> bool:
        if self._held:
            return True
        return self._pressed is not None and 0 <= self._clock.monotonic() - self._pressed < _WINDOW_S


def problem_with(name: str) -> str | None:
    """Give the error code of a name that is not allowed."""
    if not name.startswith(_PREFIX):
        return "user:invalid-prefix"
    own = name.removeprefix(_PREFIX)
    if not own:
        return "user:name-empty"
    if len(own) > _LONGEST:
        return "user:name-too-long"
    return None if _ALLOWED.fullmatch(own) else "user:name-invalid"

"""What the dongle means when it gives no measurement, and what its owner can do about it."""

from dataclasses import dataclass

_PAIR_AGAIN = "pair again with 'sungaze-edge pair --again'"
_CHECK_CABLE = (
    "check the cable between meter and dongle, and that the P1 port is still enabled "
    "(Belgium: Mijn Fluvius or your own network operator; re-plugging the dongle helps at times)"
)
_UPDATE = "update the dongle's firmware in the HomeWizard Energy app"
_REPORT = "that is a mistake of this program: please report it"
_REPLUG = "if this stays, re-plug the dongle"
_LONGEST_CODE = 100


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal in words."""

    meaning: str
    remedy: str
    is_passing: bool = False
    """Whether it may end by itself."""

    def __str__(self) -> str:
        """Say it in one clause for a person."""
        return f"{self.meaning}: {self.remedy}"


_V2 = {
    "user:unauthorized": Refusal("it does not know the token (wrong, revoked, or replaced by another)", _PAIR_AGAIN),
    "user:creation-not-enabled": Refusal("its button was not pressed", "press it, and pair within 30 seconds"),
    "user:no-storage": Refusal(
        "it has no room for another user", "remove one, in the HomeWizard Energy app or by DELETE /api/user"
    ),
    "user:invalid-prefix": Refusal("the name must begin with local/", "choose another --name"),
    "user:name-empty": Refusal("the name is empty", "choose another --name"),
    "user:name-invalid": Refusal("it does not take this name", "choose a --name of letters, digits, - and _"),
    "user:name-too-long": Refusal("the name is too long", "choose a shorter --name"),
    "user:not-found": Refusal("it knows no user of this name", "look at the names with GET /api/user"),
    "telegram:no-telegram-received": Refusal("it receives nothing from the electricity meter", _CHECK_CABLE),
    "request:api-version-not-supported": Refusal("its firmware does not have version 2 of the API", _UPDATE),
    "request:internal-server-error": Refusal("it made a mistake itself", _REPLUG, is_passing=True),
    "request:invalid-json": Refusal("it did not understand the request", _REPORT),
    "request:too-large": Refusal("the request was too large", _REPORT),
    "request:unknown-subscription": Refusal("it knows no such subscription", _REPORT),
    "request:unknown-type": Refusal("it knows no such message", _REPORT),
    "json:no-parameters-recognized": Refusal("it knows nothing of what was asked to change", _REPORT),
    "json:parameter-invalid-type": Refusal("a value has the wrong type", _REPORT),
    "json:parameter-missing": Refusal("a value is missing", _REPORT),
    "json:parameter-not-exclusive": Refusal("two values exclude each other", _REPORT),
}
_V1 = {
    "2": Refusal("it did not understand the request", _REPORT),
    "7": Refusal("it does not take this value", _REPORT),
    "8": Refusal("this value cannot be changed", _REPORT),
    "201": Refusal("the request was too large", _REPORT),
    "202": Refusal(
        "its local API (version 1) is switched off",
        "switch on 'Local API' in the HomeWizard Energy app (settings of the meter), "
        "or better: run 'sungaze-edge pair' and read version 2",
    ),
    "901": Refusal("it made a mistake itself", _REPLUG, is_passing=True),
}
_FAMILIES = tuple({f"{code.partition(':')[0]}:" for code in _V2})
_STATUS = {
    401: _V2["user:unauthorized"],
    403: Refusal("it does not allow this", _PAIR_AGAIN),
    404: Refusal("it does not have this part of the API, or is no P1 meter", f"check HW_P1_HOST, or {_UPDATE}"),
    429: Refusal("it is asked too often", "let fewer programs read it", is_passing=True),
    503: Refusal("it is not ready", _REPLUG, is_passing=True),
}


def explain(status: int | None, code: str | None) -> Refusal:
    """Explain an answer other than 200 by the code in its body and its HTTP status; what is unknown is shown."""
    if code:
        known = _V2.get(code) or _V1.get(code) or _V2.get(code.rpartition(":")[0])
        if known:
            return known
    if status in _STATUS:
        known = _STATUS[status]
        return Refusal(f"{known.meaning} ({code})", known.remedy, known.is_passing) if code else known
    shown = f" ({code})" if code else ""
    if status is not None and status >= 500:
        return Refusal(f"it has trouble of its own{shown}", _REPLUG, is_passing=True)
    return Refusal(f"it says what this program does not know{shown}", f"check HW_P1_HOST; {_REPLUG}", is_passing=True)


def error_code(document: object) -> str | None:
    """Find the code in an error body: version 1 has a number, version 2 a text, its WebSocket a message."""
    if isinstance(document, str):
        return _printable(document) if document.startswith(_FAMILIES) else None
    error = document.get("error") if isinstance(document, dict) else None
    if isinstance(document, dict) and error is None and document.get("type") == "error":
        error = document.get("data")
    if isinstance(error, dict):
        error = next((error[key] for key in ("id", "code", "message", "error") if key in error), None)
    return _printable(str(error)) if isinstance(error, str | int | float) and not isinstance(error, bool) else None


def _printable(text: str) -> str | None:
    """Bound what a stranger gave us; a code has no spaces, so a sentence or a page is none."""
    text = text.strip().removesuffix(".0")
    return text if 0 < len(text) <= _LONGEST_CODE and text.isprintable() and " " not in text else None

"""What an answer of the server means for the readings that were sent."""

from enum import Enum
from typing import Any

from sungaze_edge.server import Answer


class Verdict(Enum):
    """What becomes of a batch."""

    STORED = "stored"
    """The server has it: delete."""
    REFUSED = "refused"
    """Something in it is not acceptable: set exactly that aside, send the rest again."""
    DENIED = "denied"
    """The token is wrong or not for this device: keep all, try slowly, a person must act."""
    LATER = "later"
    """Not now: keep all, back off."""
    MISPLACED = "misplaced"
    """This is not our server's answer, the address seems wrong: keep all, back off."""


_LONGEST_REASON = 1000
_BY_STATUS = {
    400: Verdict.REFUSED,
    413: Verdict.REFUSED,
    422: Verdict.REFUSED,
    401: Verdict.DENIED,
    403: Verdict.DENIED,
    408: Verdict.LATER,
    425: Verdict.LATER,
    429: Verdict.LATER,
}


def verdict(answer: Answer) -> Verdict:
    """Judge an answer by its status, and by whether it has the shape that only our server gives it."""
    if 200 <= answer.status < 300:
        count = (answer.document or {}).get("inserted")
        return Verdict.STORED if type(count) is int and count >= 0 else Verdict.MISPLACED
    judged = _BY_STATUS.get(answer.status, Verdict.LATER if answer.status >= 500 else Verdict.MISPLACED)
    # A proxy in between may limit sizes, but it knows nothing of samples.
    if judged is Verdict.REFUSED and answer.status != 413 and not _is_our_problem(answer):
        return Verdict.MISPLACED
    return judged


def _is_our_problem(answer: Answer) -> bool:
    """Whether an answer has the shape of every problem that our server reports (RFC 9457)."""
    match answer.document:
        case {"type": str(), "status": int(status)}:
            return status == answer.status
    return False


def refused_samples(document: dict[str, Any] | None, count: int) -> dict[int, str]:
    """Give the reason for each refused index of a batch of `count`, from `errors[].loc`; empty when it names none."""
    reasons: dict[int, list[str]] = {}
    errors = (document or {}).get("errors")
    for error in errors if isinstance(errors, list) else []:
        match error:
            case {"loc": ["body", "samples", int(index), *where]} if 0 <= index < count:
                field = ".".join(str(part) for part in where if isinstance(part, str | int))
                message = said(error.get("msg"), "not acceptable")
                reasons.setdefault(index, []).append(f"{field}: {message}".lstrip(": "))
    return {index: said("; ".join(texts), "") for index, texts in reasons.items()}


def said(text: object, otherwise: str) -> str:
    """Give a text of the server's so that it can be stored: bounded, and without half a character."""
    kept = text[:_LONGEST_REASON] if isinstance(text, str) else otherwise
    return kept.encode(errors="replace").decode()


def complaint(judged: Verdict, answer: Answer) -> str:
    """Say in half a sentence what is wrong, and what to do."""
    status = answer.status
    if judged is Verdict.DENIED:
        about = "does not know the token" if status == 401 else "knows the token, but not for this device"
        return f"the server {about} (status {status}); check VPS_DEVICE_TOKEN and DEVICE_ID against its DEVICE_TOKENS"
    if judged is Verdict.LATER:
        return f"the server answers with status {status}"
    if 300 <= status < 400:
        return f"the server redirects to {answer.location} (status {status}); set VPS_INGEST_URL to the final address"
    if 200 <= status < 300:
        return (
            f"something else than a Sungaze server answers (status {status}); check VPS_INGEST_URL and for a login page"
        )
    return f"no Sungaze server is at this address (status {status}); check VPS_INGEST_URL"

"""`GET /dashboard/`: the page, for browsers; the files of one folder, read once and kept in memory.

What may be asked for is a table of exact paths, so that no spelling of a path leads to another file. The page is
public, like its source; a reading is given only to the token that somebody types into it.
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from sungaze_vps.api.plain_route import PlainRoute
from sungaze_vps.errors import StartupError

router = APIRouter(include_in_schema=False, route_class=PlainRoute)

PAGE = "/dashboard/"
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_NAMED_BY_CONTENT = "assets/"  # the build puts a hash into the names there
_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file, ready to be sent."""

    plain: bytes
    gzipped: bytes | None
    """None where gzip makes it no smaller."""
    headers: Mapping[str, str]

    @property
    def tag(self) -> str:
        """The ETag without the mark of a weak one; weak because both forms of the file share it."""
        return self.headers["ETag"].removeprefix("W/")


type Page = Mapping[str, PageFile]
"""Path below `/dashboard/` -> file."""


def read_page(folder: Path | None) -> Page:
    """Read what browsers know what to do with; everything else in the folder is left out.

    Raises:
        StartupError: when a file cannot be read.
    """
    if folder is None:
        return {}
    paths = [path for path in folder.rglob("*") if path.suffix in _MEDIA_TYPES and path.is_file()]
    page = {path.relative_to(folder).as_posix(): _read(path, folder) for path in paths}
    return page | {"": page["index.html"]}


def _read(path: Path, folder: Path) -> PageFile:
    try:
        plain = path.read_bytes()
    except OSError as error:
        raise StartupError(f"the page's file {path} cannot be read ({error.strerror})") from error
    smaller = gzip.compress(plain, mtime=0)
    gzipped = smaller if len(smaller) < 0.95 * len(plain) else None  # pictures and fonts are compressed already
    lasting = path.relative_to(folder).as_posix().startswith(_NAMED_BY_CONTENT)
    headers = {
        "Content-Type": _MEDIA_TYPES[path.suffix],
        "Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache",
        "ETag": f'W/"{hashlib.sha256(plain).hexdigest()[:20]}"',
        **({"Vary": "Accept-Encoding"} if gzipped else {}),
        **_SECURITY,
    }
    return PageFile(plain, gzipped, headers)


@router.api_route("/dashboard", methods=["GET", "HEAD"])
async def bare_name(request: Request) -> Response:
    """Lead on to the page, whose links are relative to its own address."""
    if not request.app.state.page:
        raise HTTPException(404)
    return RedirectResponse(PAGE)


@router.api_route("/dashboard/{path:path}", methods=["GET", "HEAD"])
async def page_file(request: Request) -> Response:
    """Answer with a file, or with 304 when the browser has it."""
    page: Page = request.app.state.page
    file = page.get(request.path_params["path"])
    if file is None:
        raise HTTPException(404)
    if _has(request, file):
        return Response(status_code=304, headers={**file.headers})
    if file.gzipped is not None and names(request.headers.get("accept-encoding"), "gzip"):
        return Response(file.gzipped, headers={**file.headers, "Content-Encoding": "gzip"})
    return Response(file.plain, headers={**file.headers})


def _has(request: Request, file: PageFile) -> bool:
    tags = request.headers.get("if-none-match", "").split(",")
    return any(tag.strip().removeprefix("W/") in {file.tag, "*"} for tag in tags)


def names(header: str | None, value: str) -> bool:
    """Tell whether an Accept header or one of its kin names a value as wanted; a wildcard names nothing."""
    for entry in (header or "").lower().split(","):
        name, *parameters = (part.strip() for part in entry.split(";"))
        if name == value:
            return not any(parameter.startswith("q=") and not parameter[2:].strip("0.") for parameter in parameters)
    return False

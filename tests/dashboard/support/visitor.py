"""Somebody who looks at the page, and notes whatever goes wrong in the browser meanwhile."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import ConsoleMessage, Locator, Page, Request, expect

AXE = Path(__file__).parents[3] / "dashboard/node_modules/axe-core/axe.min.js"
PATIENCE_MS = 20_000
"""A busy machine is no fault of the page."""
_TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.effectiveDirective} refused ${event.blockedURI} at ${event.sourceFile}`));
"""
NO_SERVER = r"ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)"
"""What Chromium says of a server that went away."""
_SERIOUS = {"serious", "critical"}

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Visitor:
    """One page in a browser of its own."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Paths below `/v1/` that were asked for, with their queries."""
    _expected: list[str] = field(default_factory=list)

    async def begin(self) -> "Visitor":
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("request", self._note)
        self.page.on("requestfailed", self._failed)
        await self.page.add_init_script(_TELL_VIOLATIONS)
        return self

    def expect_fault(self, pattern: str) -> None:
        """Say that the browser will complain of something, and is right."""
        self._expected.append(pattern)

    def unexpected(self) -> list[str]:
        return [fault for fault in self.faults if not any(re.search(known, fault) for known in self._expected)]

    async def open(self, route: str = "") -> None:
        await self.page.goto(f"{self.url}/dashboard/{route}")

    async def sign_in(self, token: str, route: str = "") -> "Visitor":
        await self.open(route)
        await self.page.locator("#token").fill(token)
        await self.page.locator("button[type=submit]").click()
        await expect(self.page.locator(".navigation")).to_be_visible()
        return self

    @property
    def state(self) -> Locator:
        """Whether readings arrive."""
        return self.page.locator(".link-state")

    async def in_state(self, state: str) -> None:
        await expect(self.state).to_have_attribute("data-state", state)

    def flow(self, part: str) -> Locator:
        """One node of the picture, by its name in the page's language."""
        return self.page.locator(".flow g", has=self.page.locator(".label", has_text=re.compile(f"^{part}")))

    async def shows_power(self, part: str, power: str) -> None:
        await expect(self.flow(part).locator(".value")).to_have_text(power.replace(" ", "\u00a0"))

    async def last_data_kept(self, text: str, *, there: bool = True) -> None:
        """Wait until the last data contains a text, or does not; the page writes it a moment after it came."""
        kept = "(localStorage.getItem('sungaze.last-data') ?? '')"
        for _ in range(PATIENCE_MS // 100):
            if (text in await self.page.evaluate(kept)) is there:
                return
            await self.page.wait_for_timeout(100)
        raise AssertionError(f"the last data: {'nothing' if there else 'still something'} of {text}")

    async def look_out_for(self, text: str) -> None:
        """Note the moment in which the picture shows a text."""
        await self.page.evaluate(
            """(text) => { window.seenAt = new Promise((seen) => {
              const look = () => document.querySelector(".flow")?.textContent.includes(text) && seen(Date.now());
              new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
              look();
            }) }""",
            text.replace(" ", "\u00a0"),
        )

    async def seen_at(self) -> float:
        """Wait for what was looked out for; give its time, Unix seconds."""
        return float(await self.page.evaluate("window.seenAt")) / 1000

    async def serious_faults_of_access(self) -> list[str]:
        """Let axe look at the page as it is; give what keeps somebody out."""
        await self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: dict[str, Any] = await self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{violation['id']}: {node['html'][:160]} {node['any'][0]['message'] if node['any'] else ''}"
            for violation in found["violations"]
            if violation["impact"] in _SERIOUS
            for node in violation["nodes"]
        ]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.faults.append(f"{message.type}: {message.text}")

    def _note(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.path.startswith("/v1/"):
            self.asked.append(f"{parts.path}?{parts.query}".rstrip("?"))

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page let go of it
            self.faults.append(f"failed: {request.method} {request.url}: {request.failure}")

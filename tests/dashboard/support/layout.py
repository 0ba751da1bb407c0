"""What a look at a page would find: texts over each other, things that stick out, targets too small for a finger."""

from pathlib import Path

from playwright.async_api import Page

FINGER_PX = 44

_LOOK = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


async def faults_of_layout(page: Page) -> list[str]:
    """Give what a designer would send back."""
    found: list[str] = await page.evaluate(_LOOK, FINGER_PX)
    return found


async def texts(page: Page) -> set[str]:
    """Give every text that can be seen or is read out."""
    told: list[str] = await page.evaluate(
        """() => {
          const told = [];
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          for (let node = walker.nextNode(); node; node = walker.nextNode())
            if (!node.parentElement.closest("script, style, noscript, option")) told.push(node.textContent);
          for (const element of document.querySelectorAll("[aria-label], [title], [placeholder]"))
            told.push(element.ariaLabel ?? "", element.title ?? "", element.placeholder ?? "");
          return told;
        }"""
    )
    return {text.strip() for text in told if text.strip()}

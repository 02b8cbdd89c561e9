"""A real Chromium without a window, logged in to a Home Assistant of the tests.

Knows nothing of what stands on the page.
"""

from __future__ import annotations

import json
import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.broker import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.home_assistant import HomeAssistant

PATIENCE_MS = 30_000
"""A deadline for what should happen at once: only a failure waits for it."""
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
"""A desk's screen and a phone's, in pixels."""
HOURS_MS = 3_600_000
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"region": {"enabled": False}},  # landmarks are the page's
    "resultTypes": ["violations"],
}
"""What axe-core holds an element against, by its names."""


def chromium() -> str:
    """The browser's program; skips the test where there is none."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is not installed; scripts/setup --dev does it where the distribution has it")
    return program


@contextmanager
def browser() -> Iterator[Browser]:
    """Run a browser."""
    program = chromium()
    playwright = pytest.importorskip("playwright.sync_api", reason="there is no playwright for this machine")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=program)
        yield running
        running.close()


def open_page(
    running: Browser, home: HomeAssistant, path: str, *, size: dict[str, int], language: str = "en", token: str | None = None
) -> Page:
    """A page of Home Assistant as its owner sees it, or whose token it is, without a password: the browser has it of a login before."""
    context = running.new_context(viewport=size, locale=language)  # type: ignore[arg-type] # a TypedDict of these two
    context.set_default_timeout(PATIENCE_MS)
    login = {
        "hassUrl": home.url,
        "clientId": None,
        "expires": (time.time() * 1000) + HOURS_MS,
        "refresh_token": "",
        "access_token": token or home.token,
        "expires_in": HOURS_MS,
        "token_type": "Bearer",
    }
    kept = {"hassTokens": login, "selectedLanguage": language}
    for key, value in kept.items():
        context.add_init_script(f"localStorage.setItem({json.dumps(key)}, {json.dumps(json.dumps(value))})")
    page = context.new_page()
    page.goto(home.url + path)
    return page


def wait_until_usable(page: Page, within: str) -> None:
    """Wait until nothing keeps people with a keyboard, a screen reader or weak eyes from using an element, by its name.

    Home Assistant changes colours by and by, and what axe-core finds in the rest of the page is its own.
    """
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="there is no playwright for this machine").Axe()

    def obstacles() -> list[str]:
        found = axe.run(page, options=RULES).response["violations"]
        nodes = [(rule["id"], node) for rule in found for node in rule["nodes"] if within in str(node["target"])]
        return [f"{rule}: {node['failureSummary']} {node['html']}" for rule, node in nodes]

    try:
        wait_until(lambda: not obstacles(), "axe-core finds nothing")
    except AssertionError as error:
        raise AssertionError("\n".join(obstacles())) from error

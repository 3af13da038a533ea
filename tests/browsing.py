"""Pages in a real browser, for the tests of them, which are skipped where there is no Chromium."""

import re
import shutil
from contextlib import contextmanager

import pytest

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--use-fake-device-for-media-stream",  # a camera, where a test permits it
)


@contextmanager
def started():
    """A browser, until the block ends."""
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield found
        found.close()


@contextmanager
def opened(browser, address, logged=(), **context):
    """The page, loaded. The test fails if the browser asked any other host for anything, or if the
    console has any error but those that contain one of `logged`."""
    with browser.new_context(**context) as made:
        found = made.new_page()
        asked, errors = [], []
        found.on("request", lambda request: asked.append(request.url))
        found.on("pageerror", lambda error: errors.append(str(error)))
        found.on(
            "console",
            lambda message: errors.append(message.text) if message.type == "error" else None,
        )
        found.goto(f"{address}/")
        yield found
    assert [error for error in errors if not any(part in error for part in logged)] == []
    assert [url for url in asked if not url.startswith((address, "data:"))] == []


def chances(page):
    """Class -> the probability that is shown, in the order shown."""
    rows = page.locator("#chances tr").all()
    return {
        row.locator("th").inner_text(): float(row.locator(".number").get_attribute("data-value"))
        for row in rows
    }


def predict(page):
    page.get_by_role("button", name="Predict").click()


def amount(text):
    """A shown amount of money as a number."""
    return float(re.sub(r"[^0-9.-]", "", text))


def predicted(page):
    """The prediction that is shown, once there is one and nothing is on its way."""
    page.locator("#answer:not([aria-busy]) .amount").wait_for()
    return amount(page.locator(".amount").inner_text())


def findings(page):
    """What axe-core finds wrong with the page, of any weight."""
    violations = axe.Axe().run(page).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:120]}"
        for each in violations
        for node in each["nodes"]
    ]

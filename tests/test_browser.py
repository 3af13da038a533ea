"""The page of a served project in a real browser. Skipped where there is no Chromium."""

import shutil
from contextlib import contextmanager

import pytest
from processes import service

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="module")
def address(trained_project, tmp_path_factory):
    log = tmp_path_factory.mktemp("served") / "log"
    with service(trained_project, log, APP_PREDICTION_LOG="") as found:
        yield f"http://{found}"


@contextmanager
def opened(address):
    """The page, loaded; the test fails if the browser asked any other host for anything."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        found = browser.new_page()
        asked, errors = [], []
        found.on("request", lambda request: asked.append(request.url))
        found.on("pageerror", lambda error: errors.append(str(error)))
        found.goto(f"{address}/")
        yield found
        browser.close()
    assert not errors
    assert [url for url in asked if not url.startswith((address, "data:"))] == []


@pytest.fixture
def page(address):
    with opened(address) as found:
        yield found


def test_the_form_predicts_with_an_interval(page):
    page.get_by_label("OverallQual").fill("8")
    page.get_by_role("button", name="Predict").click()
    answer = page.get_by_role("status")
    answer.get_by_text("90% interval").wait_for()
    low, high = (
        float(part.replace(",", "")) for part in answer.inner_text().split(": ")[1].split(" to ")
    )
    price = float(answer.locator("strong").inner_text().replace(",", ""))
    assert low < price < high
    page.get_by_label("OverallQual").fill("3")
    page.get_by_role("button", name="Predict").click()
    page.wait_for_function(
        "shown => document.querySelector('#answer strong')?.textContent !== shown",
        arg=f"{price:,.0f}",
    )
    assert float(answer.locator("strong").inner_text().replace(",", "")) < price


def test_a_refused_value_is_explained_in_the_page(page):
    page.get_by_label("GrLivArea").fill("1e20")
    page.get_by_role("button", name="Predict").click()
    page.get_by_text("No prediction: GrLivArea").wait_for()


def test_every_control_has_a_name_and_the_keyboard_reaches_the_answer(page):
    unnamed = page.evaluate(
        "[...document.querySelectorAll('input, select')].filter(c => !c.labels.length).length"
    )
    assert unnamed == 0
    page.get_by_label("OverallQual").press("Enter")
    page.get_by_role("status").get_by_text("90% interval").wait_for()


def test_a_page_asks_for_the_key_of_a_service_that_has_one(trained_project, tmp_path):
    variables = {"APP_PREDICTION_LOG": "", "APP_API_KEY": "sesame"}
    with (
        service(trained_project, tmp_path / "log", **variables) as address,
        opened(f"http://{address}") as page,
    ):
        assert not page.locator("#key").is_visible()
        page.get_by_role("button", name="Predict").click()
        page.get_by_label("Key of this service").fill("sesame")
        page.get_by_role("button", name="Predict").click()
        page.get_by_role("status").get_by_text("90% interval").wait_for()


def test_a_narrow_screen_needs_no_sideways_scrolling(page):
    page.set_viewport_size({"width": 360, "height": 700})
    page.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

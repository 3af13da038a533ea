"""cv-api's page in a real browser: what goes wrong is said beside what it is about."""

from contextlib import suppress

import pytest
from browsing import needs_chromium, opened, playwright
from picture_page import choose, photo, settled
from processes import service

pytestmark = needs_chromium

HELD = {"detail": "Try again later."}


def test_an_answer_that_comes_too_late_is_dropped(picture_page):
    held = []

    def hold_the_first(route):
        if held:
            route.continue_()
        else:
            held.append(route)

    picture_page.route("**/predict", hold_the_first)
    with picture_page.expect_request("**/predict"):
        choose(picture_page, photo(60, 40))
    with picture_page.expect_response("**/predict") as answer:
        choose(picture_page, photo(40, 60), "second.jpg")
    settled(picture_page)
    for route in held:
        # That the browser no longer waits for it is as well.
        with suppress(playwright.Error):
            route.fulfill(json={**answer.value.json(), "label": "too late"})
    # A later answer has come, so that would have.
    picture_page.evaluate("fetch('/health/live').then((answer) => answer.text())")
    assert (
        picture_page.locator(".label").get_attribute("data-label") == answer.value.json()["label"]
    )
    assert picture_page.locator("#shown").get_attribute("alt") == "Your picture, second.jpg"


def test_a_refused_file_is_explained_beside_its_control_and_the_next_is_answered(
    browser, picture_address
):
    with opened(browser, picture_address, logged=["422"]) as page:
        choose(page, b"%PDF-1.7 no picture", "holiday.jpg")
        error = page.locator("#file-field-error")
        error.get_by_text("picture").wait_for()
        control = page.get_by_label("Your picture")
        assert control.get_attribute("aria-invalid") == "true"
        assert "file-field-error" in control.get_attribute("aria-describedby")
        assert page.locator("#whole").is_hidden()
        assert page.get_by_text("This browser cannot show the file").is_visible()
        assert "No answer" in page.locator("#announcement").inner_text()
        choose(page, photo())
        settled(page)
        assert control.get_attribute("aria-invalid") is None
        assert error.inner_text() == ""


def test_a_file_that_is_too_large_is_not_sent(browser, trained, tmp_path):
    variables = {"APP_PREDICTION_LOG": "", "APP_MAX_BODY_BYTES": "50000"}
    with (
        service(trained("cv-api"), tmp_path / "log", **variables) as address,
        opened(browser, f"http://{address}") as page,
    ):
        assert "up to 0.05 MB" in page.locator("#file-hint").inner_text()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        choose(page, photo() + bytes(60_000))
        page.locator("#file-field-error").get_by_text("takes 0.05 MB at most").wait_for()
        assert [url for url in asked if not url.startswith("data:")] == []
        choose(page, photo())
        settled(page)


@pytest.mark.parametrize(
    ("failure", "said", "logged"),
    [
        (lambda route: route.abort(), "The service cannot be reached.", "ERR_FAILED"),
        (lambda route: route.fulfill(status=503, json=HELD), "Try again later.", "503"),
    ],
    ids=["no network", "overload"],
)
def test_a_failure_is_said_in_words_and_the_next_try_works(
    browser, picture_address, failure, said, logged
):
    with opened(browser, picture_address, logged=[logged]) as page:
        page.route("**/predict", failure)
        choose(page, photo())
        page.locator("#headline .failed").get_by_text(said).wait_for()
        page.unroute("**/predict")
        page.route("**/explain", failure)
        choose(page, photo(50, 50))
        page.locator("#looked").get_by_text("cannot be shown").wait_for()
        assert page.locator(".label").is_visible()
        assert page.locator("#heat").is_hidden()
        page.unroute("**/explain")
        page.locator("#chances button").first.click()
        settled(page)


def test_the_key_is_asked_for_and_goes_with_the_picture(browser, trained, tmp_path):
    variables = {"APP_PREDICTION_LOG": "", "APP_API_KEY": "sesame"}
    with (
        service(trained("cv-api"), tmp_path / "log", **variables) as address,
        opened(browser, f"http://{address}", logged=["401"]) as page,
    ):
        choose(page, photo())
        page.locator("#headline .failed").get_by_text("Enter the key").wait_for()
        key = page.get_by_label("Key of this service")
        key.fill("sesame")
        key.press("Enter")
        settled(page)

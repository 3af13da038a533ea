"""sentiment-bot's page in a real browser: the mood of a text as it is typed, and its words."""

import json
from contextlib import suppress

import pytest
from browsing import chances, findings, needs_chromium, opened, playwright
from processes import service

pytestmark = needs_chromium

PHONE = {"width": 320, "height": 640}  # what WCAG 2.2 asks for: 1.4.10, Reflow
SMALLEST_TARGET = 44  # CSS pixels; WCAG 2.2 asks for 24 (2.5.8) or, at level AAA, 44 (2.5.5)
HELD = {"detail": "Try again later."}


@pytest.fixture(scope="module")
def address(trained, tmp_path_factory):
    log = tmp_path_factory.mktemp("served") / "log"
    with service(trained("sentiment-bot"), log, APP_PREDICTION_LOG="") as found:
        yield f"http://{found}"


@pytest.fixture
def page(browser, address):
    with opened(browser, address) as found:
        yield found


def field(page):
    return page.get_by_label("Your text")


def settled(page):
    """Wait until the mood and the words of what is in the field are shown."""
    page.locator("#why:not(.stale) table").wait_for()


def test_the_mood_comes_and_moves_as_a_text_is_typed(page):
    field(page).press_sequentially("I love it")
    settled(page)
    first = chances(page)
    label = page.locator(".label").inner_text()
    assert sum(first.values()) == pytest.approx(1)
    assert first[label] == max(first.values())
    widths = [bar.bounding_box()["width"] for bar in page.locator("#chances .track span").all()]
    assert widths.index(max(widths)) == list(first).index(label)
    assert label in page.locator("#announcement").inner_text()
    field(page).press_sequentially(", no, I hate it, it is bad and awful")
    settled(page)
    assert chances(page) != first
    assert list(chances(page)) == list(first)


def test_a_burst_of_keys_asks_once_and_what_is_no_longer_wanted_is_ended(page):
    asked = []
    page.on("request", lambda request: asked.append(request))
    field(page).press_sequentially("typed in one go", delay=5)
    settled(page)
    predicted = [each for each in asked if each.url.endswith("/predict")]
    assert json.loads(predicted[-1].post_data) == {"text": "typed in one go"}
    assert len(predicted) < 5
    assert len([each for each in asked if each.url.endswith("/explain")]) == 1


def test_an_answer_that_comes_too_late_is_dropped(page):
    held, third = [], {"text": "the third text"}

    def hold(route):
        if route.request.post_data_json == third:
            route.continue_()
        else:
            held.append(route)

    page.route("**/predict", hold)
    for text in ("the first text", "the second text"):
        with page.expect_request("**/predict"):
            field(page).fill(text)
    with page.expect_response(lambda answer: answer.request.post_data_json == third) as answer:
        field(page).fill(third["text"])
    settled(page)
    assert held
    for route in held:
        # That the browser no longer waits for it is as well.
        with suppress(playwright.Error):
            route.fulfill(json={**answer.value.json(), "label": "too late"})
    # A later answer has come, so those would have.
    page.evaluate("fetch('/model').then((answer) => answer.text())")
    assert page.locator(".label").inner_text() == answer.value.json()["label"]
    assert page.locator(".read").inner_text() == "the third text"
    page.unroute_all(behavior="ignoreErrors")


def test_a_model_of_other_classes_that_was_exchanged_meanwhile_is_remarked_on(page):
    field(page).fill("I love it")
    settled(page)
    found = {"label": "joy", "confidence": 0.9, "probabilities": {"joy": 0.9, "anger": 0.1}}
    other = {**found, "truncated": False, "tokens": 4, "model": "m", "version": "another"}
    page.route("**/predict", lambda route: route.fulfill(json=other))
    with page.expect_response("**/explain"):
        field(page).fill("I like it")
    settled(page)
    assert page.locator(".label").inner_text() == "joy"
    assert "Reload the page" in page.locator("#headline .notice").inner_text()
    assert page.locator("#chances").is_hidden()
    assert page.locator("#answer").get_attribute("aria-busy") is None
    page.unroute("**/predict")
    field(page).fill("I love it")
    page.locator("#chances").wait_for()
    assert sum(chances(page).values()) == pytest.approx(1)


def test_the_words_are_told_apart_without_colour_and_stand_in_a_table(page):
    text = "I 😀 love it, but the bed was <b>bad</b> & cold"
    with page.expect_response("**/explain") as answer:
        field(page).fill(text)
    settled(page)
    found = answer.value.json()
    assert page.locator(".read").inner_text() == text
    weights = {word["text"]: word["weight"] for word in found["words"]}
    for mark in page.locator(".read mark").all():
        weight = weights[mark.inner_text()]
        style = mark.evaluate("mark => getComputedStyle(mark).textDecorationStyle")
        assert style == ("solid" if weight > 0 else "wavy")
        assert mark.get_attribute("title").startswith("for " if weight > 0 else "against ")
    shown = page.locator("#why [data-value]").all()
    sizes = [abs(float(cell.get_attribute("data-value"))) for cell in shown]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == pytest.approx(max(abs(weight) for weight in weights.values()))


def test_examples_are_taken_by_the_keyboard_alone(page):
    button = page.get_by_role("button", name="Irony")
    field(page).focus()
    for _ in range(5):
        page.keyboard.press("Tab")
    assert button.evaluate("button => button === document.activeElement")
    page.keyboard.press("Enter")
    settled(page)
    assert "another delay" in field(page).input_value()
    assert page.locator(".label").inner_text() in chances(page)


def test_a_text_that_is_too_long_is_remarked_on(page):
    field(page).fill("a lovely room and a bad bed, " * 400)
    settled(page)
    note = page.locator("#text-field-note").inner_text()
    assert "tokens were read" in note
    assert "text-field-note" in field(page).get_attribute("aria-describedby")
    assert page.locator(".read .unread").inner_text().endswith("…")
    field(page).fill("")
    page.locator("#headline .waiting").wait_for()
    assert page.locator("#chances").is_hidden()
    assert page.locator("#text-field-note").inner_text() == ""


def test_a_refused_text_is_explained_beside_it_and_the_next_one_is_answered(browser, address):
    with opened(browser, address, logged=["422"]) as page:
        field(page).fill("\u200b\u2060")
        page.locator("#text-field-error").get_by_text("nothing that can be seen").wait_for()
        assert field(page).get_attribute("aria-invalid") == "true"
        field(page).fill("fine")
        settled(page)
        assert field(page).get_attribute("aria-invalid") is None


def test_a_text_larger_than_the_service_takes_is_not_sent(page):
    page.evaluate("document.querySelector('main').dataset.mostBytes = '50000'")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    field(page).fill("good " * 12_000)
    page.locator("#headline .failed").get_by_text("takes 0.05 MB at most").wait_for()
    assert asked == []


@pytest.mark.parametrize(
    ("failure", "said", "logged"),
    [
        (lambda route: route.abort(), "The service cannot be reached.", "ERR_FAILED"),
        (lambda route: route.fulfill(status=503, json=HELD), "Try again later.", "503"),
    ],
    ids=["no network", "overload"],
)
def test_a_failure_is_said_in_words_and_the_next_try_works(browser, address, failure, said, logged):
    with opened(browser, address, logged=[logged]) as page:
        page.route("**/predict", failure)
        field(page).fill("fine")
        page.locator("#headline .failed").get_by_text(said).wait_for()
        page.unroute("**/predict")
        field(page).fill("fine then")
        settled(page)
        page.route("**/explain", failure)
        field(page).fill("finer")
        page.locator("#why").get_by_text("cannot be shown").wait_for()
        assert page.locator(".label").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_before_and_after_an_answer(browser, address, scheme):
    with opened(browser, address, color_scheme=scheme) as page:
        assert findings(page) == []
        field(page).fill("I love it, but the bed was bad")
        settled(page)
        # Colours that are still fading in would be measured half-way.
        page.wait_for_function("document.getAnimations().length === 0")
        assert findings(page) == []


def test_a_phone_shows_all_of_it_with_targets_large_enough(browser, address):
    with opened(browser, address, viewport=PHONE, has_touch=True) as page:
        field(page).fill("I love it, " + "so" * 60)
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        for button in page.get_by_role("button").all():
            box = button.bounding_box()
            assert box["height"] >= SMALLEST_TARGET
            assert box["width"] >= SMALLEST_TARGET

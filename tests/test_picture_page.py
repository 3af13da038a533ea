"""cv-api's page in a real browser: pictures from everywhere, what they show, and where."""

import base64
import json

import pytest
from browsing import chances, needs_chromium, opened, playwright
from picture_page import (
    LYING,
    changed,
    choose,
    dispatch,
    photo,
    sent,
    settled,
    transfer,
    watch,
)

pytestmark = needs_chromium
expect = playwright.expect


def test_an_example_is_answered_with_its_classes_and_where_it_was_seen(picture_page):
    examples = picture_page.locator("#examples button")
    assert examples.count() > 1
    with picture_page.expect_response("**/predict") as answer:
        examples.first.click()
    settled(picture_page)
    found = answer.value.json()
    shown = chances(picture_page)
    assert list(shown.items()) == [(each["label"], each["probability"]) for each in found["top"]]
    assert list(shown.values()) == sorted(shown.values(), reverse=True)
    widths = [
        bar.bounding_box()["width"] for bar in picture_page.locator("#chances .track span").all()
    ]
    assert widths.index(max(widths)) == 0
    assert picture_page.locator(".label").get_attribute("data-label") == found["label"]
    assert found["label"] in picture_page.locator("#announcement").inner_text()
    assert picture_page.locator("#heat").get_attribute("src").startswith("data:image/png;base64,")
    assert found["label"] in picture_page.locator("#looked").inner_text()


@pytest.mark.parametrize("way", ["choose", "drop", "paste"])
def test_a_picture_comes_as_a_file_a_drop_or_a_paste_and_is_sent_as_it_is(picture_page, way):
    content = photo(kind="PNG")
    watch(picture_page)
    with picture_page.expect_request("**/predict") as asked:
        if way == "choose":
            choose(picture_page, content, "given", "image/png")
        else:
            assert dispatch(picture_page, way, transfer(picture_page, content), "body") is (
                way == "drop"
            )
    settled(picture_page)
    assert asked.value.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert sent(picture_page, "/predict") == (content, None)
    # Wherever it came from, the control says which picture it is.
    held = "document.querySelector('#file').files[0].name"
    assert picture_page.evaluate(held) == "given"
    assert picture_page.locator("#shown").get_attribute("alt") == "Your picture, given"


def test_what_is_no_file_is_remarked_on_and_the_page_stays(picture_page):
    link = picture_page.evaluate_handle(
        """() => {
            const made = new DataTransfer();
            made.setData("text/uri-list", "https://example.org/cat.jpg");
            return made;
        }"""
    )
    note = picture_page.locator("#file-field-note")
    assert dispatch(picture_page, "drop", link, "body")
    assert "That was a link" in note.inner_text()
    empty = picture_page.evaluate_handle("new DataTransfer()")
    dispatch(picture_page, "paste", empty, "body")
    assert "The clipboard holds no picture" in note.inner_text()
    assert "file-field-note" in picture_page.get_by_label("Your picture").get_attribute(
        "aria-describedby"
    )


def test_of_several_files_the_first_is_taken_and_that_is_said(picture_page):
    several = picture_page.evaluate_handle(
        """(first) => {
            const made = new DataTransfer();
            made.items.add(first.files[0]);
            made.items.add(new File(["x"], "second"));
            return made;
        }""",
        transfer(picture_page, photo()),
    )
    dispatch(picture_page, "drop", several, "body")
    settled(picture_page)
    assert "the first was taken" in picture_page.locator("#file-field-note").inner_text()


@pytest.mark.parametrize(
    ("width", "height", "orientation"), [(90, 40, None), (40, 90, None), (90, 40, LYING)]
)
def test_the_heat_map_lies_on_the_square_that_the_model_saw(
    picture_page, width, height, orientation
):
    with picture_page.expect_response("**/explain") as answer:
        choose(picture_page, photo(width, height, orientation))
    settled(picture_page)
    found = answer.value.json()
    upright = (height, width) if orientation else (width, height)
    assert (found["width"], found["height"]) == upright
    whole = picture_page.locator("#whole").bounding_box()
    assert whole["width"] / whole["height"] == pytest.approx(upright[0] / upright[1], rel=0.02)
    seen = picture_page.locator("#heat").bounding_box()
    left, top, right, bottom = found["box"]
    for start, size, low, high in (("x", "width", left, right), ("y", "height", top, bottom)):
        assert seen[start] - whole[start] == pytest.approx(low * whole[size], abs=1)
        assert seen[size] == pytest.approx((high - low) * whole[size], abs=1)
    assert "What is dimmed it does not see" in picture_page.locator("#looked").inner_text()
    # Only where the picture goes on beside the square is anything dimmed.
    choose(picture_page, photo(64, 64))
    expect(picture_page.locator("#looked")).not_to_contain_text("dimmed")


def test_a_press_on_a_bar_shows_where_that_class_is_seen(picture_page):
    content = photo()
    watch(picture_page)
    choose(picture_page, content)
    settled(picture_page)
    before = picture_page.locator("#heat").get_attribute("src")
    button = picture_page.locator("#chances button").nth(1)
    assert button.get_attribute("aria-pressed") == "false"
    button.click()
    other = button.inner_text()
    picture_page.locator("#looked").get_by_text(f"“{other}”").wait_for()
    assert sent(picture_page, "/explain") == (content, other)
    pressed = picture_page.locator("#chances [aria-pressed=true]")
    assert pressed.all_inner_texts() == [other]
    assert other in picture_page.locator("#announcement").inner_text()
    assert picture_page.locator("#heat").get_attribute("src") != before
    # The bar beside it does the same.
    picture_page.locator("#chances .track").first.click()
    picture_page.locator("#looked").get_by_text(f"“{next(iter(chances(picture_page)))}”").wait_for()


def test_the_slider_changes_how_strong_the_heat_map_is_by_the_keyboard_too(picture_page):
    choose(picture_page, photo())
    settled(picture_page)
    slider = picture_page.get_by_label("Strength of the heat map")
    for key, opacity in (("Home", "0"), ("End", "1"), ("ArrowLeft", "0.95")):
        slider.press(key)
        expect(picture_page.locator("#heat")).to_have_css("opacity", opacity)
    assert slider.get_attribute("aria-valuetext") == "95 per cent"
    # The next picture keeps it.
    picture_page.locator("#examples button").first.click()
    settled(picture_page)
    assert slider.input_value() == "95"


def test_doubt_is_said_plainly(picture_page):
    changed(picture_page, "**/predict", sure=False, familiar=True)
    choose(picture_page, photo())
    settled(picture_page)
    assert picture_page.locator(".label").inner_text() == "Not sure"
    assert "Most likely" in picture_page.locator("#headline .notice").inner_text()
    assert picture_page.locator("#announcement").inner_text().startswith("Not sure")
    picture_page.unroute("**/predict")
    changed(picture_page, "**/predict", sure=True, familiar=False)
    choose(picture_page, photo(50, 50))
    picture_page.locator("#headline").get_by_text("unlike anything it was trained on").wait_for()
    assert picture_page.locator(".label").inner_text() == "Not sure"
    assert "The nearest class is" in picture_page.locator("#announcement").inner_text()


def test_names_of_classes_are_texts(browser, picture_address):
    name = "<img src=x onerror=alert(1)>"
    top = [{"label": name, "probability": 0.9}, {"label": "__proto__", "probability": 0.1}]
    with opened(browser, picture_address, logged=["422"]) as page:
        changed(page, "**/predict", label=name, sure=True, familiar=True, top=top)
        choose(page, photo())
        # The model has no such class.
        page.locator("#looked").get_by_text("cannot be shown").wait_for()
        assert page.locator(".label").inner_text() == name
        assert chances(page) == {name: 0.9, "__proto__": 0.1}


def test_a_model_that_was_exchanged_meanwhile_is_remarked_on(picture_page):
    changed(picture_page, "**/predict", version="another")
    choose(picture_page, photo())
    settled(picture_page)
    assert "Reload the page" in picture_page.locator("#headline").inner_text()


def test_the_service_says_the_same_of_a_form_as_of_json(picture_page, picture_address):
    content = photo()
    with picture_page.expect_response("**/predict") as answer:
        choose(picture_page, content)
    settled(picture_page)
    body = {"image": base64.b64encode(content).decode()}
    plain = picture_page.request.post(
        f"{picture_address}/predict",
        data=json.dumps(body),
        headers={"Content-Type": "application/json"},
    )
    assert plain.json() == answer.value.json()

"""cv-api's page in a real browser: with the camera, by the keyboard, on a phone, to axe."""

import io

import pytest
from browsing import chances, findings, needs_chromium, opened, playwright
from picture_page import changed, choose, photo, sent, settled, watch
from PIL import Image

pytestmark = needs_chromium
expect = playwright.expect

PHONE = {"width": 320, "height": 640}  # what WCAG 2.2 asks for: 1.4.10, Reflow
SMALLEST_TARGET = 44  # CSS pixels; WCAG 2.2 asks for 24 (2.5.8) or, at level AAA, 44 (2.5.5)


def test_the_camera_shows_what_it_sees_and_is_let_go_with_the_picture(browser, picture_address):
    ended = "window.lent.getTracks().every((track) => track.readyState === 'ended')"
    with opened(browser, picture_address, permissions=["camera"]) as page:
        remember = """() => {
            const lend = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            navigator.mediaDevices.getUserMedia = async (wish) => (window.lent = await lend(wish));
        }"""
        page.evaluate(remember)
        watch(page)
        page.get_by_role("button", name="Use the camera").click()
        shutter = page.get_by_role("button", name="Take the picture")
        shutter.wait_for()
        assert shutter.evaluate("button => button === document.activeElement")
        assert page.get_by_label("What the camera sees").is_visible()
        assert not page.evaluate(ended)
        page.keyboard.press("Enter")
        settled(page)
        with Image.open(io.BytesIO(sent(page, "/predict")[0])) as taken:
            assert (taken.format, taken.size) == ("JPEG", (640, 480))
        assert page.evaluate(ended)
        assert page.locator("#live").is_hidden()
        # Without a picture as well.
        page.get_by_role("button", name="Use the camera").click()
        page.get_by_role("button", name="Stop the camera").click()
        assert page.evaluate(ended)
        again = page.get_by_role("button", name="Use the camera")
        assert again.evaluate("button => button === document.activeElement")


def test_a_camera_that_may_not_be_used_or_is_not_there_is_said(browser, picture_address):
    note = "#file-field-note"
    with opened(browser, picture_address) as page:
        page.get_by_role("button", name="Use the camera").click()
        page.locator(note).get_by_text("may not be used").wait_for()
        for name, said in (("NotFoundError", "No camera"), ("NotReadableError", "is in use")):
            page.evaluate(
                """(name) => {
                    const refuse = async () => { throw new DOMException("", name); };
                    navigator.mediaDevices.getUserMedia = refuse;
                }""",
                name,
            )
            page.get_by_role("button", name="Use the camera").click()
            page.locator(note).get_by_text(said).wait_for()
        page.evaluate("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
        page.get_by_role("button", name="Use the camera").click()
        page.locator(note).get_by_text("https alone").wait_for()


def test_a_phone_opens_its_own_camera(browser, picture_address):
    with opened(browser, picture_address, viewport=PHONE, has_touch=True, is_mobile=True) as page:
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Use the camera").click()
        assert chooser.value.element.get_attribute("capture") == "environment"
        file = {"name": "taken.jpg", "mimeType": "image/jpeg", "buffer": photo()}
        chooser.value.set_files(file)
        settled(page)
        assert page.locator("#shown").get_attribute("alt") == "Your picture, taken.jpg"


def test_the_keyboard_alone_takes_an_example_and_asks_about_a_class(picture_page):
    def tab_to(name):
        for _ in range(30):
            picture_page.keyboard.press("Tab")
            at = picture_page.evaluate("document.activeElement.innerText")
            if at is not None and at.strip() == name:
                return picture_page.evaluate(
                    "getComputedStyle(document.activeElement).outlineStyle"
                )
        raise AssertionError(f"no tab leads to {name}")

    first = picture_page.locator("#examples button").first.inner_text().strip()
    assert tab_to(first) == "solid"
    picture_page.keyboard.press("Enter")
    settled(picture_page)
    picture_page.evaluate("document.activeElement.blur()")
    picture_page.get_by_label("Your picture").focus()
    second = list(chances(picture_page))[1]
    assert tab_to(second) == "solid"
    picture_page.keyboard.press("Space")
    picture_page.locator("#looked").get_by_text(f"“{second}”").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_whatever_the_page_shows(browser, picture_address, scheme):
    # Without the policy, which lets no script in but the page's own; other tests hold it.
    context = {"color_scheme": scheme, "bypass_csp": True, "permissions": ["camera"]}
    with opened(browser, picture_address, logged=["422"], **context) as page:
        assert findings(page) == []
        changed(page, "**/predict", familiar=False)
        choose(page, photo(90, 40))
        settled(page)
        page.locator("#chances button").nth(1).click()
        page.wait_for_function("document.getAnimations().length === 0")
        assert findings(page) == []
        page.unroute("**/predict")
        choose(page, b"nothing")
        page.locator("#file-field-error").get_by_text("picture").wait_for()
        page.get_by_role("button", name="Use the camera").click()
        page.get_by_role("button", name="Take the picture").wait_for()
        page.evaluate("document.querySelector('#key').hidden = false")
        assert findings(page) == []


def test_a_phone_shows_all_of_it_with_targets_large_enough(browser, picture_address):
    # The model has no such class, and says so where it is asked to show it.
    context = {"viewport": PHONE, "has_touch": True}
    with opened(browser, picture_address, logged=["422"], **context) as page:
        label = "a-class-with-a-rather-long-name-of-one-word"
        top = [{"label": label, "probability": 0.7}, {"label": "other", "probability": 0.3}]
        changed(page, "**/predict", label=label, top=top, sure=True, familiar=True)
        choose(page, photo(300, 40))
        page.locator("#answer:not([aria-busy]) .label").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        for button in page.get_by_role("button").all():
            box = button.bounding_box()
            assert box["height"] >= SMALLEST_TARGET
            assert box["width"] >= SMALLEST_TARGET


def test_a_phone_scrolls_to_the_heat_map_that_was_asked_for(browser, picture_address):
    with opened(browser, picture_address, viewport=PHONE, has_touch=True) as page:
        choose(page, photo())
        settled(page)
        button = page.locator("#chances button").last
        button.scroll_into_view_if_needed()
        page.evaluate("scrollBy(0, 400)")
        button.tap()
        expect(page.locator("#whole")).to_be_in_viewport(ratio=0.99)

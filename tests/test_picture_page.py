"""cv-api's page in a real browser: pictures from everywhere, what they show, and where."""

import base64
import io
import json
from contextlib import suppress

import pytest
from browsing import findings, needs_chromium, opened, playwright
from PIL import Image
from processes import service

pytestmark = needs_chromium
expect = playwright.expect

PHONE = {"width": 320, "height": 640}  # what WCAG 2.2 asks for: 1.4.10, Reflow
SMALLEST_TARGET = 44  # CSS pixels; WCAG 2.2 asks for 24 (2.5.8) or, at level AAA, 44 (2.5.5)
HELD = {"detail": "Try again later."}
LYING = 6  # EXIF's orientation of a picture that was taken with the camera turned to the left


@pytest.fixture(scope="module")
def address(trained, tmp_path_factory):
    log = tmp_path_factory.mktemp("served") / "log"
    with service(trained("cv-api"), log, APP_PREDICTION_LOG="") as found:
        yield f"http://{found}"


@pytest.fixture
def page(browser, address):
    with opened(browser, address) as found:
        yield found


def photo(width=60, height=40, orientation=None, kind="JPEG"):
    """A picture file, dark on the left and light on the right."""
    made = Image.linear_gradient("L").rotate(90).resize((width, height)).convert("RGB")
    exif = Image.Exif()
    if orientation:
        exif[0x112] = orientation
    written = io.BytesIO()
    made.save(written, kind, exif=exif)
    return written.getvalue()


def choose(page, content, name="photo.jpg", kind="image/jpeg"):
    page.get_by_label("Your picture").set_input_files(
        {"name": name, "mimeType": kind, "buffer": content}
    )


def settled(page):
    """Wait until the answer and the heat map of what was given last are shown."""
    page.locator("#answer:not([aria-busy]) .label").wait_for()
    page.locator("#whole:not([aria-busy]) #heat").wait_for()


def chances(page):
    """Class -> the probability that is shown, in the order shown."""
    rows = page.locator("#chances tr").all()
    return {
        row.locator("th").inner_text(): float(row.locator(".number").get_attribute("data-value"))
        for row in rows
    }


def transfer(page, content, kind="image/png"):
    """What a drop or the clipboard holds: one file."""
    text = base64.b64encode(content).decode()
    return page.evaluate_handle(
        """([text, kind]) => {
            const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
            const made = new DataTransfer();
            made.items.add(new File([bytes], "given", { type: kind }));
            return made;
        }""",
        [text, kind],
    )


def dispatch(page, kind, data, target):
    """A drop or a paste of the data by the user; whether the browser's own action was stopped."""
    return page.evaluate(
        """([kind, data, target]) => {
            const fields = { bubbles: true, cancelable: true };
            const event = kind === "paste"
                ? new ClipboardEvent(kind, { ...fields, clipboardData: data })
                : new DragEvent(kind, { ...fields, dataTransfer: data });
            return !document.querySelector(target).dispatchEvent(event);
        }""",
        [kind, data, target],
    )


def watch(page):
    """From now on, let `sent` know what is sent: Playwright does not see the files of a form."""
    page.evaluate(
        """() => {
            const { fetch } = window;
            window.sent = [];
            window.fetch = async (path, request) => {
                const { body } = request;
                const bytes = await body.get("file").arrayBuffer();
                sent.push({ path, label: body.get("label"), file: [...new Uint8Array(bytes)] });
                return fetch(path, request);
            };
        }"""
    )


def sent(page, path):
    """The last file and class that were sent there."""
    found = page.evaluate("(path) => sent.findLast((each) => each.path === path)", path)
    return bytes(found["file"]), found["label"]


def changed(page, route, **fields):
    """Let the answers of a route have other values in these fields."""

    def answer(asked):
        asked.fulfill(json={**asked.fetch().json(), **fields})

    page.route(route, answer)


def test_an_example_is_answered_with_its_classes_and_where_it_was_seen(page):
    examples = page.locator("#examples button")
    assert examples.count() > 1
    with page.expect_response("**/predict") as answer:
        examples.first.click()
    settled(page)
    found = answer.value.json()
    shown = chances(page)
    assert list(shown.items()) == [(each["label"], each["probability"]) for each in found["top"]]
    assert list(shown.values()) == sorted(shown.values(), reverse=True)
    widths = [bar.bounding_box()["width"] for bar in page.locator("#chances .track span").all()]
    assert widths.index(max(widths)) == 0
    assert page.locator(".label").get_attribute("data-label") == found["label"]
    assert found["label"] in page.locator("#announcement").inner_text()
    assert page.locator("#heat").get_attribute("src").startswith("data:image/png;base64,")
    assert found["label"] in page.locator("#looked").inner_text()


@pytest.mark.parametrize("way", ["choose", "drop", "paste"])
def test_a_picture_comes_as_a_file_a_drop_or_a_paste_and_is_sent_as_it_is(page, way):
    content = photo(kind="PNG")
    watch(page)
    with page.expect_request("**/predict") as asked:
        if way == "choose":
            choose(page, content, "given", "image/png")
        else:
            assert dispatch(page, way, transfer(page, content), "body") is (way == "drop")
    settled(page)
    assert asked.value.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert sent(page, "/predict") == (content, None)
    # Wherever it came from, the control says which picture it is.
    held = "document.querySelector('#file').files[0].name"
    assert page.evaluate(held) == "given"
    assert page.locator("#shown").get_attribute("alt") == "Your picture, given"


def test_what_is_no_file_is_remarked_on_and_the_page_stays(page):
    link = page.evaluate_handle(
        """() => {
            const made = new DataTransfer();
            made.setData("text/uri-list", "https://example.org/cat.jpg");
            return made;
        }"""
    )
    note = page.locator("#file-field-note")
    assert dispatch(page, "drop", link, "body")
    assert "That was a link" in note.inner_text()
    empty = page.evaluate_handle("new DataTransfer()")
    dispatch(page, "paste", empty, "body")
    assert "The clipboard holds no picture" in note.inner_text()
    assert "file-field-note" in page.get_by_label("Your picture").get_attribute("aria-describedby")


def test_of_several_files_the_first_is_taken_and_that_is_said(page):
    several = page.evaluate_handle(
        """(first) => {
            const made = new DataTransfer();
            made.items.add(first.files[0]);
            made.items.add(new File(["x"], "second"));
            return made;
        }""",
        transfer(page, photo()),
    )
    dispatch(page, "drop", several, "body")
    settled(page)
    assert "the first was taken" in page.locator("#file-field-note").inner_text()


@pytest.mark.parametrize(
    ("width", "height", "orientation"), [(90, 40, None), (40, 90, None), (90, 40, LYING)]
)
def test_the_heat_map_lies_on_the_square_that_the_model_saw(page, width, height, orientation):
    with page.expect_response("**/explain") as answer:
        choose(page, photo(width, height, orientation))
    settled(page)
    found = answer.value.json()
    upright = (height, width) if orientation else (width, height)
    assert (found["width"], found["height"]) == upright
    whole = page.locator("#whole").bounding_box()
    assert whole["width"] / whole["height"] == pytest.approx(upright[0] / upright[1], rel=0.02)
    seen = page.locator("#heat").bounding_box()
    left, top, right, bottom = found["box"]
    for start, size, low, high in (("x", "width", left, right), ("y", "height", top, bottom)):
        assert seen[start] - whole[start] == pytest.approx(low * whole[size], abs=1)
        assert seen[size] == pytest.approx((high - low) * whole[size], abs=1)
    assert "What is dimmed it does not see" in page.locator("#looked").inner_text()
    # Only where the picture goes on beside the square is anything dimmed.
    choose(page, photo(64, 64))
    expect(page.locator("#looked")).not_to_contain_text("dimmed")


def test_a_press_on_a_bar_shows_where_that_class_is_seen(page):
    content = photo()
    watch(page)
    choose(page, content)
    settled(page)
    before = page.locator("#heat").get_attribute("src")
    button = page.locator("#chances button").nth(1)
    assert button.get_attribute("aria-pressed") == "false"
    button.click()
    other = button.inner_text()
    page.locator("#looked").get_by_text(f"“{other}”").wait_for()
    assert sent(page, "/explain") == (content, other)
    pressed = page.locator("#chances [aria-pressed=true]")
    assert pressed.all_inner_texts() == [other]
    assert other in page.locator("#announcement").inner_text()
    assert page.locator("#heat").get_attribute("src") != before
    # The bar beside it does the same.
    page.locator("#chances .track").first.click()
    page.locator("#looked").get_by_text(f"“{next(iter(chances(page)))}”").wait_for()


def test_the_slider_changes_how_strong_the_heat_map_is_by_the_keyboard_too(page):
    choose(page, photo())
    settled(page)
    slider = page.get_by_label("Strength of the heat map")
    for key, opacity in (("Home", "0"), ("End", "1"), ("ArrowLeft", "0.95")):
        slider.press(key)
        expect(page.locator("#heat")).to_have_css("opacity", opacity)
    assert slider.get_attribute("aria-valuetext") == "95 per cent"
    # The next picture keeps it.
    page.locator("#examples button").first.click()
    settled(page)
    assert slider.input_value() == "95"


def test_doubt_is_said_plainly(page):
    changed(page, "**/predict", sure=False, familiar=True)
    choose(page, photo())
    settled(page)
    assert page.locator(".label").inner_text() == "Not sure"
    assert "Most likely" in page.locator("#headline .notice").inner_text()
    assert page.locator("#announcement").inner_text().startswith("Not sure")
    page.unroute("**/predict")
    changed(page, "**/predict", sure=True, familiar=False)
    choose(page, photo(50, 50))
    page.locator("#headline").get_by_text("unlike anything it was trained on").wait_for()
    assert page.locator(".label").inner_text() == "Not sure"
    assert "The nearest class is" in page.locator("#announcement").inner_text()


def test_names_of_classes_are_texts(browser, address):
    name = "<img src=x onerror=alert(1)>"
    top = [{"label": name, "probability": 0.9}, {"label": "__proto__", "probability": 0.1}]
    with opened(browser, address, logged=["422"]) as page:
        changed(page, "**/predict", label=name, sure=True, familiar=True, top=top)
        choose(page, photo())
        # The model has no such class.
        page.locator("#looked").get_by_text("cannot be shown").wait_for()
        assert page.locator(".label").inner_text() == name
        assert chances(page) == {name: 0.9, "__proto__": 0.1}


def test_a_model_that_was_exchanged_meanwhile_is_remarked_on(page):
    changed(page, "**/predict", version="another")
    choose(page, photo())
    settled(page)
    assert "Reload the page" in page.locator("#headline").inner_text()


def test_an_answer_that_comes_too_late_is_dropped(page):
    held = []

    def hold_the_first(route):
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/predict", hold_the_first)
    with page.expect_request("**/predict"):
        choose(page, photo(60, 40))
    with page.expect_response("**/predict") as answer:
        choose(page, photo(40, 60), "second.jpg")
    settled(page)
    for route in held:
        # That the browser no longer waits for it is as well.
        with suppress(playwright.Error):
            route.fulfill(json={**answer.value.json(), "label": "too late"})
    # A later answer has come, so that would have.
    page.evaluate("fetch('/health/live').then((answer) => answer.text())")
    assert page.locator(".label").get_attribute("data-label") == answer.value.json()["label"]
    assert page.locator("#shown").get_attribute("alt") == "Your picture, second.jpg"


def test_a_refused_file_is_explained_beside_its_control_and_the_next_is_answered(browser, address):
    with opened(browser, address, logged=["422"]) as page:
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
def test_a_failure_is_said_in_words_and_the_next_try_works(browser, address, failure, said, logged):
    with opened(browser, address, logged=[logged]) as page:
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


def test_the_camera_shows_what_it_sees_and_is_let_go_with_the_picture(browser, address):
    ended = "window.lent.getTracks().every((track) => track.readyState === 'ended')"
    with opened(browser, address, permissions=["camera"]) as page:
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


def test_a_camera_that_may_not_be_used_or_is_not_there_is_said(browser, address):
    note = "#file-field-note"
    with opened(browser, address) as page:
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


def test_a_phone_opens_its_own_camera(browser, address):
    with opened(browser, address, viewport=PHONE, has_touch=True, is_mobile=True) as page:
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Use the camera").click()
        assert chooser.value.element.get_attribute("capture") == "environment"
        file = {"name": "taken.jpg", "mimeType": "image/jpeg", "buffer": photo()}
        chooser.value.set_files(file)
        settled(page)
        assert page.locator("#shown").get_attribute("alt") == "Your picture, taken.jpg"


def test_the_keyboard_alone_takes_an_example_and_asks_about_a_class(page):
    def tab_to(name):
        for _ in range(30):
            page.keyboard.press("Tab")
            at = page.evaluate("document.activeElement.innerText")
            if at is not None and at.strip() == name:
                return page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        raise AssertionError(f"no tab leads to {name}")

    first = page.locator("#examples button").first.inner_text().strip()
    assert tab_to(first) == "solid"
    page.keyboard.press("Enter")
    settled(page)
    page.evaluate("document.activeElement.blur()")
    page.get_by_label("Your picture").focus()
    second = list(chances(page))[1]
    assert tab_to(second) == "solid"
    page.keyboard.press("Space")
    page.locator("#looked").get_by_text(f"“{second}”").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_whatever_the_page_shows(browser, address, scheme):
    # Without the policy, which lets no script in but the page's own; other tests hold it.
    context = {"color_scheme": scheme, "bypass_csp": True, "permissions": ["camera"]}
    with opened(browser, address, logged=["422"], **context) as page:
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


def test_a_phone_shows_all_of_it_with_targets_large_enough(browser, address):
    # The model has no such class, and says so where it is asked to show it.
    context = {"viewport": PHONE, "has_touch": True}
    with opened(browser, address, logged=["422"], **context) as page:
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


def test_a_phone_scrolls_to_the_heat_map_that_was_asked_for(browser, address):
    with opened(browser, address, viewport=PHONE, has_touch=True) as page:
        choose(page, photo())
        settled(page)
        button = page.locator("#chances button").last
        button.scroll_into_view_if_needed()
        page.evaluate("scrollBy(0, 400)")
        button.tap()
        expect(page.locator("#whole")).to_be_in_viewport(ratio=0.99)


def test_the_service_says_the_same_of_a_form_as_of_json(page, address):
    content = photo()
    with page.expect_response("**/predict") as answer:
        choose(page, content)
    settled(page)
    body = {"image": base64.b64encode(content).decode()}
    plain = page.request.post(
        f"{address}/predict", data=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert plain.json() == answer.value.json()

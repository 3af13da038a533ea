"""sentiment-bot's conversation in a real browser: over a WebSocket, without one, and failing."""

import itertools
import json
from contextlib import suppress

import pytest
from browsing import needs_chromium, opened, playwright
from processes import service

pytestmark = needs_chromium

DESK = {"width": 1280, "height": 900}
NO_SOCKETS = "window.WebSocket = class { constructor() { throw new Error('none'); } }"
COMPLAINT = "The room was not clean, but the breakfast was wonderful!"


@pytest.fixture(scope="module")
def address(trained, tmp_path_factory):
    log = tmp_path_factory.mktemp("served") / "log"
    with service(trained("sentiment-bot"), log, APP_PREDICTION_LOG="") as found:
        yield f"http://{found}"


def say(page, text):
    """Send a message by the keyboard; what the bot replies."""
    replies = page.locator("#chat-log .bot:not(.typing) .said")
    before = replies.count()
    page.get_by_label("Your message").fill(text)
    page.keyboard.press("Enter")
    replies.nth(before).wait_for()
    return replies.nth(before).inner_text()


def overlap(one, other):
    """Whether two parts of the page share a place, by their bounding boxes."""
    return all(
        max(one[start], other[start]) < min(one[start] + one[size], other[start] + other[size])
        for start, size in (("x", "width"), ("y", "height"))
    )


@pytest.mark.parametrize("sockets", [True, False])
def test_a_conversation_is_remembered_over_either_way(browser, address, sockets):
    with opened(browser, address, viewport=DESK) as page:
        if not sockets:
            page.add_init_script(NO_SOCKETS)
            page.reload()
        asked = []
        page.locator("#chat-log .bot").first.wait_for()
        page.on("request", lambda request: asked.append(request.url))
        assert "Ada" in say(page, "My name is Ada")
        assert page.locator("#chat-log .you .said").inner_text() == "My name is Ada"
        say(page, "Goodbye")
        assert page.locator("#chat-log .remark").last.inner_text().startswith("The conversation is")
        assert any(url.endswith("/chat") for url in asked) is not sockets


def test_each_conversation_says_when_a_person_takes_over(browser, address):
    with opened(browser, address, viewport=DESK) as page:
        page.locator("#chat-log .bot").first.wait_for()
        handed_over = page.locator("#chat-log .remark").get_by_text("A person takes over")
        for count in (1, 2):
            say(page, "Can I talk to a human?")
            assert handed_over.count() == count
            say(page, "Is somebody there?")
            assert handed_over.count() == count
            say(page, "Goodbye")


def test_an_answer_that_was_given_up_is_not_taken_for_the_next_ones(browser, address):
    late = json.dumps({"reply": "too late", "session": None, "mood": None, "ended": False})
    held = []

    def hold(socket):
        socket.on_message(lambda _: held.append(socket))
        socket.send(json.dumps({"reply": "hello"}))

    with opened(browser, address, viewport=DESK) as page:
        page.route_web_socket("**/chat/ws", hold)
        page.clock.install()
        page.reload()
        page.locator("#chat-log .bot").first.wait_for()
        page.get_by_label("Your message").fill("My name is Ada")
        page.keyboard.press("Enter")
        while not held:
            page.locator("#chat-log .typing").wait_for()
        page.clock.fast_forward(61_000)
        page.locator("#chat .field-error").get_by_text("Send it again").wait_for()
        replies = page.locator("#chat-log .bot:not(.typing) .said")
        before = replies.count()
        page.keyboard.press("Enter")
        page.locator("#chat-log .you").wait_for()
        with suppress(playwright.Error):
            held[0].send(late)
        replies.nth(before).wait_for()
        assert "Ada" in replies.nth(before).inner_text()


def test_the_text_and_the_conversation_do_not_lie_over_each_other(browser, address):
    with opened(browser, address, viewport=DESK) as page:
        page.get_by_label("Your text").fill(COMPLAINT)
        page.locator("#why:not(.stale) table").wait_for()
        say(page, COMPLAINT)
        page.locator("#chat-form").scroll_into_view_if_needed()
        parts = [page.locator(part).bounding_box() for part in ("#mood", "#answer", "#chat")]
        for one, other in itertools.combinations(parts, 2):
            assert not overlap(one, other)


def test_a_message_that_was_not_answered_is_still_there_to_be_sent_again(browser, address):
    with opened(browser, address, logged=["Failed to load resource"], viewport=DESK) as page:
        page.add_init_script(NO_SOCKETS)
        page.reload()
        page.locator("#chat-log .bot").first.wait_for()
        page.route("**/chat", lambda route: route.abort())
        page.get_by_label("Your message").fill("Hello?")
        page.keyboard.press("Enter")
        page.locator("#chat .field-error:not(:empty)").wait_for()
        assert page.get_by_label("Your message").input_value() == "Hello?"
        page.unroute("**/chat")
        assert say(page, "Hello?")
        assert page.locator("#chat .field-error").inner_text() == ""

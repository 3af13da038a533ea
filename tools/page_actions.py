"""What a visitor does on each template's page: for its picture, and for the tests of the page."""

from collections.abc import Callable

from playwright.sync_api import Page


def ask_for_a_price(page: Page) -> None:
    """Predict one of the page's examples, and wait for what moved it."""
    page.get_by_role("button", name="High", exact=True).click()
    page.get_by_role("table").wait_for()


def ask_for_a_mood(page: Page) -> None:
    """Type a text, wait for its mood and for the words that drove it; then tell the bot."""
    page.get_by_label("Your text").fill("The room was not clean, but the breakfast was wonderful!")
    page.locator("#answer:not([aria-busy]) .label").wait_for()
    page.locator("#why:not([aria-busy]) > *").first.wait_for()
    said = page.locator("#chat-log .bot:not(.typing) .said")
    said.first.wait_for()
    for message in ("The room was dirty, and nobody helped", "The shower was terrible"):
        before = said.count()
        page.get_by_label("Your message").fill(message)
        page.keyboard.press("Enter")
        said.nth(before).wait_for()


def ask_about_a_picture(page: Page) -> None:
    """Take one of the page's examples, and wait for what it shows and where that was seen."""
    page.get_by_role("button", name="Example: 3", exact=True).first.click()
    page.locator("#answer:not([aria-busy]) .label").wait_for()
    page.locator("#whole:not([aria-busy]) #heat").wait_for()


ACTIONS: dict[str, Callable[[Page], None]] = {
    "cv-api": ask_about_a_picture,
    "house-prices": ask_for_a_price,
    "sentiment-bot": ask_for_a_mood,
}

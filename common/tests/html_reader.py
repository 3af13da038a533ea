"""A report's page as a test reads it."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """Collects what a page refers to, and fails on tags that do not close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.references: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "href"):
                self.references.append(value or "")
            if name == "id":
                self.ids.append(value or "")
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check_whole(text: str) -> None:
    """Every tag is closed, every link leads to a place of the page, and it needs no second file."""
    page = Page(text)
    assert page.open == []
    anchors = [name[1:] for name in page.references if name.startswith("#")]
    assert set(anchors) <= set(page.ids)
    assert all(name.startswith(("#", "data:image/png")) for name in page.references)

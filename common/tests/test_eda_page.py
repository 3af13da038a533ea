"""What every exploration shares: chapters, figures that are files, phrases, and the page."""

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from html_reader import check_whole

from {{ cookiecutter.package_name }} import plotting
from {{ cookiecutter.package_name }}.eda_chapter import Chapter
from {{ cookiecutter.package_name }}.eda_page import Appendix, Section, drawn, render
from {{ cookiecutter.package_name }}.eda_phrases import counted, listed, percent
from {{ cookiecutter.package_name }}.plotting import (
    literal,
    new_figure,
    save_figure,
    to_png,
)


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder as the current one, and figures of few dots, which are drawn sooner."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plotting, "DPI", 40)


def page(*sections: Section) -> str:
    return render(
        sections,
        title="a <look>",
        data=SimpleNamespace(name="<b>data</b>", seed=1, sha256="0a" * 32),
        note="",
        boxes=[("<rows>", "3 & 4")],
        opening="None <held> out.",
        appendix=Appendix("end", "The <end>", "<p>done</p>"),
    )


def test_the_words_are_safe_in_a_notebook() -> None:
    chapter = Chapter("x", "What $a_b$ is", "Why?", "from $1k to $2k, a_b*c <b>")
    assert chapter.markdown.splitlines()[::2] == [
        r"### What \$a\_b\$ is",
        "*Why?*",
        r"from \$1k to \$2k, a\_b\*c \<b\>",
    ]


def test_figures_are_written_and_an_earlier_one_does_not_stay() -> None:
    first = Chapter("a", "A", "?", "text", draw=lambda: new_figure(2, 1))
    (section,) = drawn([first])
    path = Path("reports/figures/eda-a.png")
    assert path.read_bytes() == section.picture
    (section,) = drawn([Chapter("a", "A", "?", "nothing to draw")])
    assert section.picture is None
    assert not path.exists()


def test_the_page_is_whole_and_escapes_what_comes_from_the_data() -> None:
    table = pd.DataFrame({"<text>": ["<i>x</i>"], "count": ["3"]})
    chapter = Chapter("one", "A <b> heading", "<why>?", "1 < 2", table=table, texts=("<text>",))
    text = page(Section(chapter, b"png"), Section(Chapter("two", "T", "?", "."), None))
    check_whole(text)
    for harmful in ("<i>x", "<why>", "<look>", "<held>", "<b>data", "<rows>", "<end>"):
        assert harmful not in text
    assert '<td class="number">3</td>' in text
    assert "<td>&lt;i&gt;x&lt;/i&gt;</td>" in text


def test_shares_counts_and_lists_read_as_people_write_them() -> None:
    shares = (0.0, 0.004, 0.14, 0.995, 1.0)
    assert [percent(share) for share in shares] == ["0.0%", "0.4%", "14%", "99.5%", "100%"]
    assert (counted(1, "row"), counted(1234, "row")) == ("1 row", "1,234 rows")
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(list("abcdefg")) == "a, b, c, d and 3 more"


def test_a_figure_is_the_same_bytes_each_time_and_text_is_taken_literally(tmp_path: Path) -> None:
    def draw() -> bytes:
        figure = new_figure(3, 2)
        figure.subplots().set_title(literal("$a_1$ costs $5"))
        return to_png(figure)

    assert draw() == draw()
    assert literal("caf\u00e9 \u4f60\u597d") == "caf\u00e9 \u25a1\u25a1"
    path = save_figure(new_figure(3, 2), tmp_path / "figures/x.png")
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [file.name for file in path.parent.iterdir()] == ["x.png"]

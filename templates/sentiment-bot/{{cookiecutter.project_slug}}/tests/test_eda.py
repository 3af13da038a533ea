"""The exploration of any texts: few or many, two classes or twenty, of any script."""

import csv
import random
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from html_reader import check_whole

from {{ cookiecutter.package_name }} import data, eda, plotting
from {{ cookiecutter.package_name }} import eda_statistics as statistics
from {{ cookiecutter.package_name }}.cleaning import Cleaning
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.eda_chapter import Chapter
from {{ cookiecutter.package_name }}.eda_statistics import Corpus
from {{ cookiecutter.package_name }}.eda_story import Reading, chapters
from {{ cookiecutter.package_name }}.telling_words import count_words, telling_words
from {{ cookiecutter.package_name }}.text_features import features, words
from {{ cookiecutter.package_name }}.transformer import POSITIONS

WORDS = [*("the", "a", "it", "was", "plot", "film", "room", "food", "table", "time", "people"),
         *("place", "day", "work", "very", "quite")]  # fmt: skip


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder as the current one, and figures of few dots, which are drawn sooner."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plotting, "DPI", 40)


def settings(**values: Any) -> Params:
    return Params.model_validate({"data": values})


def texts_of(rows: list[tuple[str, str]], **values: Any) -> Params:
    """Settings that read these texts and labels from a file."""
    with open("texts.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    return settings(source="file", path="texts.csv", **values)


def made_up(rows: int, classes: int, seed: int = 0) -> list[tuple[str, str]]:
    """Texts of common words, with one that belongs to the class."""
    rng = random.Random(seed)
    found = []
    for row in range(rows):
        text = rng.choices(WORDS, k=rng.randint(4, 12))
        text.insert(rng.randint(0, 4), f"mark{row % classes}")
        found.append((f"{' '.join(text)} {row}", f"class {row % classes}"))
    return found


def told(params: Params) -> dict[str, Chapter]:
    train = data.load_train(params)
    story = chapters(train, Corpus.of(train), Reading(Cleaning()))
    return {chapter.name: chapter for chapter in story}


def test_the_report_is_one_page_that_names_its_synthetic_data() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        report = eda.explore(settings(sample_rows=300))
    text = report.read_text(encoding="utf-8")
    check_whole(text)
    assert "synthetic sample" in text
    assert "<strong>synthetic</strong>" in text
    assert re.search(r"\d+ texts are held out", text)
    assert "The tokenizer makes" in text
    assert "$" not in text  # no placeholder left
    figures = sorted(path.stem for path in Path("reports/figures").iterdir())
    names = ["classes", "length", "signs", "vocabulary", "words"]
    assert figures == [f"eda-{name}" for name in names]


def test_the_held_out_texts_are_not_opened() -> None:
    params = settings(sample_rows=200)
    data.prepare(params)
    Path("data/processed/test.parquet").write_bytes(b"not to be read")
    assert set(told(params)) >= {"texts", "odd"}


@pytest.mark.parametrize("classes", [2, 20])
def test_any_number_of_classes_can_be_explored(classes: int) -> None:
    report = eda.explore(texts_of(made_up(400, classes)))
    text = report.read_text(encoding="utf-8")
    check_whole(text)
    assert "synthetic" not in text
    for number in range(classes):
        assert f"<td>class {number}</td>" in text
        assert f"mark{number}" in text


def test_texts_of_marks_other_scripts_and_html_can_be_explored() -> None:
    odd = ["!!!", "???", "<b>bold</b>", "$x_1$ & ^", "Привет мир", "你好", "😀😀", "#tag", "@a"]
    rows = [(f"{text} {'z' * (i % 7)}{i}", "ab"[i % 2]) for i, text in enumerate(odd * 8)]
    report = eda.explore(texts_of(rows))
    text = report.read_text(encoding="utf-8")
    check_whole(text)
    assert "<b>bold" not in text
    assert "Cyrillic" in text


def test_without_a_tokenizer_the_words_are_counted_all_the_same() -> None:
    params = texts_of(made_up(200, 2)).model_dump()
    params["model"]["name"] = "./no-such-folder"
    text = eda.explore(Params.model_validate(params)).read_text(encoding="utf-8")
    assert "Half of the texts have at most" in text
    assert "The tokenizer makes" not in text


def test_many_texts_are_sampled_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MOST_TEXTS", 50)
    params = texts_of(made_up(300, 3))
    train = data.load_train(params)
    corpus = Corpus.of(train)
    assert (len(corpus.texts), len(corpus.table), corpus.whole) == (50, 50, len(train.texts))
    assert corpus.texts == [train.texts[list(train.lines).index(line)] for line in corpus.lines]
    story = told(params)
    assert "counted in 50 of the training texts" in story["texts"].text
    assert story["classes"].text == told(params)["classes"].text


def test_the_words_that_belong_to_a_class_are_told_and_no_others() -> None:
    rows = made_up(600, 3)
    labels = np.array([int(label[-1]) for _, label in rows])
    found = count_words([text for text, _ in rows], labels, 3)
    assert found is not None
    told = telling_words(found, 5)
    assert [words[0].word for words in told] == ["mark0", "mark1", "mark2"]
    for first, *rest in told:
        assert (first.own, first.others) == (1.0, 0.0)
        assert all(each.z < 5.0 < first.z for each in rest)


def test_a_word_that_gives_its_class_away_is_pointed_out() -> None:
    story = told(texts_of(made_up(600, 2)))
    assert "\u201cmark0\u201d (class 0)" in story["words"].text
    assert "ask whether the labels were made from such words" in story["words"].text


def test_signs_are_counted_in_each_class() -> None:
    rows = [(f"I do not like it number {i}" if i % 2 else f"I like it {i}!", "ab"[i % 2])
            for i in range(300)]  # fmt: skip
    train = data.load_train(texts_of(rows))
    shares = statistics.signs(Corpus.of(train))
    assert shares.loc["b", "negations"] == 1.0
    assert shares.loc["a", "negations"] == 0.0
    assert shares.loc["a", "exclamations"] == 1.0
    assert "100% of the" in told(texts_of(rows))["signs"].text


def test_a_text_with_two_labels_is_shown_with_its_lines() -> None:
    rows = [*made_up(200, 2), ("Fine, I say.", "class 0"), ("fine I SAY", "class 1")] * 1
    params = texts_of(rows, test_size=0, validation_size=0.05)
    train = data.load_train(params)
    assert [[train.texts[row] for row in each] for each in statistics.two_labels(train)] == [
        ["Fine, I say.", "fine I SAY"]
    ]
    chapter = told(params)["repeats"]
    assert chapter.table is not None
    assert chapter.table["Lines"].tolist() == ["202 and 203"]


def test_cleaning_is_shown_by_the_texts_that_it_changes() -> None:
    rows = made_up(200, 2)
    rows[3] = ("see https://example.org/a &amp; tell @ann", "class 1")
    params = texts_of(rows, test_size=0, validation_size=0.05)
    table = told(params)["cleaning"].table
    assert table is not None
    assert table.to_numpy().tolist() == [[rows[3][0], "see http & tell @user"]]


def test_a_text_in_another_language_is_the_oddest() -> None:
    rows = made_up(300, 2)
    rows[7] = ("der plot war leider gar nicht so gut wie man sagt", "class 1")
    train = data.load_train(texts_of(rows, test_size=0, validation_size=0.05))
    corpus = Corpus.of(train)
    bits = statistics.surprise(corpus)
    assert corpus.texts[int(np.nanargmax(bits))] == rows[7][0]
    assert np.isnan(bits).any()  # short ones are not judged


def test_new_words_go_on_coming_by_heaps_law() -> None:
    rng = np.random.default_rng(0)
    drawn = rng.zipf(1.6, (400, 12))
    rows = [(" ".join(f"w{word}" for word in text), "ab"[i % 2]) for i, text in enumerate(drawn)]
    train = data.load_train(texts_of(rows))
    found = statistics.vocabulary(Corpus.of(train))
    assert found is not None
    # Words drawn from a Zipf law of exponent s give Heaps' exponent 1/s (here 0.63).
    assert found.exponent == pytest.approx(1 / 1.6, abs=0.08)
    assert 0.0 < found.unseen < 0.3
    assert found.distinct[-1] == len({word for text in train.texts for word in words(text)})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It wasn't GOOD!! :( http://t.co/x @bob #sad", {"negations": 1, "exclamations": 2,
            "emoji": 1, "links": 1, "mentions": 1, "hashtags": 1, "words": 4}),
        ("it wo n't do, will it? \U0001f600", {"negations": 1, "questions": 1, "emoji": 1}),
        ("write to a.b@c.org at 10:30 (8)", {"mentions": 0, "emoji": 0}),
        ("Don\u2019t &amp; can\u2019t", {"negations": 2, "words": 2}),
        ("Привет мир", {"script": "Cyrillic", "foreign": 1.0, "words": 2}),
        ("", {"script": "none", "words": 0, "characters": 0}),
    ],
)  # fmt: skip
def test_what_is_counted_in_a_text(text: str, expected: dict[str, Any]) -> None:
    found = features(text)
    assert {name: getattr(found, name) for name in expected} == expected


def test_what_is_said_to_be_masked_is_masked() -> None:
    train = data.load_train(texts_of(made_up(200, 2) + [("https://a.b no!", "class 0")] * 20))
    for rules, expected in (
        ({}, "Links and mentions are masked before training"),
        ({"mentions": False}, "Links are masked before training"),
        ({"links": False, "mentions": False}, None),
    ):
        story = chapters(train, Corpus.of(train), Reading(Cleaning(**rules)))
        (text,) = (chapter.text for chapter in story if chapter.name == "signs")
        assert ("masked" in text) is (expected is not None)
        assert expected is None or expected in text


def test_no_more_is_said_to_be_read_than_the_model_has_positions_for() -> None:
    params = texts_of([(f"{text} word" * 200, label) for text, label in made_up(60, 2)])
    more = {"coverage": 1.0, "limit": 4000}
    params = params.model_copy(update={"tokens": params.tokens.model_copy(update=more)})
    train = data.load_train(params)
    assert eda.reading(params, train, Corpus.of(train)).limit == POSITIONS

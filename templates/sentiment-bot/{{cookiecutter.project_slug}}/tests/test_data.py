"""From a source to three parts: what is kept, what is found, and what is refused."""

import json
import logging
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from {{ cookiecutter.package_name }} import data
from {{ cookiecutter.package_name }}.config import DataParams, Params
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.text_formats import to_csv

Rows = list[tuple[str, str]]
NAMES = ("good", "bad", "so-so")


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settings(**values: Any) -> Params:
    return Params(data=DataParams(**values))


def rows(count: int = 90, name: str = "text", names: Sequence[str] = NAMES) -> Rows:
    return [(f"{name} number {i}", names[i % len(names)]) for i in range(count)]


def write(content: Rows, name: str = "texts.csv") -> str:
    Path(name).write_text(to_csv(("text", "label"), content), encoding="utf-8")
    return name


def of_file(content: Rows, **values: Any) -> Params:
    return settings(source="file", path=write(content), **values)


def refusal(params: Params) -> str:
    with pytest.raises(UserError) as caught:
        data.prepare(params)
    message = str(caught.value)
    assert "\n" not in message
    return message


def shown(dataset: data.Dataset) -> str:
    out = StringIO()
    data.show(dataset, Console(file=out, width=120))
    return out.getvalue()


# --- the three parts ------------------------------------------------------------------------------


def test_the_sample_is_split_once_and_read_back() -> None:
    params = settings(sample_rows=300)
    dataset = data.prepare(params)
    parts = [load(params) for load in (data.load_train, data.load_validation, data.load_test)]
    assert [len(part.texts) for part in parts] == [
        dataset.meta.train_rows,
        dataset.meta.validation_rows,
        dataset.meta.test_rows,
    ]
    assert sum(len(part.texts) for part in parts) == dataset.meta.rows == 300
    assert len({int(line) for part in parts for line in part.lines}) == 300
    for part in parts:
        assert part.classes == ("negative", "neutral", "positive")
        assert set(part.labels.tolist()) == {0, 1, 2}
    assert dataset.meta.synthetic
    assert "synthetic" in dataset.meta.name


def test_texts_are_stored_as_they_were_written() -> None:
    odd = ["  Two  spaces ", "line\nend &amp; @anna http://x.example", "\U0001f600 \u0645\u0631"]
    params = of_file([*rows(), *((text, "good") for text in odd)], test_size=0)
    stored = data.load_train(params).texts + data.load_validation(params).texts
    assert set(odd) <= set(stored)


def test_numbers_are_sorted_as_numbers_and_names_as_names() -> None:
    assert data.prepare(of_file(rows(120, names=["10", "9", "2"]))).meta.classes == ("2", "9", "10")
    assert data.prepare(of_file(rows())).meta.classes == ("bad", "good", "so-so")


def test_any_number_of_classes_can_be_told_apart() -> None:
    names = [f"class {i:02}" for i in range(30)]
    dataset = data.prepare(of_file(rows(600, names=names)))
    assert dataset.meta.classes == tuple(names)
    assert all(min(counts.values()) > 0 for counts in dataset.counts.values())


def test_files_for_validation_and_test_are_kept_as_parts() -> None:
    params = of_file(
        rows(),
        validation_path=write(rows(20, "chosen"), "validation.csv"),
        test_path=write(rows(30, "held out"), "test.csv"),
    )
    dataset = data.prepare(params)
    meta = dataset.meta
    assert (meta.train_rows, meta.validation_rows, meta.test_rows) == (90, 20, 30)
    assert dataset.official == ("validation", "test")
    assert all(text.startswith("held out") for text in data.load_test(params).texts)
    assert "30 (the source's own part)" in shown(dataset)


def test_texts_in_two_parts_are_found_reported_and_kept_out_of_the_later_one() -> None:
    twins: Rows = [("Text number 3!", "good"), ("TEXT number 4", "bad")]
    params = of_file(rows(), test_path=write([*rows(30, "held out"), *twins], "test.csv"))
    dataset = data.prepare(params)
    assert (dataset.meta.across, dataset.meta.test_rows, dataset.meta.rows) == (2, 30, 122)
    assert not {text for text, _ in twins} & set(data.load_test(params).texts)
    assert "2 texts stood in two of the source's parts" in shown(dataset)


def test_repeats_and_texts_with_two_labels_are_reported() -> None:
    dataset = data.prepare(of_file([*rows(), ("Text number 0", "good"), ("text number 1", "good")]))
    assert (dataset.meta.duplicates, dataset.meta.two_labels) == (2, 1)
    said = shown(dataset)
    assert "2 texts repeat an earlier one" in said
    assert "1 text stands with two labels" in said
    assert "text number 1: bad (row 3), good (row 93)" in said


def test_a_file_without_names_is_read_by_positions_and_has_names_afterwards() -> None:
    Path("train.tsv").write_text(
        "".join(f"{text}\t{i % 2}\n" for i, (text, _) in enumerate(rows()))
    )
    params = settings(source="file", path="train.tsv", text="0", label="1")
    dataset = data.prepare(params)
    assert (dataset.meta.text, dataset.meta.label) == ("text", "label")
    assert dataset.meta.rows == 90


def test_at_most_so_many_texts_of_a_part_are_used_and_the_rest_is_told() -> None:
    dataset = data.prepare(settings(sample_rows=400, max_rows=60))
    assert dataset.meta.train_rows == dataset.meta.test_rows == 60
    assert "left out: data.max_rows of a part are used" in shown(dataset)


# --- when the data are prepared -------------------------------------------------------------------


def test_without_a_held_out_share_there_is_no_test_file() -> None:
    data.prepare(of_file(rows()))
    assert Path("data/processed/test.parquet").exists()
    params = of_file(rows(), test_size=0)
    assert data.prepare(params).meta.test_rows == 0
    assert not Path("data/processed/test.parquet").exists()
    with pytest.raises(UserError, match="test_size is 0"):
        data.load_test(params)


def test_training_never_opens_the_held_out_texts() -> None:
    params = of_file(rows())
    data.prepare(params)
    Path("data/processed/test.parquet").write_bytes(b"not to be read")
    assert data.load_train(params).texts
    assert data.load_validation(params).texts
    with pytest.raises(UserError, match="changed since it was written"):
        data.load_test(params)


@pytest.mark.parametrize("name", ["texts.csv", "test.csv"])
def test_a_changed_file_prepares_the_data_again(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    params = of_file(rows(), test_path=write(rows(30, "held out"), "test.csv"))
    before = data.prepare(params).meta
    write(rows(60, "others"), name)
    with pytest.raises(UserError, match=r"changed .* Run `data`"):
        data.load_test(params)
    with caplog.at_level(logging.WARNING):
        after = data.load_train(params).meta
    assert before.sha256 != after.sha256
    assert "changed since the data were prepared" in caplog.text


def test_changed_settings_prepare_the_data_again_and_say_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(UserError, match="Run `data`"):
        data.load_test(of_file(rows()))
    data.prepare(of_file(rows()))
    with pytest.raises(UserError, match="settings changed"):
        data.load_test(of_file(rows(), seed=7))
    with caplog.at_level(logging.WARNING):
        assert data.load_train(of_file(rows(), seed=7)).meta.seed == 7
    assert "data.seed: 42 -> 7" in caplog.text


def test_a_failed_preparation_leaves_the_old_data() -> None:
    before = data.prepare(of_file(rows()))
    refusal(of_file([*rows(), ("", "good")]))
    assert json.loads(data.DATASET.read_text())["files"] == before.files


def test_the_state_of_the_data_is_told_without_preparing_any() -> None:
    params = of_file(rows())
    assert data.standing(params) == (None, None)
    dataset = data.prepare(params)
    assert data.standing(params) == (dataset, None)
    Path("data/processed/test.parquet").unlink()
    assert "test.parquet: no such file" in str(data.standing(params)[1])


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("", "good"), "texts.csv, row 92: text is empty. Every row needs a text and a label"),
        ((" \u200b ", "good"), "row 92: text is empty"),
        (("something", " "), "row 92: label is empty"),
        (("something", "Goood"), "the label 'Goood' stands nowhere else. Did you mean good?"),
    ],
)
def test_a_row_that_nothing_can_be_learned_from_is_named(row: tuple[str, str], words: str) -> None:
    assert words in refusal(of_file([*rows(), row]))
    assert "(1 more like it.)" in refusal(of_file([*rows(), ("", "good"), ("", "bad")]))


def test_too_few_texts_and_too_few_classes_are_refused() -> None:
    assert "49 texts, too few" in refusal(of_file(rows(49)))
    assert "every text has the label good" in refusal(of_file(rows(names=["good"])))
    assert "'rare' is that of only 4 texts" in refusal(of_file(rows() + rows(4, "odd", ["rare"])))
    many = [f"class {i}" for i in range(101)]
    assert "101 different labels of 1,010 texts, which is no set of classes" in refusal(
        of_file(rows(1010, names=many))
    )


def test_a_class_that_is_only_measured_is_refused() -> None:
    test = write(rows(30, "held out", ["good", "awful"]), "test.csv")
    said = refusal(of_file(rows(), test_path=test))
    assert "row 3: the label 'awful' is not one of the training texts' (bad, good, so-so)" in said


def test_a_test_file_that_is_the_training_file_is_refused() -> None:
    params = of_file(rows())
    said = refusal(of_file(rows(), test_path=params.data.path))
    assert "no text is left for the part test" in said


def test_a_class_in_two_spellings_is_refused() -> None:
    for other in ("Good", "GOOD", "go\u200bod"):
        said = refusal(of_file([*rows(), *rows(6, "more", [other])]))
        assert "row 92: the label" in said
        assert "(6 texts) is 'good' (30 texts) in another spelling" in said


def test_texts_that_are_all_the_same_are_refused() -> None:
    said = refusal(of_file([("the same", "good"), ("The same!", "bad")] * 40))
    assert "too few texts that differ from one another" in said
    assert "the part validation (data.validation_size)" in said


def test_nothing_is_held_out_only_where_that_is_asked_for() -> None:
    twos = [(f"text {i // 20}", NAMES[i // 20 % 2]) for i in range(80)]
    said = refusal(of_file(twos, test_size=0.1, validation_size=0.5))
    assert "none can be drawn for the part test (data.test_size)" in said
    assert data.prepare(of_file(twos, test_size=0, validation_size=0.5)).meta.test_rows == 0


def test_a_class_of_which_no_text_is_left_to_train_on_is_refused() -> None:
    # Repeats go where the first one goes, which is of another class.
    repeats = [("text number 0", "odd")] * 5
    ends = set()
    for seed in range(20):
        try:
            dataset = data.prepare(of_file([*rows(), *repeats], seed=seed))
        except UserError as error:
            ends.add(str(error))
        else:
            assert dataset.counts["train"]["odd"] == 5
            ends.add("kept")
    (said,) = ends - {"kept"}
    assert "no text of the class 'odd' is left to train on" in said
    assert "kept" in ends


def test_so_few_texts_of_a_part_that_a_class_is_gone_are_refused() -> None:
    many = rows(5000) + rows(6, "few", ["rare"])
    assert "or data.max_rows is too low" in refusal(of_file(many, max_rows=50))

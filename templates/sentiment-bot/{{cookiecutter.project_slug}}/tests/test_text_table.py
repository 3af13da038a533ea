"""Files of texts: four formats, read alike, and each fault named by its row."""

import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.text_table import TextTable, read_table

NAMED = {"text": "data.text", "label": "data.label"}
NUMBERED = {"0": "data.text", "1": "data.label"}
TEXTS = [
    "plain words",
    'he said "no", twice',
    '"quoted" at the beginning',
    "a, comma; and a\ttab",
    "two\nlines",
    "\u2028 and \x85 end no line",
    "\u0645\u0631\u062d\u0628\u0627 \U0001f600",
]


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(path: Path, wanted: dict[str, str] | None = None) -> str:
    with pytest.raises(UserError) as caught:
        read_table(path, wanted or NAMED)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith((str(path), "data."))
    return message


def frame() -> pd.DataFrame:
    return pd.DataFrame({"id": range(len(TEXTS)), "text": TEXTS, "label": [1, 0, 2, 1, 0, 2, 1]})


WRITERS: dict[str, Any] = {
    "texts.csv": lambda path: frame().to_csv(path, index=False),
    "texts.CSV": lambda path: frame().to_csv(path, index=False, sep=";"),
    "index.csv": lambda path: frame().to_csv(path),
    "texts.tsv": lambda path: frame().to_csv(path, index=False, sep="\t"),
    "texts.jsonl": lambda path: frame().to_json(path, orient="records", lines=True),
    "texts.ndjson": lambda path: frame().to_json(
        path, orient="records", lines=True, force_ascii=False
    ),
    "texts.parquet": lambda path: frame().to_parquet(path),
    "texts.csv.gz": lambda path: frame().to_csv(path, index=False),
    "texts.jsonl.gz": lambda path: frame().to_json(path, orient="records", lines=True),
}


@pytest.mark.parametrize("name", WRITERS)
def test_what_pandas_writes_is_read_back_as_it_was(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name)
    table = read_table(tmp_path / name, NAMED)
    assert table.cells["text"] == TEXTS
    assert table.cells["label"] == ["1", "0", "2", "1", "0", "2", "1"]
    assert list(table.cells) == ["text", "label"]
    assert "id" in table.names


def rows(table: TextTable) -> list[tuple[str | None, ...]]:
    return list(zip(*table.cells.values(), strict=True))


def test_a_file_without_names_is_read_by_positions(tmp_path: Path) -> None:
    path = write(tmp_path / "train.tsv", "good , really\t1\nbad\t0\n")
    assert rows(read_table(path, NUMBERED)) == [("good , really", "1"), ("bad", "0")]
    path = write(tmp_path / "train.csv", "0,good; fine\n1,bad; poor\n")
    wanted = {"1": "data.text", "0": "data.label"}
    assert rows(read_table(path, wanted)) == [("good; fine", "0"), ("bad; poor", "1")]
    path = write(tmp_path / "tabs.csv", "one , two\t1\nthree\t0\n")
    assert rows(read_table(path, NUMBERED)) == [("one , two", "1"), ("three", "0")]


def test_a_number_names_a_column_where_the_format_names_its_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"0": "good", "1": "x"}\n')
    assert rows(read_table(path, NUMBERED)) == [("good", "x")]


def test_quotes_within_tab_separated_texts_break_no_row(tmp_path: Path) -> None:
    content = 'text\tlabel\n"what a film\tgood\nso "so" it is\tbad\n"fine" I said\tgood\n'
    table = read_table(write(tmp_path / "a.tsv", content), NAMED)
    assert table.cells["text"] == ['"what a film', 'so "so" it is', '"fine" I said']
    assert table.lines == [2, 3, 4]


def test_quoted_tab_separated_texts_lose_their_quotes(tmp_path: Path) -> None:
    content = 'text\tlabel\r\n"he said ""no"""\tgood\r\n"all"\t"bad"\r\n\r\n'
    table = read_table(write(tmp_path / "a.tsv", content), NAMED)
    assert rows(table) == [('he said "no"', "good"), ("all", "bad")]


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    content = 'text,label\n\n"two\nlines",a\nplain,b\n'
    assert read_table(write(tmp_path / "a.csv", content), NAMED).lines == [3, 5]
    content = '{"text": "x", "label": "a"}\n\n{"text": "y", "label": "b"}\n'
    assert read_table(write(tmp_path / "a.jsonl", content), NAMED).lines == [1, 3]


def test_a_text_may_be_a_million_characters_long(tmp_path: Path) -> None:
    long = "word " * 200_000
    path = write(tmp_path / "a.csv", f"text,label\n{long},a\n")
    assert read_table(path, NAMED).cells["text"] == [long]


def test_labels_of_any_kind_become_texts_and_missing_ones_none(tmp_path: Path) -> None:
    lines = [1, 1.0, True, "x", None, float("nan")]
    content = "".join(json.dumps({"text": "t", "label": label}) + "\n" for label in lines)
    table = read_table(write(tmp_path / "a.jsonl", content + '{"text": "t"}\n'), NAMED)
    assert table.cells["label"] == ["1", "1", "True", "x", None, None, None]


def test_half_a_character_can_be_stored_all_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"text": "a \\ud83d b", "label": "x"}')
    assert read_table(path, NAMED).cells["text"] == ["a ? b"]


def test_further_columns_are_read_where_they_are_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "tweet_id,text,label\n7,good,x\n")
    table = read_table(path, NAMED, lambda names: [n for n in names if n.endswith("_id")])
    assert table.cells["tweet_id"] == ["7"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "the file is empty"),
        ("a.csv", b"\xef\xbb\xbf \n", "the file is empty"),
        ("a.csv", b"text,label\n", "no row with a text"),
        ("a.csv", b"text,label\na,b,c\n", "row 2: 3 cells, but the line of names has 2"),
        ("a.csv", b'text,label\n"a,b\nc,d\n', "row 2: not valid CSV"),
        ("a.csv", b'text,label\na,b\n"x" y,b\n', "row 3: not valid CSV"),
        ("a.csv", b"text,label\na,b\nGen\xe8ve,b\n", "row 3: byte 0xe8 is not UTF-8"),
        ("a.csv", "text,label\na,b\n".encode("utf-16"), "UTF-16"),
        ("a.csv", b"PK\x03\x04", "not a text file"),
        ("a.csv", b"<!DOCTYPE html><html>", "a web page"),
        ("a.csv", b"text,text,label\na,b,c\n", "2 columns are called text"),
        ("a.tsv", b"text\tlabel\na b\n", "row 2: 1 cells, but the line of names has 2"),
        ("a.jsonl", b'{"text": "a", "label": 1}\n{"text": \n', "row 2: not JSON"),
        ("a.jsonl", b'[{"text": "a"}]\n', "row 1: a list, not an object"),
        ("a.jsonl", b'{"text": "a", "label": ["x"]}\n', "row 1: label holds a list, not a text"),
        ("a.jsonl", b"[" * 100_000, "row 1: not JSON (nested too deep)"),
        ("a.jsonl", b'{"texte": "a", "label": 1}\n', "no column text (data.text). Did you mean"),
        ("a.parquet", b"text,label\n", "not a Parquet file"),
        ("a.csv.gz", b"text,label\n", "not a whole gzip file"),
        ("a.csv.gz", gzip.compress(b"text,label\n" * 99, mtime=0)[:-12], "not a whole gzip file"),
        ("a.xlsx", b"PK", "its ending does not say how it is written"),
        ("a", b"text,label\na,b\n", "its ending does not say how it is written"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    assert message in refusal(write(tmp_path / name, content))


def test_names_that_are_not_there_are_told_with_those_that_are(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", "one long string of cliches\t0\nno\t1\n")
    said = refusal(path)
    assert "no column text (data.text). Columns: 'one long string of cliches', '0'." in said
    assert "If these are no names, count them: 0 is the first column." in said
    assert "no column 5 (data.text); it has 2" in refusal(path, {"5": "data.text"})
    said = refusal(path, {"0": "data.text", "label": "data.label"})
    assert "Write both as names, or both as numbers" in said


@pytest.mark.parametrize("name", ["nowhere.csv", "folder.csv"])
def test_a_path_without_a_file_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    assert refusal(tmp_path / name)


def test_a_parquet_file_that_is_damaged_within_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    frame().to_parquet(path, compression="zstd")
    content = bytearray(path.read_bytes())
    content[4 : len(content) // 3] = bytes(len(content) // 3 - 4)  # the end tells where things are
    path.write_bytes(content)
    assert "cannot be read" in refusal(path)

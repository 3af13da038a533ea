"""Forms with files: what is taken of them, and every other form a clear problem."""

import time

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from {{ cookiecutter.package_name }}.api.multipart import LONGEST_TEXT, parsed
from {{ cookiecutter.package_name }}.api.problems import Problem

TYPE = "multipart/form-data; boundary=frontier"
HEAD = b'--frontier\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
END = b"\r\n--frontier--\r\n"


def problem(body: bytes, content_type: str = TYPE, most: int = 3) -> Problem:
    with pytest.raises(Problem) as caught:
        parsed(content_type, body, ["file"], ["label"], most)
    assert "\n" not in caught.value.detail
    return caught.value


def sent(files: list[tuple[str, bytes]], data: dict[str, str]) -> tuple[str, bytes]:
    """A form as httpx builds it: its Content-Type and its body."""
    request = httpx.Request(
        "POST", "http://test", files=[(name, ("a", content)) for name, content in files], data=data
    )
    return request.headers["content-type"], request.read()


@given(
    contents=st.lists(st.binary(max_size=300) | st.sampled_from([b"\r\n", b"--", b"\r\n--"])),
    label=st.text(max_size=50).filter(lambda text: "\r" not in text and "\n" not in text),
)
def test_files_and_texts_come_out_as_they_were_sent(contents: list[bytes], label: str) -> None:
    content_type, body = sent([("file", content) for content in [*contents, b""]], {"label": label})
    form = parsed(content_type, body, ["file"], ["label"], 1_000)
    assert form.files == {"file": [*contents, b""]}
    assert form.texts == {"label": label}


def test_any_client_may_name_its_boundary_and_its_fields_as_it_likes() -> None:
    body = HEAD.replace(b'name="file"', b"name=file") + b"x" + END
    for content_type in (
        TYPE,
        'Multipart/Form-Data; charset=utf-8; boundary="frontier"',
        "multipart/form-data;boundary=frontier",
    ):
        assert parsed(content_type, body, ["file"], [], 1).files == {"file": [b"x"]}


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "a" * 71,
        "multipart/form-data; boundary=\u00fc",
    ],
)
def test_a_boundary_that_is_none_is_told(content_type: str) -> None:
    found = problem(HEAD + b"x" + END, content_type)
    assert found.status == 400
    assert "boundary" in found.detail


BROKEN = {
    "empty": b"",
    "of another boundary": (HEAD + b"x" + END).replace(b"frontier", b"elsewhere"),
    "without an end": HEAD + b"x",
    "without headers": b"--frontier\r\n\r\nx" + END,
    "with lines of one byte": (HEAD + b"x" + END).replace(b"\r\n", b"\n"),
    "with a header that never ends": b"--frontier\r\n" + b"a" * 10_000_000,
    "with a header that is too long": HEAD.replace(b"a.jpg", b"a" * 50_000) + b"x" + END,
    "with headers without number": HEAD[:-2] + b"X-A: b\r\n" * 1_000 + b"\r\nx" + END,
    "with a header of no name": HEAD[:-2] + b": b\r\n\r\nx" + END,
    "with bytes that are no text in a header": HEAD.replace(b"a.jpg", b"\xff") + b"x" + END,
    "with another disposition": HEAD.replace(b"form-data", b"attachment") + b"x" + END,
    "in JSON": b'{"image": ""}',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_body_that_is_no_form_is_told_at_once(body: bytes) -> None:
    started = time.process_time()
    assert problem(body).status == 400
    assert time.process_time() - started < 1


def test_fields_that_nobody_asked_for_are_named() -> None:
    content_type, body = sent([("picture", b"x")], {})
    found = problem(body, content_type)
    assert (found.status, found.field) == (422, "picture")
    assert "Send file or label" in found.detail


def test_more_parts_than_asked_for_are_refused_before_they_are_read() -> None:
    content_type, body = sent([("file", b"x")] * 50_000, {})
    started = time.process_time()
    assert problem(body, content_type).status == 413
    assert time.process_time() - started < 1


def test_a_text_is_short_once_and_in_utf8() -> None:
    part = b'--frontier\r\nContent-Disposition: form-data; name="label"\r\n\r\n'
    for texts in ([b"a" * (LONGEST_TEXT + 1)], [b"\xff"], [b"a", b"b"]):
        body = b"\r\n".join(part + text for text in texts) + END
        found = problem(body)
        assert (found.status, found.field) == (422, "label")


def test_a_large_file_is_found_in_a_moment() -> None:
    for filling in (b"\r\n--frontie", b"\r", b"\x00"):
        content = filling * (20_000_000 // len(filling))
        started = time.process_time()
        form = parsed(TYPE, HEAD + content + END, ["file"], [], 1)
        assert time.process_time() - started < 1
        assert form.files["file"] == [content]

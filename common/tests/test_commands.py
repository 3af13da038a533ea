"""What a command ends with: the user's mistake in one line, and a fault of ours as it is."""

import errno
import os

import pytest

from {{ cookiecutter.package_name }} import commands
from {{ cookiecutter.package_name }}.errors import UserError


def test_a_fault_of_ours_is_not_dressed_up_as_one_of_the_users(
    capsys: pytest.CaptureFixture[str],
) -> None:
    faulty = commands.Commands("for this test")

    @faulty.command()
    def fail(theirs: bool = False) -> None:
        raise UserError("mend this") if theirs else ZeroDivisionError

    @faulty.command()
    def other() -> None:
        """A second command, so that the first needs its name."""

    with pytest.raises(ZeroDivisionError):
        faulty(["fail"])
    with pytest.raises(SystemExit) as stopped:
        faulty(["fail", "--theirs"])
    assert stopped.value.code == 2
    assert capsys.readouterr().err == "error: mend this\n"


@pytest.mark.parametrize(
    ("number", "mend"),
    [(errno.ENOSPC, "Free some space"), (errno.EACCES, "Check who may write there")],
)
def test_what_the_machine_does_not_give_is_one_line(
    number: int, mend: str, capsys: pytest.CaptureFixture[str]
) -> None:
    writing = commands.Commands("for this test")

    @writing.command()
    def write() -> None:
        raise OSError(number, os.strerror(number), "data/raw/.texts.csv")

    @writing.command()
    def other() -> None:
        """A second command, so that the first needs its name."""

    with pytest.raises(SystemExit) as stopped:
        writing(["write"])
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: data/raw/.texts.csv: {os.strerror(number)}. ")
    assert mend in line

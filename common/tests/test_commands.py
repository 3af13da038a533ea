"""What a command ends with: the user's mistake in one line, and a fault of ours as it is."""

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

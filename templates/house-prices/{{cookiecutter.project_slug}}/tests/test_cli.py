"""The command line: exit codes that scripts can trust, one line per error, and a quick start."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from {{ cookiecutter.package_name }} import cli, commands, config
from {{ cookiecutter.package_name }}.cli import app
from {{ cookiecutter.package_name }}.errors import UserError

PACKAGE = "{{ cookiecutter.package_name }}"
SOURCE = Path(cli.__file__).parents[1]
STEPS = (
    *("data", "eda", "train", "tune", "evaluate", "explain", "ablate", "report", "predict"),
    *("serve", "loadtest", "drift", "retrain"),
)
WITH_SETTINGS = {
    **{step: [step] for step in STEPS},
    "predict": ["predict", "--input", "rows.csv", "--output", "prices.csv"],
    "serve": ["serve", "--port", "0"],  # whatever else is running here
}
HEAVY = ("pandas", "sklearn", "scipy", "mlflow", "matplotlib", "numpy", "onnxruntime", "fastapi")


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with settings and nothing else, as the current one."""
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("data:\n  source: sample\n")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, as a user starts it."""
    return subprocess.run(
        [sys.executable, "-m", PACKAGE, *arguments],
        env={**os.environ, "PYTHONPATH": str(SOURCE), "COLUMNS": "100", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def refusal(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What the command prints when it refuses: exit code 2, one line on stderr, nothing else."""
    with pytest.raises(SystemExit) as stopped:
        app(arguments)
    assert stopped.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert printed.err.endswith("\n")
    return printed.err


def test_help_lists_the_steps_in_their_order() -> None:
    found = run("--help")
    assert found.returncode == 0
    assert found.stderr == ""
    listed = re.findall(r"^\W*([a-z]+)  ", found.stdout, flags=re.MULTILINE)
    assert tuple(name for name in listed if name in STEPS) == STEPS


def test_without_a_command_the_help_is_shown() -> None:
    found = run()
    assert found.returncode == 2
    assert "evaluate" in found.stdout + found.stderr


@pytest.mark.parametrize("step", STEPS)
def test_every_step_says_what_it_does(step: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        app([step, "--help"])
    assert stopped.value.code == 0
    assert "--set" in capsys.readouterr().out


@pytest.mark.parametrize("step", STEPS)
def test_every_step_refuses_a_wrong_setting(step: str, capsys: pytest.CaptureFixture[str]) -> None:
    message = refusal([*WITH_SETTINGS[step], "--set", "data.sed=1"], capsys)
    assert "data.sed is not a setting. Did you mean data.seed?" in message
    assert [path.name for path in Path().iterdir()] == ["params.yaml"]


@pytest.mark.parametrize("step", STEPS)
def test_every_step_names_a_settings_file_that_is_not_there(
    step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    message = refusal([*WITH_SETTINGS[step], "--params", "other.yaml"], capsys)
    assert "other.yaml: no such file" in message


@pytest.mark.parametrize("step", ["evaluate", "explain", "ablate", "predict", "serve", "drift"])
def test_what_needs_a_model_says_how_to_get_one(
    step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    message = refusal(WITH_SETTINGS[step], capsys)
    assert "manifest.json: no such file" in message
    assert "run `train`" in message


@pytest.mark.parametrize("step", ["predict", "serve"])
def test_what_uses_the_model_needs_no_settings_file(
    step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("params.yaml").unlink()
    assert "manifest.json" in refusal(WITH_SETTINGS[step], capsys)


def test_a_wrong_setting_is_one_line_in_a_process_of_its_own() -> None:
    found = run("train", "--set", "train.folds=one")
    assert found.returncode == 2
    assert found.stdout == ""
    assert found.stderr.count("\n") == 1
    assert "--set train.folds=one: train.folds = 'one'" in found.stderr


def test_a_tracking_server_that_is_not_there_stops_train_before_any_work() -> None:
    with socket.socket() as taken:
        # Bound and not listening: nobody else can take the port, and nobody answers.
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        # MLflow by itself would go on trying for longer than `run` waits.
        found = run("train", MLFLOW_TRACKING_URI=f"http://ada:secret@{address}")
    assert found.returncode == 2
    assert found.stderr.count("\n") == 1
    assert address in found.stderr
    assert "secret" not in found.stderr
    assert [path.name for path in Path().iterdir()] == ["params.yaml"]


def run_script(script: str) -> subprocess.CompletedProcess[str]:
    """A few lines in an interpreter of their own, which has imported nothing yet."""
    return subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["predict", "--help"]])
def test_the_command_line_starts_without_the_libraries_of_the_steps(arguments: list[str]) -> None:
    script = (
        "import sys\n"
        f"from {PACKAGE}.cli import app\n"
        "try:\n"
        f"    app({arguments!r})\n"
        "except SystemExit as stopped:\n"
        "    assert not stopped.code\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)\n"
    )
    assert run_script(script).stderr == "[]\n"


@pytest.mark.parametrize("step", ["predict", "serve"])
def test_what_runs_in_the_container_does_without_the_training_libraries(step: str) -> None:
    script = (
        "import sys\n"
        f"from {PACKAGE}.cli import app\n"
        "try:\n"
        f"    app({WITH_SETTINGS[step]!r})\n"
        "except SystemExit as stopped:\n"
        "    assert stopped.code == 2\n"
        "training = {'pandas', 'sklearn', 'scipy', 'mlflow', 'matplotlib', 'joblib', 'onnx'}\n"
        "print(sorted(training & set(sys.modules)))\n"
    )
    found = run_script(script)
    assert found.stdout == "[]\n"
    assert "manifest.json" in found.stderr


def test_an_interrupted_command_exits_as_shells_expect(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(config, "load", interrupt)
    with pytest.raises(SystemExit) as stopped:
        app(["train"])
    assert stopped.value.code == 130
    assert "Traceback" not in capsys.readouterr().err


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

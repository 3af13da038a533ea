"""The command line: exit codes that scripts can trust, one line per error, and a quick start."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from {{ cookiecutter.package_name }} import cli, config
from {{ cookiecutter.package_name }}.cli import app

PACKAGE = "{{ cookiecutter.package_name }}"
SOURCE = Path(cli.__file__).parents[1]
# Those of every template, in their order; others may stand between them.
STEPS = (
    *("data", "eda", "train", "tune", "evaluate", "explain", "ablate", "report", "predict"),
    *("serve", "loadtest", "drift", "retrain"),
)
# All that take settings as they are: `doctor` says what is wrong with them.
COMMANDS = sorted(
    {each.name or each.callback.__name__ for each in app.registered_commands if each.callback}
    - {"doctor"}
)
WITH_SETTINGS = {
    **{step: [step] for step in COMMANDS},
    "predict": ["predict", "--input", "rows.csv", "--output", "predictions.csv"],
    "serve": ["serve", "--port", "0"],  # whatever else is running here
}
TRAINING = (
    *("pandas", "sklearn", "scipy", "mlflow", "matplotlib", "joblib", "onnx"),
    *("torch", "transformers", "datasets"),
)
HEAVY = (*TRAINING, "numpy", "onnxruntime", "tokenizers", "fastapi")


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


@pytest.mark.parametrize("step", COMMANDS)
def test_every_step_says_what_it_does(step: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        app([step, "--help"])
    assert stopped.value.code == 0
    assert "--set" in capsys.readouterr().out


@pytest.mark.parametrize("step", COMMANDS)
def test_every_step_refuses_a_wrong_setting(step: str, capsys: pytest.CaptureFixture[str]) -> None:
    message = refusal([*WITH_SETTINGS[step], "--set", "data.sed=1"], capsys)
    assert "data.sed is not a setting. Did you mean data.seed?" in message
    assert [path.name for path in Path().iterdir()] == ["params.yaml"]


@pytest.mark.parametrize("step", COMMANDS)
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
    found = run("train", "--set", "data.seed=one")
    assert found.returncode == 2
    assert found.stdout == ""
    assert found.stderr.count("\n") == 1
    assert "--set data.seed=one: data.seed = 'one'" in found.stderr


def run_script(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A few lines in an interpreter of their own, which has imported nothing yet."""
    return subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(SOURCE), **environment},
        capture_output=True,
        text=True,
        check=True,
    )


def loaded_by(
    commands: list[list[str]], exit_code: int, **environment: str
) -> tuple[list[str], list[str]]:
    """The libraries of the steps that these commands have loaded, and the lines of stderr."""
    script = (
        "import sys\n"
        f"from {PACKAGE}.cli import app\n"
        f"for command in {commands!r}:\n"
        "    try:\n"
        "        app(command)\n"
        "    except SystemExit as stopped:\n"
        f"        assert (stopped.code or 0) == {exit_code}, command\n"
        f"print(*sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)\n"
    )
    *said, libraries = run_script(script, **environment).stderr.splitlines()
    return libraries.split(), said


def test_help_is_shown_without_the_libraries_of_the_steps() -> None:
    """They take seconds to load, and help is to be there at once."""
    libraries, said = loaded_by([["--help"], *([step, "--help"] for step in COMMANDS)], exit_code=0)
    assert libraries == said == []


def test_a_wrong_setting_is_told_without_the_libraries_of_the_steps() -> None:
    commands = [[*WITH_SETTINGS[step], "--set", "data.sed=1"] for step in COMMANDS]
    libraries, said = loaded_by(commands, exit_code=2)
    assert libraries == []
    assert len(said) == len(COMMANDS)


def test_a_tracking_server_that_is_not_there_stops_train_before_any_work() -> None:
    with socket.socket() as taken:
        # Bound and not listening: nobody else can take the port, and nobody answers.
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        server = f"http://ada:secret@{address}"
        libraries, said = loaded_by([["train"]], exit_code=2, MLFLOW_TRACKING_URI=server)
    (line,) = said
    assert address in line
    assert "secret" not in line
    # By itself it would go on asking for minutes.
    assert "mlflow" not in libraries
    assert [path.name for path in Path().iterdir()] == ["params.yaml"]


@pytest.mark.parametrize("step", ["predict", "serve"])
def test_what_runs_in_the_container_does_without_the_training_libraries(step: str) -> None:
    script = (
        "import sys\n"
        f"from {PACKAGE}.cli import app\n"
        "try:\n"
        f"    app({WITH_SETTINGS[step]!r})\n"
        "except SystemExit as stopped:\n"
        "    assert stopped.code == 2\n"
        f"print(sorted(set({TRAINING!r}) & set(sys.modules)))\n"
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

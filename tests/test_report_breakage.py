"""What a broken night becomes on GitHub, told to a stand-in for `gh`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from engines import LIBRARY

# Notes each call; answers `issue list` and `run view` from files; fails where it is told to.
STAND_IN = f"""#!{sys.executable}
import json, os, pathlib, sys
folder = pathlib.Path(os.environ["STAND_IN"])
call = {{"arguments": sys.argv[1:], "stdin": sys.stdin.read()}}
with (folder / "calls").open("a") as file:
    file.write(json.dumps(call) + "\\n")
if os.environ.get("FAILS") in sys.argv:
    sys.exit("HTTP 403: Resource not accessible")
if sys.argv[1:3] == ["issue", "list"]:
    print((folder / "open.json").read_text())
elif sys.argv[1:3] == ["run", "view"]:
    print((folder / "jobs.json").read_text())
elif sys.argv[1] == "issue":
    print("https://github.example/issues/7")
"""
TITLE = "cats breaks with the newest dependencies"


class GitHub:
    """The stand-in: what was asked of it, and what it has open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "bin/gh"
        program.parent.mkdir(parents=True)
        program.write_text(STAND_IN)
        program.chmod(0o755)
        self.has_open()
        self.has_run()

    def has_open(self, *issues: dict) -> None:
        (self.folder / "open.json").write_text(json.dumps(issues))

    def has_run(self, **jobs: str) -> None:
        """What has become of each job of the run, by its name."""
        listed = [{"name": name, "conclusion": conclusion} for name, conclusion in jobs.items()]
        (self.folder / "jobs.json").write_text(json.dumps({"jobs": listed}))

    @property
    def calls(self) -> list[dict]:
        path = self.folder / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def asked(self, *words: str) -> list[dict]:
        """The calls that begin with these words."""
        return [call for call in self.calls if call["arguments"][: len(words)] == list(words)]

    def told(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        script = LIBRARY / "tools/report_breakage.py"
        variables = {
            **os.environ,
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "STAND_IN": str(self.folder),
            "RUN_URL": "https://github.example/runs/1",
            "GITHUB_RUN_ID": "1",
            **environment,
        }
        return subprocess.run(
            [sys.executable, script, *map(str, arguments)],
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def github(tmp_path):
    return GitHub(tmp_path / "github")


@pytest.fixture
def night(tmp_path):
    """leave(template, ...) -> the folder of all breakages, with one more in it."""
    root = tmp_path / "breakages"

    def leave(template: str, **files: str) -> Path:
        folder = root / f"breakage-{template}"
        folder.mkdir(parents=True)
        for name, text in files.items():
            (folder / f"{name.replace('_', '-')}.txt").write_text(text)
        return root

    return leave


def test_a_first_breakage_opens_an_issue_that_says_what_has_changed(github, night):
    found = night(
        "cats",
        log="collecting\n\x1b[31mFAILED\x1b[0m tests/test_x.py\n",
        versions="numpy==2.9\npandas==3.2\nnewcomer==1.0\n",
        versions_before="numpy==2.9\npandas==3.1\n",
    )
    process = github.told(found)
    assert process.returncode == 0, process.stderr
    assert process.stdout == "https://github.example/issues/7\n"
    (call,) = github.asked("issue", "create")
    arguments = call["arguments"]
    assert arguments[arguments.index("--title") + 1] == TITLE
    assert arguments[arguments.index("--label") + 1] == "nightly"
    text = call["stdin"]
    assert "https://github.example/runs/1" in text
    assert "| pandas | 3.1 | 3.2 |" in text
    assert "| newcomer | absent | 1.0 |" in text
    assert "| numpy |" not in text
    assert "numpy==2.9" in text
    assert "\nFAILED tests/test_x.py\n" in text
    assert "\x1b" not in text


def test_the_label_is_there_before_the_issue_that_has_it(github, night):
    github.told(night("cats", log="x"))
    words = [call["arguments"][:2] for call in github.calls]
    assert words.index(["label", "create"]) < words.index(["issue", "create"])


def test_the_next_night_adds_to_the_open_issue(github, night):
    others = {"number": 3, "title": "dogs breaks with the newest dependencies"}
    github.has_open(others, {"number": 9, "title": TITLE}, {"number": 5, "title": TITLE})
    process = github.told(night("cats", log="still\n"))
    assert process.returncode == 0, process.stderr
    assert not github.asked("issue", "create")
    (call,) = github.asked("issue", "comment")
    assert call["arguments"][2] == "5"
    assert "still" in call["stdin"]


def test_each_template_has_an_issue_of_its_own(github, night):
    night("cats", log="c")
    github.told(night("dogs", log="d"))
    titles = [call["arguments"][3] for call in github.asked("issue", "create")]
    assert titles == [TITLE, TITLE.replace("cats", "dogs")]


def test_an_install_that_failed_is_reported_without_versions(github, night):
    process = github.told(night("cats", log="no matching distribution\n"))
    assert process.returncode == 0, process.stderr
    (call,) = github.asked("issue", "create")
    assert "no matching distribution" in call["stdin"]
    assert "Nothing was installed" in call["stdin"]


def test_equal_versions_are_said_to_be_no_cause(github, night):
    github.told(night("cats", log="x", versions="a==1\n", versions_before="a==1\n"))
    assert "No version." in github.asked("issue", "create")[0]["stdin"]


def test_a_log_can_neither_end_its_block_nor_be_too_long(github, night):
    log = "first line\n" + "````\n@everyone <b>\n" * 9_000
    github.told(night("cats", log=log, versions="x==1\n" * 20_000))
    text = github.asked("issue", "create")[0]["stdin"]
    assert len(text) < 65_536
    assert "first line" not in text
    before, _, rest = text.partition("`````text\n")
    assert "@everyone" not in before
    assert "@everyone" not in rest.partition("\n`````\n")[2]


def test_a_refusal_of_github_fails_the_job_with_its_words(github, night):
    process = github.told(night("cats", log="x"), FAILS="create")
    assert process.returncode == 1
    assert "HTTP 403" in process.stderr
    assert "Traceback" not in process.stderr


def test_a_job_that_left_no_log_is_reported_too(github, night, tmp_path):
    github.has_run(
        **{
            "Which templates there are": "success",
            "cats with the newest releases": "failure",
            "dogs with the newest releases": "cancelled",
            "birds with the newest releases": "success",
            "fish with the newest pre-releases": "failure",
            "Open an issue": "",
        }
    )
    process = github.told(night("cats", log="c"))
    assert process.returncode == 0, process.stderr
    cats, dogs = github.asked("issue", "create")
    assert github.asked("run", "view", "1")
    assert cats["arguments"][3] == TITLE
    assert "No log" not in cats["stdin"]
    assert dogs["arguments"][3] == TITLE.replace("cats", "dogs")
    assert "No log: the job failed before the tests" in dogs["stdin"]
    assert "https://github.example/runs/1" in dogs["stdin"]
    # There is no folder where no job has left anything.
    assert github.told(tmp_path / "nowhere").returncode == 0
    assert len(github.asked("issue", "create")) == 4


@pytest.mark.parametrize(
    ("arguments", "run"), [([], "1"), (["a", "b"], "1"), (["nowhere"], ""), (["nowhere"], "1")]
)
def test_nothing_to_report_is_an_error(github, arguments, run):
    process = github.told(*arguments, GITHUB_RUN_ID=run)
    assert process.returncode == 2
    assert process.stderr.startswith("error: ")
    assert not github.asked("issue")

"""What the benchmarks of serving put load on: a trained project, and bodies from its data."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[1]
BODIES = 100  # different ones, sent in turn
CHAT_EVERY = 4  # in a mixed load one request of so many is a turn of a conversation

ROWS = f"""
import json, pandas as pd
rows = pd.read_parquet('data/processed/train.parquet').head({BODIES}).astype(object)
schema = json.load(open('models/schema.json'))['table']
names = [column['name'] for column in schema['columns']]
rows = rows[names].where(rows[names].notna(), None).to_dict('records')
print(json.dumps(dict(rows=rows, talks=[])))
"""

TEXTS = f"""
import json, pandas as pd, yaml
from pathlib import Path
texts = pd.read_parquet('data/processed/train.parquet')['text'].head({BODIES})
files = sorted(Path('tests/conversations').glob('*.yaml'))
# As text: YAML takes No and 4711 for something else.
talks = [[turn['say'] for turn in yaml.load(file.read_text(), yaml.BaseLoader)] for file in files]
print(json.dumps(dict(rows=[dict(text=text) for text in texts], talks=talks)))
"""

# Those of a folder stay there; all others are in the file.
PICTURES = f"""
import base64, json, pandas as pd
from pathlib import Path
table = pd.read_parquet('data/processed/train.parquet', columns=['path', 'image']).head({BODIES})
files = [Path(path).read_bytes() if path else image for path, image in table.to_numpy()]
rows = [dict(image=base64.b64encode(each).decode()) for each in files]
print(json.dumps(dict(rows=rows, talks=[])))
"""


@dataclass(frozen=True)
class Template:
    """What has to be known of a template to put load on its projects."""

    own_file: str
    """In a project's package; those of no other template have it."""
    settings: tuple[str, ...]
    """For training on a file of rows."""
    bodies: str
    """A program that prints `rows`, the bodies for /predict, and `talks`, see Bench."""


TEMPLATES = {
    "house-prices": Template("ames.py", ("data.source=csv", "data.test_size=0"), ROWS),
    "sentiment-bot": Template("chat/machine.py", ("data.source=file",), TEXTS),
    "cv-api": Template("picture.py", ("data.source=parquet",), PICTURES),
}


@dataclass(frozen=True)
class Post:
    """What is sent to a path: a body; or a conversation, of which it is the first message."""

    path: str
    body: str | bytes
    messages: tuple[str, ...] = ()
    """All messages of the conversation, which open_loop.py sends one after the other."""
    kind: str = "application/json"
    """The body's type, without a space; open_loop.py takes JSON alone."""

    def content(self) -> bytes:
        """The body as it is sent."""
        return self.body.encode() if isinstance(self.body, str) else self.body


@dataclass(frozen=True)
class Bench:
    """A project with a trained model, and a folder for what a benchmark writes."""

    project: Path
    folder: Path
    rows: list[str]
    """Bodies for /predict and /explain, from the training data: JSON with all that they may have,
    missing values as null."""
    talks: list[list[str]] = field(default_factory=list)
    """Messages of conversations with the bot, where the project has one."""

    def posts(self, path: str) -> list[Post]:
        """What is sent to one path."""
        if path == "/chat":
            first = [json.dumps({"message": talk[0]}) for talk in self.talks]
            pairs = zip(first, self.talks, strict=True)
            return [Post(path, body, tuple(talk)) for body, talk in pairs]
        return [Post(path, row) for row in self.rows]

    def mixed(self) -> list[Post]:
        """Rows for /predict and, where there is a bot, turns of conversations in between."""
        found, chats = [], self.posts("/chat")
        for number, post in enumerate(self.posts("/predict")):
            if chats and number % (CHAT_EVERY - 1) == 0:
                found.append(chats[number // (CHAT_EVERY - 1) % len(chats)])
            found.append(post)
        return found


def parser(description: str, *templates: str) -> argparse.ArgumentParser:
    """The options that all of these benchmarks have.

    templates: those that the benchmark is for; house-prices alone if none is named.
    """
    found = argparse.ArgumentParser(description=description)
    found.add_argument("--project", type=Path, help="a generated project with a trained model")
    found.add_argument("--data", type=Path, help="a file to train on, instead of the sample")
    templates = templates or ("house-prices",)
    found.set_defaults(templates=templates, template=templates[0])
    if len(templates) > 1:
        found.add_argument("--template", choices=templates, help="of the project that is generated")
    return found


@contextmanager
def bench(arguments: argparse.Namespace, *tools: str) -> Iterator[Bench]:
    """The project that the options name, or a new one. Ends the program if a tool is missing."""
    check_machine(*tools)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.project:
            project = arguments.project.resolve()
        else:
            project = trained_project(folder, arguments.template, data=arguments.data)
        template = template_of(project)
        if template not in arguments.templates:
            wanted = " or ".join(arguments.templates)
            raise SystemExit(f"error: {project} is of {template}; name a project of {wanted}")
        code = TEMPLATES[template].bodies
        printed = python(project, "-c", code, stdout=subprocess.PIPE, text=True, check=True).stdout
        found = json.loads(printed)
        print_conditions()
        yield Bench(project, folder, [json.dumps(row) for row in found["rows"]], found["talks"])


def template_of(project: Path) -> str:
    """The template that a project is of. Ends the program if it is of none."""
    for name, template in TEMPLATES.items():
        if (source_of(project) / template.own_file).exists():
            return name
    raise SystemExit(f"error: {project} is of none of {', '.join(TEMPLATES)}")


def source_of(project: Path) -> Path:
    """The folder of the project's package. Ends the program if there is none."""
    found = [path.parent for path in project.glob("src/*/__main__.py")]
    if len(found) != 1:
        raise SystemExit(f"error: {project} is no generated project: src/ holds no single package")
    return found[0]


def check_machine(*tools: str) -> None:
    """End the program if a tool or a second core is missing."""
    missing = [tool for tool in ("taskset", *tools) if shutil.which(tool) is None]
    if (os.cpu_count() or 1) < 2:
        missing.append("a second core")
    if missing:
        print(f"error: not found: {', '.join(missing)}. Debian has the tools.", file=sys.stderr)
        raise SystemExit(2)


def print_conditions() -> None:
    """Print what the figures depend on beside the code."""
    load = os.getloadavg()[0]
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, load before: {load:.2f}")


def trained_project(folder: Path, template: str, *settings: str, data: Path | None = None) -> Path:
    """A new project with a model trained with default settings, but for those that are given."""
    from cookiecutter.main import cookiecutter

    source = str(LIBRARY / "templates" / template)
    project = Path(cookiecutter(source, no_input=True, output_dir=str(folder)))
    given = ["tracking.enabled=false", *settings]
    if data:
        given += [*TEMPLATES[template].settings, f"data.path={data.resolve()}"]
    chosen = [part for each in given for part in ("--set", each)]
    python(project, "-m", source_of(project).name, "train", *chosen, check=True)
    return project


def python(project: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run Python in the project."""
    environment = {**os.environ, "PYTHONPATH": "src"}
    return subprocess.run([sys.executable, *arguments], cwd=project, env=environment, **options)

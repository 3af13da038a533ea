"""Refuse answers that would not make a working project, as copier's validators do."""

import json
import sys
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

ANSWERS = json.loads(r"""{{ cookiecutter | tojson }}""")


def main() -> int:
    """0 if every answer will do; otherwise 1, after one line for each that will not."""
    folder = Path(ANSWERS["_repo_dir"]) / "templates"
    rules = Environment(loader=FileSystemLoader(folder)).get_template("common/answers.jinja").module
    refusals = [
        reason
        for question, answer in ANSWERS.items()
        if (rule := getattr(rules, f"{question}_error", None)) and (reason := rule(answer).strip())
    ]
    for reason in refusals:
        print(reason, file=sys.stderr)
    return 1 if refusals else 0


if __name__ == "__main__":
    sys.exit(main())

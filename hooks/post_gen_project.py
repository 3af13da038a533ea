"""Print the next steps, in the words that copier prints too."""

import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

ANSWERS = json.loads(r"""{{ cookiecutter | tojson }}""")


def main() -> None:
    """Render common/next-steps.txt with the answers."""
    folder = Path(ANSWERS["_repo_dir"]) / "templates"
    steps = Environment(loader=FileSystemLoader(folder)).get_template("common/next-steps.txt")
    print(steps.render(cookiecutter=ANSWERS))


if __name__ == "__main__":
    main()

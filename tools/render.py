"""Render every template with its default answers into a folder, one project per template."""

import sys
from pathlib import Path

from cookiecutter.main import cookiecutter

LIBRARY = Path(__file__).resolve().parents[1]


def main(folder: Path) -> None:
    """Write `folder`/<template> for each template; files that are there are overwritten."""
    for template in sorted((LIBRARY / "templates").iterdir()):
        path = cookiecutter(
            str(template),
            no_input=True,
            overwrite_if_exists=True,
            output_dir=str(folder),
            extra_context={"project_slug": template.name},
        )
        print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

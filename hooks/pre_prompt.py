"""Lay the shared folders into each template where links did not survive (zip archives, Windows).

Cookiecutter runs this before its menu, on a temporary copy of the whole repository. There, a link
that was unpacked as a file holding its target's name is replaced by a copy of the target.
"""

import shutil
from pathlib import Path


def restore(link: Path) -> None:
    """Replace a link that became a text file by a copy of the folder or file that it names."""
    if link.is_symlink() or not link.is_file() or link.stat().st_size > 200:
        return
    target = link.parent / link.read_text(encoding="utf-8").strip()
    if target.is_dir():
        link.unlink()
        shutil.copytree(target, link)


if __name__ == "__main__":
    for template in Path("templates").glob("*/"):
        restore(template / "hooks")
        restore(template / "templates" / "common")

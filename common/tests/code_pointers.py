"""Pointers from a document into the code: do the files and the names exist?"""

import ast
import re
from pathlib import Path

POINTER = re.compile(r"`(src/[\w/]+\.py)`(?: \(((?:`\w+`(?:, )?)+)\))?")


def pointers(text: str) -> list[tuple[str, list[str]]]:
    """Each file that a text points to, with the names in it: `src/a/b.py` (`name`, `other`)."""
    return [(found[1], re.findall(r"`(\w+)`", found[2] or "")) for found in POINTER.finditer(text)]


def broken(text: str, root: Path) -> list[str]:
    """The pointers of a text that lead nowhere."""
    found = []
    for path, names in pointers(text):
        if not (root / path).is_file():
            found.append(path)
            continue
        defined = _defined(root / path)
        found += [f"{path}: {name}" for name in names if name not in defined]
    return found


def _defined(path: Path) -> set[str]:
    """Functions, classes and constants of a module."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            targets = [each for target in node.targets for each in ast.walk(target)]
            names |= {each.id for each in targets if isinstance(each, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names

"""No figure in a generated document without the pictures that it was measured on."""

import json
from pathlib import Path

from report_numbers import blocks

from {{ cookiecutter.package_name }} import report

# They say what a setting or a registry did, and hold no result on pictures.
WITHOUT_DATA = {"metadata", "provenance", "promotion", "resume"}


def test_what_the_pictures_are_stands_beside_every_result(documented: Path) -> None:
    report.report()
    name = json.loads(Path("reports/metrics.json").read_text(encoding="utf-8"))["data"]["name"]
    checked = 0
    for path in (Path("README.md"), *Path("docs").glob("*.md")):
        for block, text in blocks(path.read_text(encoding="utf-8")).items():
            if block in WITHOUT_DATA or block.startswith("figure-"):
                continue
            assert name in text, f"{path}: {block}"
            checked += 1
    assert checked > 40
    headline = blocks(Path("README.md").read_text(encoding="utf-8"))["headline"].strip()
    assert "\n" not in headline

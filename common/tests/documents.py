"""Documents with every block, and an ablation, for the tests of `report`."""

from pathlib import Path

from {{ cookiecutter.package_name }}.report_pages import DOCUMENTS

Effect = tuple[str, str, float, str]
"""Name, title, difference and verdict of one ingredient."""


def ablation(
    metric: str, full: float, effects: list[Effect], *, higher_is_better: bool = False
) -> dict[str, object]:
    """The section `ablation` of reports/metrics.json as `ablate` writes it, but for the version.

    full: the metric of the complete recipe.
    """
    sign = -1 if higher_is_better else 1
    return {
        "measured": "2024-05-03",
        "metric": metric,
        "higher_is_better": higher_is_better,
        "folds": 3,
        "seed": 42,
        "rows": 128,
        "confidence": 0.95,
        "comparisons": len(effects),
        "bootstrap": 100,
        "full": full,
        "seconds": 2.5,
        "ingredients": [
            {
                "name": name,
                "title": title,
                "why": "It is said to help.",
                "without": full + sign * difference,
                "difference": difference,
                "low": difference - 0.0021,
                "high": difference + 0.0022,
                "relative": difference / full,
                "worse_folds": 2,
                "verdict": verdict,
                "seconds": 1.5,
                "note": "",
            }
            for name, title, difference, verdict in effects
        ],
        "left_out": [],
    }


def write_documents(folder: Path) -> None:
    """Write each document with its blocks, empty, between lines of a person's own."""
    for name, blocks in DOCUMENTS.items():
        shown = [each for each in blocks if each != "metadata"]
        marked = (f"Mine: {each}, 7.77.\n\n{block(each)}\n" for each in shown)
        card = "---\nlanguage: en\n# report:metadata\n# /report:metadata\n---\n\n"
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        text = f"# {name}\n\n" + "\n".join(marked)
        path.write_text(card + text if "metadata" in blocks else text, encoding="utf-8")


def block(name: str) -> str:
    """An empty block."""
    return f"<!-- report:{name} -->\n<!-- /report:{name} -->\n"

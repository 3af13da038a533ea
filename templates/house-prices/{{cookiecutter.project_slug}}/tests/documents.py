"""Documents with every block, and an ablation, for the tests of `report`."""

from pathlib import Path

from {{ cookiecutter.package_name }}.report_pages import DOCUMENTS


def effect(name: str, title: str, difference: float, verdict: str) -> dict[str, object]:
    """One ingredient, as `ablate` writes it."""
    return {
        "name": name,
        "title": title,
        "why": "It is said to help.",
        "without": 0.15 + difference,
        "difference": difference,
        "low": difference - 0.0021,
        "high": difference + 0.0022,
        "relative": difference / 0.15,
        "worse_folds": 2,
        "verdict": verdict,
        "seconds": 1.5,
        "note": "",
    }


ABLATION = {
    "measured": "2024-05-03",
    "metric": "rmse_log",
    "higher_is_better": False,
    "folds": 3,
    "seed": 42,
    "rows": 128,
    "confidence": 0.95,
    "comparisons": 3,
    "bootstrap": 100,
    "full": 0.15,
    "seconds": 2.5,
    "ingredients": [
        effect("log-target", "Logarithm of the target", 0.0123, "helps"),
        effect("stacking", "Stacking", 0.0004, "no clear effect"),
        effect("tuning", "Tuned | <b>hyperparameters</b>", -0.0077, "hurts"),
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

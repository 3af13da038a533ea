"""Look at the training rows before modelling: figures in reports/figures, and reports/eda.html.

The held-out rows are not opened: what is seen here shapes the model, so it must not come from the
rows that the model is judged on. The story itself, which notebooks/01-eda.ipynb tells too, is in
eda_story.py.
"""

from pathlib import Path

from .artifacts import write_text
from .config import Params
from .data import load_train
from .eda_report import Section, render
from .eda_story import chapters
from .plotting import save_figure
from .progress import steps

REPORT = Path("reports/eda.html")
FIGURES = Path("reports/figures")


def explore(params: Params) -> Path:
    """Draw the figures and write the report. Returns the report's path."""
    data = load_train(params)
    sections = []
    story = chapters(data)
    with steps("eda", len(story)) as bar:
        for chapter in story:
            path = FIGURES / f"eda-{chapter.name}.png"
            path.unlink(missing_ok=True)  # an earlier table's figure would be taken for this one's
            picture = save_figure(chapter.draw(), path).read_bytes() if chapter.draw else None
            sections.append(Section(chapter, picture))
            bar.advance(chapter.name)
    write_text(REPORT, render(data, sections))
    return REPORT

"""Look at the training rows before modelling: figures in reports/figures, and reports/eda.html.

The held-out rows are not opened: what is seen here shapes the model, so it must not come from the
rows that the model is judged on. The story itself, which notebooks/01-eda.ipynb tells too, is in
eda_story.py.
"""

from pathlib import Path

from .artifacts import write_text
from .config import Params
from .data import load_train
from .eda_page import REPORT, drawn
from .eda_report import report
from .eda_story import chapters


def explore(params: Params) -> Path:
    """Draw the figures and write the report. Returns the report's path."""
    data = load_train(params)
    write_text(REPORT, report(data, drawn(chapters(data))))
    return REPORT

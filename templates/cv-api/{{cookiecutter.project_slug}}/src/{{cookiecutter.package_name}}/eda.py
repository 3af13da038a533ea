"""Look at the training pictures before modelling: figures in reports/figures, and reports/eda.html.

The held-out pictures are not opened: what is seen here shapes the model, so it must not come from
the pictures that the model is judged on. The story itself, which notebooks/01-eda.ipynb tells too,
is in eda_story.py.
"""

from pathlib import Path

from .artifacts import write_text
from .config import Params
from .data import ImageData, load_train, prepared
from .defaults import augmentation_of
from .eda_album import Album
from .eda_page import REPORT, drawn
from .eda_report import report
from .eda_story import chapters
from .errors import UserError
from .picture import Preprocessing
from .progress import CONSOLE


def explore(params: Params) -> Path:
    """Draw the figures and write the report. Returns the report's path."""
    data = load_train(params)
    album = Album.of(data, seen_by(params, data))
    with CONSOLE.status("Counting light and colours"):
        story = chapters(album, prepared(params), augmentation_of(params, data))
    write_text(REPORT, report(album, drawn(story)))
    return REPORT


def seen_by(params: Params, data: ImageData) -> Preprocessing:
    """How the model that the settings name sees these pictures.

    As a network trained from scratch would, if it is a pretrained one that cannot be had: the
    pictures can be looked at all the same.
    """
    from .fitting import preprocessing_of  # with Transformers, which takes seconds to load

    try:
        return preprocessing_of(params.trained_model, params, data)
    except UserError:
        return preprocessing_of("resnet", params, data)

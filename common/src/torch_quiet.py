"""Without what PyTorch, Transformers and the hub's client print while they work."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

# The first is the root logger: ONNX Runtime's quantization warns there.
CHATTY = ("", "torch", "accelerate", "peft", "onnx", "onnxruntime", "onnxscript", "httpx")
MODULES = ("torch", "transformers", "accelerate", "peft", "onnx", "huggingface_hub", "copyreg")


@contextmanager
def quiet() -> Iterator[None]:
    """Inside the block, no bars and notices of the libraries; their errors still show.

    Afterwards everything is as it was, so that a notebook keeps its own choice.
    """
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )
    from transformers.utils import logging as hugging_face

    verbosity, bars = hugging_face.get_verbosity(), hugging_face.is_progress_bar_enabled()
    hub_bars = not are_progress_bars_disabled()
    levels = {name: logging.getLogger(name).level for name in CHATTY}
    hugging_face.set_verbosity_error()
    hugging_face.disable_progress_bar()
    disable_progress_bars()
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # What they mean to change some day concerns this project's code, not its user.
            for category in (DeprecationWarning, FutureWarning):
                warnings.simplefilter("ignore", category)
            for name in MODULES:
                warnings.filterwarnings("ignore", module=name)
            yield
    finally:
        hugging_face.set_verbosity(verbosity)
        if bars:
            hugging_face.enable_progress_bar()
        if hub_bars:
            enable_progress_bars()
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)

"""The Hugging Face hub, by its own loaders: what goes wrong is one line, at once.

Each loader tries again and again for a minute. So the hub is asked once before, and whether it is
there at all is known in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from .errors import UserError

TIMEOUT_S = 10.0  # for the hub's first answer
OFFLINE = "HF_HUB_OFFLINE"


def load_splits(
    name: str,
    splits: Sequence[str],
    *,
    config: str | None = None,
    revision: str | None = None,
    setting: str,
) -> Mapping[str, Any]:
    """Split -> its `datasets.Dataset`, downloaded into the hub's own cache, or taken from there.

    name: the data set's id on the hub; config: which of its tables; revision: a commit or a tag.
    setting: what to set instead where the hub cannot be had, for the message, such as
    "--set data.source=sample". Raises UserError.
    """
    commit = _commit(name, revision, setting)
    import datasets  # takes seconds to import: the hub is asked first

    with _quiet(datasets):
        try:
            loaded = datasets.load_dataset(
                name, config, revision=commit, split=list(splits), verification_mode="basic_checks"
            )
        except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
            raise _failure(name, error, setting) from None
    return dict(zip(splits, loaded, strict=True))


def check_model(name: str, revision: str | None, *, told: str, setting: str) -> None:
    """Ask the hub once for a model that its cache on this machine does not have.

    told: what the message begins with, such as "model.name = NAME". setting: what to do instead.
    Raises UserError if the hub gives no answer. What is wrong with a name that it does not know,
    the loader says as fast.
    """
    from huggingface_hub import HfApi, constants, try_to_load_from_cache
    from huggingface_hub.errors import (
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        cached = try_to_load_from_cache(name, "config.json", revision=revision)
        if constants.HF_HUB_OFFLINE or isinstance(cached, str):
            return
        HfApi().model_info(name, revision=revision, timeout=TIMEOUT_S)
    except (HFValidationError, RepositoryNotFoundError, RevisionNotFoundError):
        return
    except Exception as error:  # those of its HTTP library, which is another one in each version
        raise _failure(told, error, setting) from None


def _commit(name: str, revision: str | None, setting: str) -> str | None:
    """The commit that the revision is now; the revision itself if the hub is not to be asked."""
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

    if constants.HF_HUB_OFFLINE:
        return revision
    try:
        found = HfApi().dataset_info(name, revision=revision, timeout=TIMEOUT_S)
    except RevisionNotFoundError:
        raise UserError(
            f"{name} has no revision {revision} on the hub (data.revision). Name a commit or a tag "
            "of it, or set data.revision to null."
        ) from None
    except RepositoryNotFoundError:
        raise UserError(
            f"{name}: the hub does not have it, or not for this account. Put its file into "
            f"data/raw, name it in data.path, and say in data.source what it is, or {setting}."
        ) from None
    except Exception as error:  # those of its HTTP library, which is another one in each version
        raise _failure(name, error, setting) from None
    commit: str | None = found.sha
    return commit


def _failure(name: str, error: Exception, setting: str) -> UserError:
    """One line for whatever the loader says in several."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return UserError(
            f"{name}: {OFFLINE} is set, and the hub's cache on this machine does not have it. "
            f"Unset it to download the data, or train without them: {setting}."
        )
    reason = " ".join(str(error).split()).split(" For more information")[0] or type(error).__name__
    return UserError(
        f"{name}: the hub cannot be reached or read ({reason[:200].rstrip('.')}). Check the "
        f"network and try again, or train without it: {setting}."
    )


@contextmanager
def _quiet(datasets: Any) -> Iterator[None]:
    """The loader's bars, which are many and short, off while the block runs."""
    shown = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            datasets.enable_progress_bars()

"""An Optuna study in a database that several processes, on several machines, may share."""

from __future__ import annotations

import logging
import os
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from .errors import UserError

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
CONNECT_SECONDS = 5
HEARTBEAT_SECONDS = 4
# A process that has not been heard of for so long is dead: others take its trial's place.
GRACE_SECONDS = 20
# One that died before its first heartbeat is never found dead. Rather one trial too many.
LONGEST_WAIT_SECONDS = 90.0
POLL_SECONDS = 0.2
STARTUP_TRIALS = 10  # drawn at random before the sampler has anything to learn from
OPENINGS = 5
STORAGE_ERRORS = (SQLAlchemyError, optuna.exceptions.StorageInternalError, OSError)
FINGERPRINT = "fingerprint"
WORKER = "worker"  # host and process that ran a trial


def check_storage(storage: str) -> None:
    """Raise UserError, within ten seconds, for a storage that cannot be reached."""
    url = _url(storage)
    try:
        if url.get_backend_name() == "sqlite" and url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, **_engine_settings(url))
        engine.connect().close()
        engine.dispose()
    except (*STORAGE_ERRORS, ImportError) as error:
        raise _unusable(url, error) from None


def open_study(
    storage: str, name: str, fingerprint: str, *, higher_is_better: bool = False
) -> optuna.Study:
    """The study of that name, made if it is not there yet.

    fingerprint: what the values depend on beside the hyperparameters (rows, folds, seed); a study
    of other values is refused. Raises UserError for that, and for a storage that cannot be used.
    """
    url = _url(storage)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for attempt in range(1, OPENINGS + 1):
        try:
            study = _open(url, name, higher_is_better)
            break
        except STORAGE_ERRORS as error:
            # Two processes that start on an empty database make the same tables; one comes second.
            if attempt == OPENINGS:
                raise _unusable(url, error) from None
            time.sleep(attempt * POLL_SECONDS)
    known = study.user_attrs.get(FINGERPRINT)
    if known is None:
        study.set_user_attr(FINGERPRINT, fingerprint)
    elif known != fingerprint:
        raise UserError(
            f"tune.study = {name}: its trials were measured on other rows or folds ({known}; "
            f"now {fingerprint}). Give the study another name, or leave tune.study null."
        )
    return study


def _open(url: URL, name: str, higher_is_better: bool) -> optuna.Study:
    with _quiet():
        storage = optuna.storages.RDBStorage(
            url.render_as_string(hide_password=False),
            engine_kwargs=_engine_settings(url),
            heartbeat_interval=HEARTBEAT_SECONDS,
            grace_period=GRACE_SECONDS,
        )
    return optuna.create_study(
        study_name=name,
        storage=storage,
        # Judged from the second fold on, by the folds so far, against earlier trials.
        pruner=MedianPruner(n_startup_trials=5, n_warmup_steps=1),
        direction="maximize" if higher_is_better else "minimize",
        load_if_exists=True,
    )


def optimize(
    study: optuna.Study,
    objective: Callable[[Trial], float],
    trials: int,
    timeout_s: float | None,
    seed: int,
    on_trial: Callable[[int], None] = lambda finished: None,
) -> None:
    """Run trials until the study has `trials` finished ones, whoever ran them, or time is up.

    Several processes may do this at once. Each trial draws from a random stream of its own, made
    from `seed` and its number: processes do not repeat each other, and a study that was
    interrupted and resumed is the one that it would have been.
    on_trial: called with the number of finished trials.
    """

    def seeded(trial: Trial) -> float:
        trial.set_user_attr(WORKER, f"{socket.gethostname()}:{os.getpid()}")
        study.sampler = TPESampler(seed=seed + trial.number, n_startup_trials=STARTUP_TRIALS)
        return objective(trial)

    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    waited = 0.0
    while deadline is None or time.monotonic() < deadline:
        with _quiet():
            optuna.storages.fail_stale_trials(study)
        finished = count(study, *FINISHED)
        on_trial(finished)
        if finished >= trials:
            return
        if finished + count(study, TrialState.RUNNING) >= trials and waited < LONGEST_WAIT_SECONDS:
            # Other processes are at the last ones; if one of them dies, its place is free again.
            time.sleep(POLL_SECONDS)
            waited += POLL_SECONDS
            continue
        waited = 0.0
        try:
            study.optimize(seeded, n_trials=1)
        except (optuna.exceptions.UpdateFinishedTrialError, ValueError) as error:
            # A machine that slept through its trial finds that others gave it up for dead.
            if "Cannot tell a FAIL trial" not in str(error):
                raise


def count(study: optuna.Study, *states: TrialState) -> int:
    """How many of the study's trials are in one of these states, in the storage, now."""
    found: list[FrozenTrial] = study.get_trials(deepcopy=False, states=states)
    return len(found)


def shown_storage(storage: str) -> str:
    """The storage's address without its password."""
    return _shown(_url(storage))


def _url(storage: str) -> URL:
    try:
        url = make_url(storage)
    except SQLAlchemyError:
        raise UserError(
            f"tune.storage = {storage}: not the address of a database. For example "
            "sqlite:///reports/tuning.db or postgresql://user@host/tuning."
        ) from None
    if url.drivername in ("postgresql", "postgres"):
        # The driver that the extra `postgres` installs; SQLAlchemy 2.1 would look for another.
        url = url.set(drivername="postgresql+psycopg2")
    return url


def _engine_settings(url: URL) -> dict[str, object]:
    backend = url.get_backend_name()
    if backend == "sqlite":
        # Seconds to wait while another process writes.
        return {"connect_args": {"timeout": 60}}
    arguments = {"connect_timeout": CONNECT_SECONDS} if backend in ("postgresql", "mysql") else {}
    # A connection that the server closed between two trials is opened again.
    return {"connect_args": arguments, "pool_pre_ping": True}


def _unusable(url: URL, error: Exception) -> UserError:
    reason = " ".join(str(getattr(error, "orig", None) or error).split())[:200]
    return UserError(
        f"tune.storage = {_shown(url)}: cannot be used ({reason}). Start that server, or "
        "correct the address; sqlite:///reports/tuning.db needs no server."
    )


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Optuna's notices that its heartbeat is experimental."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield

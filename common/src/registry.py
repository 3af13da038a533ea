"""MLflow's model registry: the versions of one model, and the aliases that say which is in use.

A version is a model that MLflow can load by itself, with the complete models/ folder beside it
under `serving/`, and with reports/metrics.json and figures under `reports/`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .tracking import answering, load_mlflow

CHAMPION, CHALLENGER = "champion", "challenger"
SERVING, REPORTS = "serving", "reports"
# Tags of a version.
VERSION, DATA = "version", "data_sha256"
ABSENT = frozenset({"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"})


@dataclass(frozen=True)
class Registered:
    """One version of the registered model."""

    name: str
    number: str
    tags: Mapping[str, str]

    @property
    def version(self) -> str:
        """The version in the manifest of the models/ folder that it holds."""
        return self.tags.get(VERSION, "unknown")


class Registry:
    """The versions of the model `name` on the tracking server at `uri`.

    Methods raise UserError if the server cannot be used.
    """

    def __init__(self, name: str, uri: str) -> None:
        self.name = name
        self._uri = uri
        self._mlflow = load_mlflow()
        with answering(uri):
            self._client = self._mlflow.MlflowClient(tracking_uri=uri)

    def alias(self, alias: str) -> Registered | None:
        """The version that has this alias; None if there is none, or no such model."""
        with answering(self._uri):
            try:
                return _registered(self._client.get_model_version_by_alias(self.name, alias))
            except self._mlflow.exceptions.MlflowException as error:
                if error.error_code in ABSENT:
                    return None
                raise

    def number(self, number: str) -> Registered | None:
        """The version with this number; None if there is none, or no such model."""
        with answering(self._uri):
            try:
                return _registered(self._client.get_model_version(self.name, number))
            except self._mlflow.exceptions.MlflowException as error:
                if error.error_code in ABSENT:
                    return None
                raise

    def tagged(self, key: str, value: str) -> list[Registered]:
        """The versions with this tag, newest first."""
        query = f"name = '{self.name}' and tags.{key} = '{value}'"
        with answering(self._uri):
            found = self._client.search_model_versions(query)
        return sorted(map(_registered, found), key=lambda each: -int(each.number))

    def add(
        self,
        model_id: str,
        run_id: str,
        serving: Sequence[Path],
        tags: Mapping[str, str],
        description: str,
    ) -> Registered:
        """Register a logged model, with the files of its models/ folder beside it."""
        with answering(self._uri):
            for path in serving:
                self._client.log_model_artifact(model_id, str(path), SERVING)
            try:
                self._client.create_registered_model(self.name)
            except self._mlflow.exceptions.MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            return _registered(
                self._client.create_model_version(
                    self.name,
                    f"models:/{model_id}",
                    run_id=run_id,
                    tags=dict(tags),
                    description=description,
                    model_id=model_id,
                )
            )

    def add_reports(self, model_id: str, paths: Sequence[Path], texts: Mapping[str, str]) -> None:
        """Store files, and texts under the names given, with a logged model."""
        with answering(self._uri), tempfile.TemporaryDirectory() as folder:
            for name, text in texts.items():
                (Path(folder) / name).write_text(text, encoding="utf-8")
            self._client.log_model_artifacts(model_id, folder, REPORTS)
            for path in paths:
                self._client.log_model_artifact(model_id, str(path), REPORTS)

    def tag(self, registered: Registered, key: str, value: str) -> None:
        """Tag a version."""
        with answering(self._uri):
            self._client.set_model_version_tag(self.name, registered.number, key, value)

    def promote(self, registered: Registered) -> None:
        """Make a version the champion, and no longer the challenger."""
        with answering(self._uri):
            self._client.set_registered_model_alias(self.name, CHAMPION, registered.number)
            # What was to beat the old champion is of no more interest.
            with suppress(self._mlflow.exceptions.MlflowException):
                self._client.delete_registered_model_alias(self.name, CHALLENGER)

    def challenge(self, registered: Registered) -> None:
        """Make a version the challenger."""
        with answering(self._uri):
            self._client.set_registered_model_alias(self.name, CHALLENGER, registered.number)

    def download(self, registered: Registered, part: str, into: Path) -> Path:
        """Fetch `serving` or `reports` of a version into `into`. Returns the folder with the files.

        Needs MLflow's client alone, and no library that the model was made with.
        """
        with answering(self._uri):
            source = self._client.get_model_version_download_uri(self.name, registered.number)
            fetched = self._mlflow.artifacts.download_artifacts(
                artifact_uri=f"{source.rstrip('/')}/{part}",
                dst_path=str(into),
                tracking_uri=self._uri,
            )
            target = into / part
            if Path(fetched).resolve() != target.resolve():
                shutil.copytree(fetched, target)
        return target


def _registered(found: Any) -> Registered:
    return Registered(found.name, str(found.version), dict(found.tags))

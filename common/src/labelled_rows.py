"""New labelled rows: what was found of them, which are unknown yet, and which requests they answer.

What a row is, and how a file of them is read, is the template's to say: see new_rows.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from . import prediction_log
from .errors import UserError
from .prediction_log import Record
from .row_hashes import Hashes

REQUEST = "request_id"


@dataclass(frozen=True)
class NewRows:
    """What was found in the folder of new rows."""

    before: int
    """Rows that there were already."""
    added: int
    known: int
    """Rows in the files that the data hold already with that label, or that come twice."""


def unseen(hashes: Hashes, stored: Hashes) -> npt.NDArray[np.bool_]:
    """Which rows, by their hashes, are neither stored nor earlier among these, shape (n,)."""
    first = np.zeros(len(hashes), dtype=bool)
    first[np.unique(hashes, return_index=True)[1]] = True
    found: npt.NDArray[np.bool_] = first & ~np.isin(hashes, stored)
    return found


def requests_of(
    ids: Sequence[str], lines: Sequence[int], where: str, log: Path, instead: str
) -> list[Record]:
    """The logged request of each id, in their order.

    ids: empty where a row has none. lines: each one's row in the file `where`. instead: what a row
    may bring in place of an id. Raises UserError for an id that does not name one request.
    """
    wanted = set(ids)
    found: dict[str, Record] = {}
    for record in prediction_log.read(log):
        request = record.request_id
        if request in wanted and found.setdefault(request, record).inputs != record.inputs:
            raise UserError(
                f"{log}: {request} stands for two different requests. Take that row out of "
                f"{where}; ids that a caller sends have to be its own."
            )
    counts = Counter(ids)
    for line, request in zip(lines, ids, strict=True):
        mend = f"Correct it, take the row out, or bring {instead} instead."
        if not request:
            problem = "is empty"
        elif request not in found:
            problem = f"{request} is not in {log}"
        elif counts[request] > 1:
            problem, mend = f"{request} stands in more than one row", "Keep one of them."
        else:
            continue
        raise UserError(f"{where}, row {line:,}: {REQUEST} {problem}. {mend}")
    return [found[request] for request in ids]

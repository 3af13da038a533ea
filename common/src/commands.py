"""How commands of this project are run: errors in one line, exit codes that scripts can trust."""

import errno
import sys
from collections.abc import Callable
from typing import Any

import typer

from .errors import UserError

SPACE = "Free some space and run this again."
RIGHTS = "Check who may write there and run this again."
# What the machine does not give, and what to do about it: no space, a quota used up, a file as
# large as is allowed; no right to write, a disk that is mounted to be read only.
MENDS = {
    errno.ENOSPC: SPACE,
    getattr(errno, "EDQUOT", errno.ENOSPC): SPACE,
    errno.EFBIG: SPACE,
    errno.EACCES: RIGHTS,
    errno.EPERM: RIGHTS,
    errno.EROFS: RIGHTS,
}


class Commands(typer.Typer):
    """A typer application in which a UserError becomes one line on stderr and exit code 2."""

    def __init__(self, about: str) -> None:
        super().__init__(
            help=about,
            no_args_is_help=True,
            add_completion=False,
            pretty_exceptions_enable=False,
        )

    def add(self, *steps: Callable[..., None]) -> None:
        """Make commands of functions, in this order."""
        for step in steps:
            self.command()(step)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().__call__(*args, **kwargs)
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            raise SystemExit(2) from None
        except OSError as error:
            if error.errno not in MENDS:
                raise
            where = error.filename or "the disk"
            print(
                f"error: {where}: {error.strerror}. Files are written whole or not at all, so what "
                f"was there before is unchanged. {MENDS[error.errno]}",
                file=sys.stderr,
            )
            raise SystemExit(2) from None
        except KeyboardInterrupt:
            # 128 + SIGINT, as shells count.
            raise SystemExit(130) from None

"""How commands of this project are run: errors in one line, exit codes that scripts can trust."""

import errno
import sys
from collections.abc import Callable
from typing import Any

import typer

from .errors import UserError

# No space, a quota used up, a file as large as is allowed.
DISK_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)


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
            if error.errno not in DISK_FULL:
                raise
            where = error.filename or "the disk"
            print(
                f"error: {where}: {error.strerror}. Files are written whole or not at all, so what "
                "was there before is unchanged. Free some space and run this again.",
                file=sys.stderr,
            )
            raise SystemExit(2) from None
        except KeyboardInterrupt:
            # 128 + SIGINT, as shells count.
            raise SystemExit(130) from None

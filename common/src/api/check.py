"""`python -m PACKAGE.api.check`: loads the model as the server would, and says if it cannot."""

import sys

from ..errors import UserError
from .app import check
from .settings import load_settings


def main() -> int:
    """0 if the model can be served; else 2, and one line that says why."""
    try:
        manifest = check(load_settings())
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{manifest.name}, version {manifest.version}, can be served.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Stop cookiecutter, in one line, where the links to the shared folders did not survive.

They are lost in a zip archive and on Windows without developer mode. Loading an extension is the
one moment before the first question at which cookiecutter shows a text of ours. Every template has
this file, since a link to a shared one would be lost as well.
"""

from pathlib import Path

from jinja2.ext import Extension


class SharedFolders(Extension):
    """Adds nothing to Jinja: importing this module is what checks the links."""


if not (Path(__file__).parent / "templates" / "common").is_dir():
    raise ImportError(
        "this copy of the library has lost its symbolic links. Leave --directory away and choose "
        "from its menu, or clone it with git (on Windows: git clone -c core.symlinks=true)."
    )

"""What schemathesis sends where the API's document asks for a picture: files of every kind."""

import base64
import sys
from pathlib import Path

import schemathesis
from hypothesis import strategies as st

# It is loaded by its path, in a process that knows nothing of this folder.
sys.path.append(str(Path(__file__).parent))

from picture_kinds import IN_COLOUR, IN_GREY

PICTURES = st.sampled_from([make() for make in (*IN_COLOUR.values(), *IN_GREY.values())])

schemathesis.openapi.format("binary", PICTURES)
schemathesis.openapi.format("byte", PICTURES.map(lambda file: base64.b64encode(file).decode()))

"""The diagram of the rules: every state and way is in it, and no name breaks it."""

import re
from pathlib import Path

from dialogs import SMALL, written
from PIL import Image

from {{ cookiecutter.package_name }}.chat.diagram import ANYWHERE, Way, mermaid, ways
from {{ cookiecutter.package_name }}.chat.dialog_figure import dialog_figure
from {{ cookiecutter.package_name }}.chat.rules import load

DIALOG = Path(__file__).parents[1] / "dialog.yaml"
NODE = re.compile(r'    (\w+)(?:\["([^"]*)"\]|\{"([^"]*)"\}|\(\["([^"]*)"\]\))')
EDGE = re.compile(r'    (\w+) (?:-->|-\.->)\|"([^"]*)"\| (\w+)')


def test_the_ways_are_those_of_the_rules(tmp_path: Path) -> None:
    assert ways(written(tmp_path).dialog) == [
        Way("open", "sad", ("negative",)),
        Way("sad", "open", ("order",)),
        Way(ANYWHERE, None, ("bye",)),
        Way(ANYWHERE, "sad", ("negative, 2 times",)),
    ]


def test_every_line_is_a_node_or_an_edge_between_nodes() -> None:
    rules = load(DIALOG)
    first, begin, *lines = mermaid(rules).splitlines()
    assert first == "flowchart TD"
    nodes = {match[1] for match in map(NODE.fullmatch, lines) if match}
    edges = [match for match in map(EDGE.fullmatch, lines) if match]
    assert len(nodes) + len(edges) == len(lines)
    assert len(edges) == len(ways(rules.dialog))
    assert {name for edge in edges for name in (edge[1], edge[3])} == nodes
    assert begin.split()[-1] in nodes
    labels = " ".join(edge[2] for edge in edges)
    assert "positive or neutral" in labels


def test_hostile_names_stay_names(tmp_path: Path) -> None:
    name = 'end"]; click <b> %% `x` #35; $a$'
    text = (
        SMALL.replace("sad", f"'{name}'")
        .replace("intent: bye", "intent: 'b|\"y'")
        .replace("  bye:\n", "  'b|\"y':\n")
    )
    rules = written(tmp_path, text)
    drawn = mermaid(rules)
    lines = drawn.splitlines()[2:]
    assert all(NODE.fullmatch(line) or EDGE.fullmatch(line) for line in lines), drawn
    assert "<b>" not in drawn
    assert "#34;" in drawn
    dialog_figure(rules, tmp_path / "dialog.png")


def test_the_figure_is_large_enough_for_all_its_rows(tmp_path: Path) -> None:
    rules = load(DIALOG)
    path = dialog_figure(rules, tmp_path / "dialog.png")
    with Image.open(path) as image:
        width, height = image.size
        colours = image.convert("RGB").getcolors(maxcolors=1_000_000)
    assert width > 1000
    assert height > 40 * len(ways(rules.dialog))
    assert colours is not None
    assert len(colours) > 20
    before = path.read_bytes()
    assert dialog_figure(rules, path).read_bytes() == before

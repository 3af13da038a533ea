"""The blocks that every project has, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .report_ablation import ablation, did_not_work, worked
from .report_facts import Block, Facts, Measure
from .report_slices import failures, slices, slices_finding, slices_picture
from .report_words import bullets, day, escape, listed, percent, table, times

OTHERS = 2  # metrics in the table of results beside the main one


def headline(facts: Facts) -> str:
    """The one figure to remember, with what it was measured on."""
    found, measure = facts.need("held_out"), facts.measures[0]
    own = found["metrics"][measure.name]
    lifts = [
        measure.against(found["lift"][name], facts.title(name))
        for name in reversed(found["baselines"])
        if name in found["lift"]
    ]
    plainly, title = facts.story.plainly(facts), escape(measure.title)
    value = measure.form(own["value"])
    told = f"**{plainly}**: {title} {value}" if plainly else f"**{title}: {value}**"
    return (
        f"{told} ({_interval(measure, own, found)}) on {found['rows']:,} held-out "
        f"{facts.story.rows}; "
        f"{listed(lifts)}. Data: {facts.data}. {_split(facts)}. Measured on "
        f"{day(found['evaluated'])}."
    )


def results(facts: Facts) -> str:
    """Each model as they were compared, and the chosen one on the held-out rows."""
    compared, scores, main = facts.story.compared, facts.compared["models"], facts.measures[0]
    measures = facts.measures[: 1 + OTHERS]
    lifts = _lifts(facts)
    header = [
        "model",
        escape(main.title),
        *(["\u00b1 over folds"] if compared.folds else []),
        *(escape(each.title) for each in measures[1:]),
        *lifts.values(),
        "time",
    ]
    order = (
        scores if compared.ladder else sorted(scores, key=lambda each: _rank(main, scores[each]))
    )
    rows = [_result(facts, name, scores[name], measures, lifts) for name in order]
    held_out = facts.section("held_out")
    if held_out is not None:
        own = held_out["metrics"]
        rows.append(
            [
                f"**{facts.title(facts.model)}, held-out {facts.story.rows}**",
                f"**{main.form(own[main.name]['value'])}** ({main.ends(own[main.name])})",
                *([""] if compared.folds else []),
                *(each.form(own[each.name]["value"]) for each in measures[1:]),
                *_lift_cells(main, held_out["lift"], lifts),
                "",
            ]
        )
    return f"{table(header, rows)}\n\n{_results_note(facts)}"


def held_out_table(facts: Facts) -> str:
    """All metrics on the held-out rows, with intervals, beside the baselines."""
    found = facts.need("held_out")
    own, baselines = found["metrics"], found["baselines"]
    header = [
        "metric",
        *(facts.title(name) for name in baselines),
        facts.title(facts.model),
        f"{percent(found['confidence'], 0)} interval",
    ]
    rows = [
        [
            escape(measure.title),
            *(
                measure.form(scores[measure.name]["value"]) if measure.name in scores else ""
                for scores in baselines.values()
            ),
            f"**{measure.form(own[measure.name]['value'])}**",
            measure.ends(own[measure.name]),
        ]
        for measure in facts.measures
        if measure.name in own
    ]
    opened = times(found["opened"])
    return (
        f"{table(header, rows)}\n\n"
        f"{found['rows']:,} held-out {facts.story.rows}, opened {opened} for this model. Data: "
        f"{facts.data}. Intervals: bootstrap over the {facts.story.rows}, {found['bootstrap']:,} "
        f"resamples. Measured on {day(found['evaluated'])}."
    )


def data(facts: Facts) -> str:
    """The rows, and how they are split."""
    found = facts.metrics["data"]
    added = f"; {found['duplicates']:,} repeat another one" if found["duplicates"] else ""
    split = f"{found['train_rows']:,} to train on" + (
        f". {facts.unheld}"
        if facts.unheld
        else f", {found['test_rows']:,} held out ({percent(found['test_size'], 0)}, drawn with "
        f"seed {found['seed']})"
    )
    return bullets(
        [
            f"Data set: {facts.data}.",
            f"Rows: {found['rows']:,}{added}. {split}.",
            f"To predict: {escape(found['target'])}.",
            f"Hash of the raw data: `{found['sha256']}`.",
            f"Prepared on {day(found['created'])}.",
        ]
    )


def provenance(facts: Facts) -> str:
    """Which model, made when, from what, by which versions."""
    metrics, place = facts.metrics, facts.metrics["environment"]
    versions = [f"{name} {found}" for name, found in place["libraries"].items()]
    lines = [
        f"Model version `{metrics['version']}`, trained on {day(metrics['trained'])} in "
        f"{metrics['seconds']:.1f} s on {escape(place['machine'])}.",
        f"Data: {facts.data}; hash `{metrics['data']['sha256']}`. {_split(facts)}.",
        f"Python {place['python']}, {', '.join(map(escape, versions))}.",
    ]
    if place["git_revision"]:
        lines.append(f"Commit `{place['git_revision']}`.")
    return bullets(lines)


def promotion(facts: Facts) -> str:
    """What became of the model in the registry."""
    found = facts.metrics.get("promotion")
    if found is None:
        return "*This model was not registered: `tracking.enabled` was false when it was trained.*"
    place = "became the champion" if found["decision"] == "promoted" else "stays the challenger"
    return (
        f"This model is version {found['challenger']['number']} of {escape(found['name'])} in the "
        f"registry. It {place}: {escape(found['reason'])}."
    )


def resume(facts: Facts) -> str:
    """The project in one line, with its measured figure and its data set."""
    found, measure = facts.need("held_out"), facts.measures[0]
    own = found["metrics"][measure.name]
    strongest = list(found["baselines"])[-1]
    versus = (
        f", {measure.against(found['lift'][strongest], facts.title(strongest))}"
        if strongest in found["lift"]
        else ""
    )
    return (
        f"> {escape(facts.story.what)} ({escape(facts.story.tools)}): {escape(measure.title)} "
        f"{measure.form(own['value'])} ({_interval(measure, own, found)}){versus}, on "
        f"{found['rows']:,} held-out {facts.story.rows}. Data: {facts.data}."
    )


def _lifts(facts: Facts) -> dict[str, str]:
    """What lifts are over, with the heading of each column: baselines, or the model before."""
    found = facts.scores.get("lift")
    if not isinstance(found, Mapping):
        return {_before(facts): "lift over the model before"}
    return {name: f"lift over {facts.title(name)}" for name in found}


def _before(facts: Facts) -> str:
    """The model before the chosen one; empty if that is the first."""
    names = list(facts.compared["models"])
    place = names.index(facts.model)
    return names[place - 1] if place else ""


def _lift_cells(
    main: Measure, lift: Mapping[str, float] | float | None, columns: Mapping[str, str]
) -> list[str]:
    """A cell per column; empty where there is no such lift."""
    if isinstance(lift, Mapping):
        return [main.lift(lift[name]) if name in lift else "" for name in columns]
    return [main.lift(lift) if lift is not None else "" for _ in columns]


def _result(
    facts: Facts,
    name: str,
    score: Mapping[str, Any],
    measures: Sequence[Measure],
    lifts: Mapping[str, str],
) -> list[str]:
    main = measures[0]
    cells = [
        facts.title(name),
        main.form(score[main.name]["overall"]),
        *([main.spread(score[main.name])] if facts.story.compared.folds else []),
        *(each.form(score[each.name]["overall"]) for each in measures[1:]),
        *_lift_cells(main, score.get("lift"), lifts),
        f"{score['seconds']:.1f} s",
    ]
    # What is empty has no bold.
    return [f"**{cell}**" if cell else "" for cell in cells] if name == facts.model else cells


def _rank(measure: Measure, score: Mapping[str, Any]) -> float:
    """For an order in which the best comes last."""
    value = float(score[measure.name]["overall"])
    return -value if measure.lower_is_better else value


def _results_note(facts: Facts) -> str:
    held_out = facts.section("held_out")
    place = escape(facts.metrics["environment"]["machine"])
    note = f"{facts.story.compared.note(facts.compared, place)} "
    if facts.unheld:
        last = ""
    elif held_out is None:
        last = "*Not measured on held-out rows yet: `make evaluate report` adds them.* "
    else:
        last = (
            f"Last line: {held_out['rows']:,} held-out {facts.story.rows} with the "
            f"{percent(held_out['confidence'], 0)} interval{_last_lift(facts, held_out)}, opened "
            f"{times(held_out['opened'])}, measured on {day(held_out['evaluated'])}. "
        )
    version = facts.metrics["version"]
    return f"{note}{last}Data: {facts.data}. {_split(facts)}. Model version `{version}`."


def _last_lift(facts: Facts, held_out: Mapping[str, Any]) -> str:
    """What the lift in the last line is over: in a ladder, not the line above."""
    before = _before(facts) if facts.story.compared.ladder else ""
    if before not in held_out["lift"]:
        return ""
    return f" and the lift over {facts.title(before)} on the same {facts.story.rows}"


def _split(facts: Facts) -> str:
    return facts.unheld or facts.story.split(facts.metrics["data"])


def _interval(measure: Measure, own: Mapping[str, float], found: Mapping[str, Any]) -> str:
    return f"{percent(found['confidence'], 0)} interval {measure.ends(own)}"


COMMON: dict[str, Block] = {
    "headline": Block(headline, ("held_out",)),
    "results": Block(results),
    "held-out": Block(held_out_table, ("held_out",)),
    "slices": Block(slices, ("held_out",)),
    "slices-finding": Block(slices_finding, ("held_out",)),
    "figure-held-out-slices": Block(slices_picture, ("held_out",)),
    "failures": Block(failures, ("held_out",)),
    "ablation": Block(ablation, ("ablation",)),
    "worked": Block(worked, ("ablation",)),
    "did-not-work": Block(did_not_work, ("ablation",)),
    "data": Block(data),
    "provenance": Block(provenance),
    "promotion": Block(promotion),
    "resume": Block(resume, ("held_out",)),
}

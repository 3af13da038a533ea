"""What the documents say of prices: names, titles, and the blocks that only this project has."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from .report_facts import Block, Facts, Measure, Picture, Story
from .report_pages import DOCUMENTS, PAGE
from .report_words import MINUS, bullets, day, escape, listed, number, percent, table

MODELS = {
    "mean": "predicting the mean",
    "linear": "linear regression",
    "ridge": "ridge regression",
    "elastic_net": "elastic net",
    "svr": "support vectors",
    "random_forest": "random forest",
    "xgboost": "XGBoost",
    "lightgbm": "LightGBM",
    "stack": "the blend",
}
PICTURES = {
    "eda-target": Picture(
        "eda", "Histograms of the target before and after the logarithm, each with a normal curve."
    ),
    "held-out-predictions": Picture(
        "evaluate",
        "True against predicted prices of the held-out rows, with the band of the intervals; "
        "rows outside their interval are marked.",
    ),
    "held-out-residuals": Picture(
        "evaluate", "Errors over the predicted price, and a histogram of the errors."
    ),
    "held-out-coverage": Picture(
        "evaluate",
        "Share of true prices inside the interval, by third of the predicted price, against the "
        "share that was asked for.",
    ),
    "held-out-slices": Picture(
        "evaluate", "Error of each slice with its interval, against the error of all rows."
    ),
    "shap-bar": Picture("explain", "Columns by their mean absolute SHAP value, largest first."),
    "shap-summary": Picture(
        "explain", "SHAP values of the most important columns, a point per row, coloured by value."
    ),
    "ablation": Picture(
        "ablate",
        "What leaving each ingredient out adds to the error, with its interval, largest first.",
    ),
}
# How a column of the Ames set is told in a sentence; any other by its name.
PHRASES = {
    "GrLivArea": "{} sq ft",
    "OverallQual": "overall quality {}",
    "OverallCond": "condition {}",
    "YearBuilt": "built in {}",
    "Neighborhood": "in {}",
    "SaleCondition": "sale condition {}",
}
AREAS = ("GrLivArea",)


def story(metrics: Mapping[str, Any]) -> Story:
    """The story of a run. metrics: reports/metrics.json."""
    target, unit = metrics["target"]["name"], metrics["target"]["currency"]
    in_unit = f"{target}, {unit}" if unit else target
    # In its order these are shown; the first is what models are ranked by.
    measures: tuple[Measure, ...] = (
        Measure("rmse_log", f"RMSE of log {target}"),
        Measure("mae", f"MAE ({in_unit})"),
        Measure("r2", "R²", lower_is_better=False, digits=3, identifier="r_squared"),
        Measure("mae_log", f"MAE of log {target}"),
        Measure("rmse", f"RMSE ({in_unit})"),
    )
    if "rmse_log" not in metrics["cross_validation"]["models"]["mean"]:
        measures = (measures[4], *measures[1:3], measures[0])
    return Story(
        measures=measures,
        models=MODELS,
        what=f"Predicting {metrics['target']['name']} with an interval and an explanation",
        rows="houses" if unit else "rows",
        task="tabular-regression",
        tools="Python, scikit-learn, XGBoost, LightGBM, ONNX, FastAPI, MLflow",
        plainly=plainly,
        failure=failure,
        pictures=PICTURES,
        blocks=BLOCKS,
        documents=DOCUMENTS,
        page=PAGE,
    )


def plainly(facts: Facts) -> str:
    """The mean error in the target's currency; empty where that is not known."""
    if not facts.metrics["target"]["currency"]:
        return ""
    error = facts.need("held_out")["metrics"]["mae"]["value"]
    return f"Off by {_amount(facts, error)} on average"


def failure(facts: Facts, row: Mapping[str, Any]) -> str:
    """A row with a large error: what it is, what it cost, what was predicted."""
    known = bool(facts.metrics["target"]["currency"])
    kind = ", ".join(
        _phrase(name, value, known) for name, value in row["columns"].items() if value is not None
    )
    if "relative_error" in row:
        size = percent(abs(row["relative_error"]))
    else:
        size = number(abs(row["error"]))
    side = "high" if row["prediction"] > row["target"] else "low"
    inside = row["lower"] <= row["target"] <= row["upper"]
    return (
        f"Line {row['line']} of the data ({kind}): true {_amount(facts, row['target'])}, predicted "
        f"{_amount(facts, row['prediction'])}, **{size} too {side}**; the true value lies "
        f"{'inside' if inside else 'outside'} the interval, {_amount(facts, row['lower'])} to "
        f"{_amount(facts, row['upper'])}."
    )


def target(facts: Facts) -> str:
    """The target's shape: why the logarithm, or why not."""
    found = facts.metrics["target"]
    line = (
        f"Half of the values of {escape(found['name'])} in {found['rows']:,} training rows lie "
        f"between {_amount(facts, found['lower_quartile'])} and "
        f"{_amount(facts, found['upper_quartile'])}, with the median at "
        f"{_amount(facts, found['median'])}. Their skewness is {number(found['skewness'], 2)}"
    )
    after = (
        "not every value has a logarithm"
        if found["skewness_log"] is None
        else f"that of their logarithms is {number(found['skewness_log'], 2)}"
    )
    return f"{line}; {after}. Data: {facts.data}."


def interval(facts: Facts) -> str:
    """How often the interval holds the true price, in all and by third."""
    found = facts.need("held_out")["interval"]
    thirds = [
        f"{percent(band['measured'])} from {_amount(facts, band['from'])} to "
        f"{_amount(facts, band['to'])}"
        for band in found["by_price"]
    ]
    confidence = percent(facts.need("held_out")["confidence"], 0)
    return (
        f"Asked for: {percent(found['coverage'], 0)}. Measured on {found['rows']:,} held-out "
        f"{facts.story.rows}: **{percent(found['measured'])}** ({confidence} interval "
        f"{percent(found['low'])} to {percent(found['high'])}). By predicted price: "
        f"{listed(thirds)}. Mean width: {_amount(facts, found['mean_width'])}. "
        f"Data: {facts.data}."
    )


def blend(facts: Facts) -> str:
    """Who is in the blend, and what it brings over the best model alone."""
    scores, measure = facts.metrics["cross_validation"]["models"], facts.measures[0]
    weights = facts.metrics["weights"]
    if not weights:
        own = measure.form(facts.scores[measure.name]["overall"])
        return f"This run has one model, {facts.title(facts.model)}: {own}. Data: {facts.data}."
    others = [name for name in scores if name != facts.model]
    best = min(others, key=lambda name: float(scores[name][measure.name]["overall"]))
    parts = [f"{facts.title(name)} {percent(share, 0)}" for name, share in weights.items()]
    own, alone = scores[facts.model][measure.name], scores[best][measure.name]
    return (
        f"Weights: {listed(parts)}. Cross-validated {escape(measure.title)}: "
        f"{measure.form(own['overall'])} (± {measure.spread(own)} over the folds), against "
        f"{measure.form(alone['overall'])} (± {measure.spread(alone)}) for the best single model, "
        f"{facts.title(best)}. Data: {facts.data}."
    )


def tried(facts: Facts) -> str:
    """The models, simplest first, with their figures."""
    scores, measure = facts.metrics["cross_validation"]["models"], facts.measures[0]
    return bullets(
        f"{facts.title(name)}: {measure.form(score[measure.name]['overall'])} "
        f"(± {measure.spread(score[measure.name])}), {score['seconds']:.1f} s"
        for name, score in scores.items()
    ) + (
        f"\n\n{escape(measure.title)} in {facts.metrics['cross_validation']['folds']}-fold "
        f"cross-validation, seed {facts.metrics['cross_validation']['seed']}; ± over the folds; "
        f"time of all fits. Data: {facts.data}."
    )


def log_target(facts: Facts) -> str:
    """What the logarithm of the price is worth, from the ablation."""
    found = facts.need("ablation")
    measure = facts.measure(found["metric"])
    change = partial(measure.form, sign=True, like=found["full"])
    for each in found["ingredients"]:
        if each["name"] == "log-target":
            return (
                f"Without it, {escape(measure.title)} is {measure.form(each['without'])} in place "
                f"of {measure.form(found['full'])}: {each['verdict']} (difference "
                f"{change(each['difference'])}, interval {change(each['low'])} to "
                f"{change(each['high'])}). Data: {facts.data}."
            )
    for each in found["left_out"]:
        if each["name"] == "log-target":
            return f"This run was trained without it ({escape(each['reason'])})."
    return "What it is worth was not measured in this ablation."


def explanation(facts: Facts) -> str:
    """The columns that move predictions most."""
    found = facts.need("explanation")
    rows = [
        [escape(each["name"]), number(each["mean_abs"]), percent(each["share"])]
        for each in found["features"]
    ]
    header = ("column", f"mean |SHAP|, {escape(found['unit'])}".replace("|", r"\|"), "share")
    return (
        f"{table(header, rows)}\n\n"
        f"Share: of the sum over all {found['columns']} columns. From {found['rows']:,} training "
        f"rows against a background of {found['background']:,}, seed {found['seed']}. Data: "
        f"{facts.data}. Explained on {day(found['explained'])}. It says what the model uses, not "
        "what causes what."
    )


def demo(facts: Facts) -> str:
    """What to say with the numbers of this run, in two minutes."""
    found, measure = facts.need("held_out"), facts.measures[0]
    own = found["metrics"]
    coverage = found["interval"]
    lines = [
        f"\u201cOn {found['rows']:,} {facts.story.rows} that it had never seen, the model has "
        f"{escape(measure.title)} {measure.form(own[measure.name]['value'])}. "
        + " ".join(
            f"That is {measure.against(lift, facts.title(name))}."
            for name, lift in reversed(found["lift"].items())
        )
        + "\u201d",
        f"\u201cThe interval is meant to hold {percent(coverage['coverage'], 0)} of the prices; it "
        f"holds {percent(coverage['measured'])}.\u201d",
        f"\u201cIts largest error: {failure(facts, found['worst'][0])}\u201d",
        f"Say what the data are: {facts.data}.",
    ]
    return bullets(lines)


def _phrase(name: str, value: float | str, known: bool) -> str:
    if isinstance(value, float):
        text = number(value)
    else:
        text = f"{value:,}" if name in AREAS else escape(value)
    return PHRASES[name].format(text) if known and name in PHRASES else f"{escape(name)} {text}"


def _amount(facts: Facts, value: float) -> str:
    """An amount of the target; in its currency, where that is known."""
    text = number(value).removeprefix(MINUS)
    return f"{MINUS if value < 0 else ''}{escape(facts.metrics['target']['currency'])}{text}"


BLOCKS = {
    "target": Block(target),
    "interval": Block(interval, ("held_out",)),
    "blend": Block(blend),
    "tried": Block(tried),
    "log-target": Block(log_target, ("ablation",)),
    "explanation": Block(explanation, ("explanation",)),
    "demo": Block(demo, ("held_out",)),
}

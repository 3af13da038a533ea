"""The results in a model card's metadata, as Hugging Face reads them (`model-index`)."""

from __future__ import annotations

import yaml

from .report_facts import Facts

# The specification: github.com/huggingface/hub-docs, modelcard.md.


def metadata(facts: Facts) -> str:
    """YAML lines for the front matter: `model-index` with the held-out figures.

    A comment in their place if they have not been measured: a card must not claim what no run gave.
    """
    found = facts.section("held_out")
    if found is None and facts.unheld:
        return f"# {facts.unheld}"
    if found is None:
        return f"# Not measured for this model yet: make {facts.story.commands['held_out']} report"
    data = facts.metrics["data"]
    made_up = " (synthetic)" if data["synthetic"] else ""
    results = {
        "task": {"type": facts.story.task, "name": facts.story.task.replace("-", " ").capitalize()},
        "dataset": {
            "name": f"{data['name']}{made_up if 'synthetic' not in data['name'] else ''}",
            "type": data["source"],
            "split": "held-out",
        },
        "metrics": [
            {
                "type": measure.identifier or measure.name,
                "name": measure.title,
                "value": found["metrics"][measure.name]["value"],
            }
            for measure in facts.measures
        ],
    }
    index = {"model-index": [{"name": facts.project, "results": [results]}]}
    text: str = yaml.safe_dump(index, sort_keys=False, allow_unicode=True, width=1000)
    return text

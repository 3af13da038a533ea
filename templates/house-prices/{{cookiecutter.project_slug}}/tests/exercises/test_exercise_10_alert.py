"""Exercise 10: an alert for callers who are refused again and again."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

RULES = Path(__file__).parents[2] / "deploy/prometheus/rules.yml"
NAME = "ManyRefusedRequests"


def rule() -> dict[str, Any]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    found = [each for group in groups for each in group["rules"] if each.get("alert") == NAME]
    assert len(found) == 1, (
        f"deploy/prometheus/rules.yml has {len(found)} alerts called {NAME}, and one is wanted. "
        "HighErrorRate shows how a share of the requests is made."
    )
    return found[0]


def series(name: str, **labels: str) -> str:
    """A series as PromQL names it."""
    pairs = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return name + "{" + pairs + "}"


def test_it_waits_and_says_what_to_do() -> None:
    alert = rule()
    assert alert.get("for") == "10m", "wait ten minutes before it fires (`for: 10m`)"
    assert alert.get("labels", {}).get("severity") == "ticket", "nobody is to be woken for it"
    for part in ("summary", "description", "action"):
        assert alert.get("annotations", {}).get(part), f"it has no annotation `{part}`"


# Requests a minute: of /predict with 200, of /predict with 422, of health checks with 404.
@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool: install prometheus")
@pytest.mark.parametrize(
    ("answered", "refused", "checks", "fires"),
    [(60, 30, 0, True), (60, 6, 0, False), (60, 0, 60, False), (0, 30, 0, True)],
)
def test_it_fires_when_a_fifth_is_refused(
    tmp_path: Path, answered: int, refused: int, checks: int, fires: bool
) -> None:
    rule()
    shutil.copy(RULES, tmp_path)
    rates = {
        ("/predict", "200"): answered,
        ("/predict", "422"): refused,
        ("/health/ready", "404"): checks,
    }
    case = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {
                        "series": series(
                            "http_requests_total", job="api", route=route, status=status
                        ),
                        "values": f"0+{rate}x40",
                    }
                    for (route, status), rate in rates.items()
                    if rate
                ],
                # A test of promtool lists what is to fire: an empty list where nothing is.
                "promql_expr_test": [
                    {
                        "expr": f"count({series('ALERTS', alertname=NAME, alertstate='firing')})",
                        "eval_time": "30m",
                        "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
                    }
                ],
            }
        ],
    }
    (tmp_path / "case.yml").write_text(yaml.safe_dump(case))
    process = subprocess.run(
        ["promtool", "test", "rules", "case.yml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    said = re.sub(r"\s+", " ", process.stdout + process.stderr)
    assert process.returncode == 0, (
        f"{refused} of {answered + refused} requests a minute are refused (and {checks} health "
        f"checks): it is {'' if fires else 'not '}to fire. {said}"
    )

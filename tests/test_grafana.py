"""Every query of the dashboard and of the rules is PromQL over what the service exports.

There is no Grafana to ask here: what it would send is sent to the same Prometheus.
"""

import json
import re

import processes
import pytest
import yaml

# What Grafana would put in.
VARIABLES = {"$__rate_interval": "5m"}
# Of a metric's name: what Prometheus itself adds to a histogram or counter, or makes.
OF_PROMETHEUS = {"up", "ALERTS"}
NOT_NAMES = re.compile(
    r'"[^"]*"'  # label values
    r"|\{[^}]*\}"  # label matchers
    r"|\b(?:by|without|on|ignoring)\s*\([^)]*\)"  # labels to group by
    r"|\[[^\]]*\]"  # ranges
    r"|\b\w+\s*(?=\()"  # functions
    r"|\b(?:or|and|unless)\b"
    r"|\b[0-9.e]+\b"
)
NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_:]*")


def dashboards(project):
    return sorted((project / "deploy/grafana/dashboards").glob("*.json"))


def panels(project):
    return [
        panel
        for path in dashboards(project)
        for panel in json.loads(path.read_text())["panels"]
        if panel["type"] != "row"
    ]


def queries(project):
    """Title -> PromQL, of each panel, annotation and rule."""
    found = {}
    for panel in panels(project):
        for target in panel["targets"]:
            found[f"{panel['title']} {target['refId']}"] = target["expr"]
    for path in dashboards(project):
        for annotation in json.loads(path.read_text())["annotations"]["list"]:
            found[annotation["name"]] = annotation["expr"]
    for rule in rules(project):
        found[rule.get("alert") or rule["record"]] = rule["expr"]
    for variable, value in VARIABLES.items():
        found = {title: query.replace(variable, value) for title, query in found.items()}
    return found


def rules(project):
    groups = yaml.safe_load((project / "deploy/prometheus/rules.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def names_in(expression):
    """Names of the metrics in a PromQL expression."""
    without_matchers = NOT_NAMES.sub(" ", expression)
    while (shorter := NOT_NAMES.sub(" ", without_matchers)) != without_matchers:
        without_matchers = shorter
    return set(NAME.findall(without_matchers))


def test_names_are_found_in_promql():
    expression = (
        'histogram_quantile(0.99, sum by (job, le) (rate(a_bucket{route!~"x|{y}"}[5m])))'
        " or 0 * max by (job) (up) > 8 * 24 * 3600"
    )
    assert names_in(expression) == {"a_bucket", "up"}


def test_every_query_names_only_what_the_service_exports(monitored):
    exported = {line.split("{")[0].split(" ")[0] for line in monitored.metrics.splitlines()}
    recorded = {rule["record"] for rule in rules(monitored.project) if "record" in rule}
    for title, expression in queries(monitored.project).items():
        named = names_in(expression)
        assert named, title
        assert named <= exported | recorded | OF_PROMETHEUS, title


def test_every_query_is_promql(monitored):
    for title, expression in queries(monitored.project).items():
        try:
            processes.query(monitored.prometheus, expression)
        except OSError as error:
            pytest.fail(f"{title}: {expression}: {error.read().decode()}")


def test_every_panel_shows_something_after_a_few_requests(monitored):
    # What speaks up only when something is wrong, or new.
    quiet = {rule.get("alert") for rule in rules(monitored.project)} | {"Model reloads"}
    for title, expression in queries(monitored.project).items():
        if title not in quiet:
            processes.eventually(
                lambda expression=expression: processes.query(monitored.prometheus, expression),
                title,
            )


def test_grafana_reads_the_dashboard_where_compose_puts_it(rendered, template):
    project = rendered(template)
    volumes = yaml.safe_load((project / "compose.yaml").read_text())["services"]["grafana"]
    mounted = dict(volume.split(":")[:2] for volume in volumes["volumes"])
    provisioning = project / "deploy/grafana/provisioning"
    (provider,) = yaml.safe_load((provisioning / "dashboards/service.yml").read_text())["providers"]
    assert provider["options"]["path"] == mounted["./deploy/grafana/dashboards"]
    assert mounted["./deploy/grafana/provisioning"] == "/etc/grafana/provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text())[
        "datasources"
    ]
    assert source["url"] == "http://prometheus:9090"


def test_the_dashboard_can_be_imported_by_a_stranger(rendered, template):
    (path,) = dashboards(rendered(template))
    dashboard = json.loads(path.read_text())
    assert "id" not in dashboard
    assert len(dashboard["uid"]) <= 40
    (variable,) = dashboard["templating"]["list"]
    assert (variable["name"], variable["type"]) == ("datasource", "datasource")
    identifiers = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(identifiers)) == len(identifiers)
    for panel in panels(rendered(template)):
        assert panel["description"], panel["title"]
        for source in (panel["datasource"], *(t["datasource"] for t in panel["targets"])):
            assert source == {"type": "prometheus", "uid": "${datasource}"}, panel["title"]


def test_panels_do_not_overlap(rendered, template):
    for path in dashboards(rendered(template)):
        taken = set()
        for panel in json.loads(path.read_text())["panels"]:
            place = panel["gridPos"]
            cells = {
                (place["x"] + column, place["y"] + line)
                for column in range(place["w"])
                for line in range(place["h"])
            }
            assert not cells & taken, panel["title"]
            assert place["x"] + place["w"] <= 24, panel["title"]
            taken |= cells

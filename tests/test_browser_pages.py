"""What every page has to be in a real browser: usable by all, closed to foreign scripts."""

import base64
import json
import re
import subprocess
from dataclasses import dataclass

import pytest
from browsing import findings, needs_chromium, opened
from conftest import TEMPLATES, require
from processes import ask, headers, service
from small_projects import UPRIGHT

ACTIONS = pytest.importorskip("page_actions").ACTIONS
pytestmark = needs_chromium

PHONE = {"width": 320, "height": 640}  # what WCAG 2.2 asks for: 1.4.10, Reflow
SMALLEST_TARGET = 44  # CSS pixels; WCAG 2.2 asks for 24 (2.5.8) or, at level AAA, 44 (2.5.5)
# A phone's slow connection, as Lighthouse has it: bits per second, and seconds of a round trip.
SLOW, ROUND_TRIP_S = 1_638_400, 0.15


@dataclass(frozen=True)
class Served:
    """A template's trained project, served."""

    template: str
    address: str

    def act(self, page):
        """Do what a visitor does, up to the answer."""
        ACTIONS[self.template](page)


@pytest.fixture(scope="module", params=TEMPLATES)
def served(request, trained, tmp_path_factory):
    require(request.param, "src/{{cookiecutter.package_name}}/api/page.py")
    log = tmp_path_factory.mktemp("served") / "log"
    with service(trained(request.param), log, APP_PREDICTION_LOG="") as found:
        yield Served(request.param, f"http://{found}")


@pytest.mark.parametrize("viewport", [PHONE, {"width": 1280, "height": 800}])
def test_no_sideways_scrolling_and_targets_that_a_finger_hits(browser, served, viewport):
    with opened(browser, served.address, viewport=viewport) as page:
        for summary in page.locator("summary:visible").all():
            summary.click()
        served.act(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        controls = "button:visible, input:visible, select:visible, textarea:visible, summary"
        for control in page.locator(controls).all():
            assert control.bounding_box()["height"] >= SMALLEST_TARGET


def test_without_javascript_the_page_says_how_to_ask(browser, served):
    with opened(browser, served.address, java_script_enabled=False) as page:
        said = page.locator("noscript p")
        assert said.is_visible()
        assert "This page needs JavaScript" in said.inner_text()
    with opened(browser, served.address) as page:
        assert not page.locator("noscript").is_visible()


def test_the_command_for_those_without_javascript_works(browser, served, tmp_path):
    # The name of the file that a command uploads, if it does.
    (tmp_path / "picture.jpg").write_bytes(base64.b64decode(UPRIGHT))
    with opened(browser, served.address, java_script_enabled=False) as page:
        command = page.locator("noscript code").inner_text()
    process = subprocess.run(
        ["sh", "-c", command.replace("THIS-ADDRESS", served.address)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    version = json.loads(ask(f"{served.address}/model"))["version"]
    assert json.loads(process.stdout)["version"] == version


def test_scripts_that_are_not_the_pages_own_do_not_run(browser, served):
    policy = headers(f"{served.address}/")["Content-Security-Policy"]
    assert re.search(r"script-src 'sha256-[^']+'(?: 'sha256-[^']+')*;", policy)
    with opened(browser, served.address, logged=["Content Security Policy"]) as page:
        page.evaluate(
            """() => {
                const planted = document.createElement("script");
                planted.textContent = "window.planted = true";
                document.body.append(planted);
                const image = "<img src='data:,' onerror='planted = true'>";
                document.body.insertAdjacentHTML("beforeend", image);
            }"""
        )
        served.act(page)
        assert page.evaluate("window.planted === undefined")


def test_the_page_is_one_response_that_a_slow_phone_has_within_a_second(browser, served):
    with opened(browser, served.address) as page:
        page.wait_for_load_state("load")
        (answer,) = page.evaluate("performance.getEntriesByType('navigation')")
        later = page.evaluate("performance.getEntriesByType('resource')")
    # Counted, not timed: a busy machine takes as long as it takes. Two round trips: the connection
    # and the request.
    seconds = 2 * ROUND_TRIP_S + 8 * answer["transferSize"] / SLOW
    assert 0 < seconds < 1
    # What is asked for by a script is shown when it comes, and holds the page up for nothing.
    assert [each["name"] for each in later if each["initiatorType"] != "fetch"] == []


def test_motion_is_left_out_for_those_who_ask_for_it(browser, served):
    found = "getComputedStyle(document.documentElement).scrollBehavior"
    with opened(browser, served.address, reduced_motion="reduce") as page:
        assert page.evaluate(found) == "auto"


def test_the_schemes_differ(browser, served):
    colours = set()
    for scheme in ("light", "dark"):
        with opened(browser, served.address, color_scheme=scheme) as page:
            colours.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(colours) == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_before_and_after_an_answer(browser, served, scheme):
    # Without the policy, which lets no script in but the page's own; other tests hold it.
    with opened(browser, served.address, color_scheme=scheme, bypass_csp=True) as page:
        assert findings(page) == []
        served.act(page)
        assert findings(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_reports(browser, portfolios, any_template, scheme):
    reports = sorted((portfolios(any_template) / "reports").rglob("*.html"))
    assert reports
    found = {}
    with browser.new_context(color_scheme=scheme) as context:
        page = context.new_page()
        for report in reports:
            page.goto(report.as_uri())
            found[report.name] = findings(page)
    assert found == {report.name: [] for report in reports}

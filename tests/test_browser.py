"""The page of a served project in a real browser. Skipped where there is no Chromium."""

import csv
import json
import random
import re
import shutil
import subprocess
from contextlib import contextmanager

import pytest
from processes import headers, service, train

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PHONE = {"width": 320, "height": 640}  # what WCAG 2.2 asks for: 1.4.10, Reflow
SMALLEST_TARGET = 44  # CSS pixels; WCAG 2.2 asks for 24 (2.5.8) or, at level AAA, 44 (2.5.5)
ODD_COLUMNS = ("elements", "__proto__", "<img src=x onerror=alert(1)>", "say 'hi' & $body", "a.b")
ODD_LEVELS = ("<script>alert(2)</script>", "two  blanks", "'", "None")


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield found
        found.close()


@pytest.fixture(scope="module")
def address(trained_project, tmp_path_factory):
    log = tmp_path_factory.mktemp("served") / "log"
    with service(trained_project, log, APP_PREDICTION_LOG="") as found:
        yield f"http://{found}"


@contextmanager
def opened(browser, address, logged=(), **context):
    """The page, loaded. The test fails if the browser asked any other host for anything, or if the
    console has any error but those that contain one of `logged`."""
    with browser.new_context(**context) as made:
        found = made.new_page()
        asked, errors = [], []
        found.on("request", lambda request: asked.append(request.url))
        found.on("pageerror", lambda error: errors.append(str(error)))
        found.on(
            "console",
            lambda message: errors.append(message.text) if message.type == "error" else None,
        )
        found.goto(f"{address}/")
        yield found
    assert [error for error in errors if not any(part in error for part in logged)] == []
    assert [url for url in asked if not url.startswith((address, "data:"))] == []


@pytest.fixture
def page(browser, address):
    with opened(browser, address) as found:
        yield found


def predict(page):
    page.get_by_role("button", name="Predict").click()


def amount(text):
    """A shown amount of money as a number."""
    return float(re.sub(r"[^0-9.-]", "", text))


def predicted(page):
    """The prediction that is shown, once there is one and nothing is on its way."""
    page.locator("#answer:not([aria-busy]) .amount").wait_for()
    return amount(page.locator(".amount").inner_text())


def described(page, control):
    """What a screen reader says of a control beside its label."""
    ids = (control.get_attribute("aria-describedby") or "").split()
    return " ".join(page.locator(f"[id='{each}']").inner_text() for each in ids)


def test_the_form_predicts_with_an_interval(page):
    page.get_by_label("Overall quality").fill("8")
    predict(page)
    price = predicted(page)
    assert "90% interval" in page.get_by_role("status").first.inner_text()
    low, high = page.locator(".interval").inner_text().split(" to ")
    assert amount(low) < price < amount(high.split(" (")[0])
    assert page.locator("#range .mark").is_visible()
    page.get_by_label("Overall quality").fill("3")
    predict(page)
    page.get_by_text("against the one before").wait_for()
    assert predicted(page) < price


def test_the_chart_adds_up_to_the_prediction(page):
    page.get_by_label("Overall quality").fill("9")
    with page.expect_response("**/explain") as answer:
        predict(page)
    found = answer.value.json()
    table = page.get_by_role("table", name="What moved this prediction")
    table.wait_for()
    bars = table.locator("[data-value]")
    values = [float(bar.get_attribute("data-value")) for bar in bars.all()]
    assert sum(values) == pytest.approx(found["prediction"] - found["base_value"], abs=0.01)
    shown = [amount(text) for text in table.locator("td.number").all_inner_texts()]
    assert shown[0] == pytest.approx(found["base_value"], abs=0.51)
    assert shown[-1] == predicted(page) == pytest.approx(found["prediction"], abs=0.51)
    assert [amount(bar.inner_text()) for bar in bars.all()] == [round(value) for value in values]
    # A bar is to the side of its sign, and as long as its value is large.
    for bar, value in zip(table.locator(".bar").all(), values, strict=True):
        zero = bar.locator("xpath=../span[@class='zero']").bounding_box()["x"]
        box = bar.bounding_box()
        middle = box["x"] + box["width"] / 2
        assert (middle > zero) == (value > 0)
    widths = [bar.bounding_box()["width"] for bar in table.locator(".bar").all()]
    assert max(widths) == widths[max(range(len(values)), key=lambda i: abs(values[i]))]


def test_a_refused_value_is_explained_beside_its_field(browser, address):
    with opened(browser, address, logged=["422"]) as page:
        control = page.get_by_label("Living area")
        control.fill("1e20")
        predict(page)
        page.get_by_text("No prediction. One field needs a look.").wait_for()
        assert control.get_attribute("aria-invalid") == "true"
        assert "Expected a number of at most" in described(page, control)
        assert control.evaluate("control => control === document.activeElement")
        control.fill("1500")
        control.blur()
        assert control.get_attribute("aria-invalid") is None
        assert "Expected" not in described(page, control)
        predict(page)
        assert predicted(page) > 0


def test_the_first_wrong_field_is_unfolded_and_nothing_is_asked(page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for label in ("Pool area", "Wood deck area"):
        page.get_by_label(label).evaluate("control => { control.closest('details').open = true }")
        page.get_by_label(label).press_sequentially("e")
    page.locator("details").evaluate("details => { details.open = false }")
    predict(page)
    page.get_by_text("No prediction. 2 fields need a look.").wait_for()
    first = page.locator("[aria-invalid]").first
    assert "This is not a number" in described(page, first)
    assert first.evaluate("control => control === document.activeElement")
    assert first.is_visible()
    assert asked == []


def test_a_value_outside_the_training_range_is_remarked_on_and_taken(page):
    control = page.get_by_label("Overall quality")
    control.fill("14")
    control.blur()
    assert "Above all training rows" in described(page, control)
    assert "Above all training rows" in page.locator("#announcement").inner_text()
    assert control.get_attribute("aria-invalid") is None
    predict(page)
    assert predicted(page) > 0
    control.fill("6")
    control.blur()
    assert "Above" not in described(page, control)


def test_examples_fill_the_form_and_predict(page):
    prices = []
    for name in ("Low", "Typical", "High"):
        with page.expect_response("**/explain"):
            page.get_by_role("button", name=name, exact=True).click()
        prices.append(predicted(page))
    assert sorted(prices) == prices
    assert len(set(prices)) == 3


def test_a_failing_explanation_leaves_the_prediction(browser, address):
    problem = {"status": 503, "title": "Service Unavailable", "detail": "Try again later."}
    with opened(browser, address, logged=["503"]) as page:
        page.route("**/explain", lambda route: route.fulfill(status=503, json=problem))
        predict(page)
        page.get_by_text("What moved it cannot be shown. Try again later.").wait_for()
        assert predicted(page) > 0


@pytest.mark.parametrize(
    ("failure", "said", "logged"),
    [
        (lambda route: route.abort(), "The service cannot be reached.", "ERR_FAILED"),
        (
            lambda route: route.fulfill(status=502, body="<h1>Bad Gateway</h1>"),
            "The service answered with status 502.",
            "502",
        ),
        (
            lambda route: route.fulfill(status=503, json={"detail": "Too many requests."}),
            "Too many requests.",
            "503",
        ),
    ],
    ids=["no network", "a proxy's page", "overload"],
)
def test_a_failure_is_said_in_words_and_the_next_try_works(browser, address, failure, said, logged):
    with opened(browser, address, logged=[logged]) as page:
        page.route("**/predict", failure)
        predict(page)
        page.get_by_role("status").get_by_text(said).wait_for()
        page.unroute("**/predict")
        predict(page)
        assert predicted(page) > 0


def test_a_prediction_on_its_way_is_not_asked_for_again(page):
    held = []
    page.route("**/predict", lambda route: held.append(route))
    predict(page)
    answer = page.locator("#answer")
    page.locator("#answer[aria-busy=true]").wait_for()
    button = page.get_by_role("button", name="Predict")
    assert button.get_attribute("aria-disabled") == "true"
    button.dispatch_event("click")
    page.get_by_label("Overall quality").press("Enter")
    page.get_by_role("button", name="High", exact=True).dispatch_event("click")
    assert len(held) == 1
    held[0].continue_()
    assert predicted(page) > 0
    assert answer.get_attribute("aria-busy") is None
    assert button.get_attribute("aria-disabled") is None


def test_a_failure_ends_the_wait_for_an_explanation(page):
    page.route("**/explain", lambda route: None)  # never answered
    predict(page)
    page.locator("#why[aria-busy=true]").wait_for(state="attached")
    page.locator("#answer:not([aria-busy])").wait_for()
    page.get_by_label("Overall quality").press_sequentially("e")
    predict(page)
    page.get_by_text("One field needs a look.").wait_for()
    assert page.locator("#why").get_attribute("aria-busy") is None


def test_a_page_asks_for_the_key_of_a_service_that_has_one(browser, trained_project, tmp_path):
    variables = {"APP_PREDICTION_LOG": "", "APP_API_KEY": "sesame"}
    with (
        service(trained_project, tmp_path / "log", **variables) as address,
        opened(browser, f"http://{address}", logged=["401"]) as page,
    ):
        key = page.get_by_label("Key of this service")
        assert not key.is_visible()
        predict(page)
        page.get_by_text("No prediction. Enter the key").wait_for()
        assert "asks for its key" in described(page, key)
        assert key.evaluate("control => control === document.activeElement")
        key.fill("wrong")
        key.press("Enter")
        page.get_by_text("does not take this key").wait_for()
        key.fill("sesame")
        key.press("Enter")
        assert predicted(page) > 0
        page.get_by_role("table").wait_for()
        assert key.get_attribute("aria-invalid") is None


def test_a_page_of_an_older_model_says_so(page):
    def newer(route):
        found = route.fetch().json()
        route.fulfill(json=found | {"version": "another"})

    page.route("**/predict", newer)
    predict(page)
    page.get_by_text("Reload the page.").wait_for()


def test_the_keyboard_alone_reaches_everything_and_the_focus_is_seen(page):
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """() => {
                    const at = document.activeElement;
                    const name = at.labels?.[0]?.textContent ?? at.textContent;
                    return [at.tagName, name.trim(), getComputedStyle(at).outlineStyle];
                }"""
            )
        )
        if reached[-1][1] == "Predict":
            break
    tags = [tag for tag, _, _ in reached]
    names = [name for _, name, _ in reached]
    assert names[:4] == ["How good is it?", "Low", "Typical", "High"]
    assert names[-2:] == [names[-2], "Predict"]
    assert tags[-2] == "SUMMARY"
    assert len(set(names)) == 4 + 10 + 2
    assert {outline for _, _, outline in reached} == {"solid"}
    page.keyboard.press("Enter")
    assert predicted(page) > 0


@pytest.mark.parametrize("viewport", [PHONE, {"width": 1280, "height": 800}])
def test_no_sideways_scrolling_and_targets_that_a_finger_hits(browser, address, viewport):
    with opened(browser, address, viewport=viewport) as page:
        page.locator("summary").click()
        predict(page)
        page.get_by_role("table").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        for control in page.locator("button, input:visible, select, summary").all():
            assert control.bounding_box()["height"] >= SMALLEST_TARGET


def test_without_javascript_the_page_says_how_to_ask(browser, address):
    with opened(browser, address, java_script_enabled=False) as page:
        said = page.locator("noscript p")
        assert said.is_visible()
        assert "This page needs JavaScript" in said.inner_text()
    with opened(browser, address) as page:
        assert not page.locator("noscript").is_visible()


def test_the_command_for_those_without_javascript_works(browser, address):
    with opened(browser, address, java_script_enabled=False) as page:
        command = page.locator("noscript code").inner_text()
    process = subprocess.run(
        ["sh", "-c", command.replace("THIS-ADDRESS", address)],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert json.loads(process.stdout)["prediction"] > 0


def test_scripts_that_are_not_the_pages_own_do_not_run(browser, address):
    policy = headers(f"{address}/")["Content-Security-Policy"]
    assert re.search(r"script-src 'sha256-[^']+';", policy)
    with opened(browser, address, logged=["Content Security Policy"]) as page:
        page.evaluate(
            """() => {
                const planted = document.createElement("script");
                planted.textContent = "window.planted = true";
                document.body.append(planted);
                const image = "<img src='data:,' onerror='planted = true'>";
                document.body.insertAdjacentHTML("beforeend", image);
            }"""
        )
        predict(page)
        assert predicted(page) > 0
        assert page.evaluate("window.planted === undefined")


def test_the_page_loads_within_a_second(browser, address):
    timings = []
    for _ in range(3):
        with opened(browser, address) as page:
            timings.append(
                page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
            )
    assert 0 < min(timings) < 1000


def test_motion_is_left_out_for_those_who_ask_for_it(browser, address):
    found = "getComputedStyle(document.documentElement).scrollBehavior"
    with opened(browser, address, reduced_motion="reduce") as page:
        assert page.evaluate(found) == "auto"


def findings(page):
    """What axe-core finds wrong with the page, of any weight."""
    violations = axe.Axe().run(page).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:120]}"
        for each in violations
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_before_and_after_a_prediction_and_with_an_error(
    browser, address, scheme
):
    # Without the policy, which lets no script in but the page's own; other tests hold it.
    context = {"color_scheme": scheme, "bypass_csp": True}
    with opened(browser, address, logged=["422"], **context) as page:
        assert findings(page) == []
        page.locator("summary").click()
        page.get_by_role("button", name="High", exact=True).click()
        page.get_by_role("table").wait_for()
        assert findings(page) == []
        page.get_by_label("Overall quality").fill("14")
        page.get_by_label("Living area").fill("1e20")
        predict(page)
        page.get_by_text("No prediction").wait_for()
        page.get_by_text("Above all training rows").first.wait_for()
        assert findings(page) == []
        page.evaluate("document.querySelector('#key').hidden = false")
        assert findings(page) == []


def test_the_schemes_differ(browser, address):
    colours = set()
    for scheme in ("light", "dark"):
        with opened(browser, address, color_scheme=scheme) as page:
            colours.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(colours) == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_reports(browser, portfolio, scheme):
    reports = sorted((portfolio / "reports").rglob("*.html"))
    assert reports
    found = {}
    with browser.new_context(color_scheme=scheme) as context:
        page = context.new_page()
        for report in reports:
            page.goto(report.as_uri())
            found[report.name] = findings(page)
    assert found == {report.name: [] for report in reports}


@pytest.fixture(scope="module")
def odd_project(rendered, tmp_path_factory):
    """A project trained on a table whose names and levels would break a careless page."""
    folder = tmp_path_factory.mktemp("odd") / "project"
    shutil.copytree(rendered("house-prices"), folder)
    draw = random.Random(0)
    with (folder / "odd.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*ODD_COLUMNS, "<b>level</b>", "street", "<i>price</i>"])
        for row in range(120):
            values = [round(draw.uniform(0, 9), 2) for _ in ODD_COLUMNS]
            writer.writerow(
                [*values, ODD_LEVELS[row % 4], f"street {row % 50} <s>", sum(values) - 20]
            )
    train(
        folder,
        *("data.source=csv", "data.path=odd.csv", "data.target=<i>price</i>"),
        *("data.categories=[street]", "train.model=ridge", "train.log_target=false"),
        *("train.folds=2", "tracking.enabled=false"),
    )
    return folder


def test_odd_names_and_levels_are_texts_on_the_page_and_in_the_chart(
    browser, odd_project, tmp_path
):
    with (
        service(odd_project, tmp_path / "log", APP_PREDICTION_LOG="") as address,
        opened(browser, f"http://{address}", bypass_csp=True) as page,
    ):
        alerts = []
        page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
        for column in ODD_COLUMNS:
            assert page.get_by_label(column).count() == 1
        page.get_by_label("<b>level</b>").select_option("two  blanks")
        with page.expect_request("**/predict") as asked:
            predict(page)
        sent = json.loads(asked.value.post_data)
        assert set(sent) == {*ODD_COLUMNS, "<b>level</b>", "street"}
        assert sent["<b>level</b>"] == "two  blanks"
        table = page.get_by_role("table")
        table.wait_for()
        names = table.locator("th").all_inner_texts()
        assert {column for column in ODD_COLUMNS if any(column in name for name in names)} == set(
            ODD_COLUMNS
        )
        assert alerts == []
        assert findings(page) == []

"""The form of house-prices' page in a real browser: what it asks, answers, explains, refuses."""

import pytest
from browsing import amount, findings, needs_chromium, opened, predict, predicted
from processes import service

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def address(trained_project, tmp_path_factory):
    log = tmp_path_factory.mktemp("served") / "log"
    with service(trained_project, log, APP_PREDICTION_LOG="") as found:
        yield f"http://{found}"


@pytest.fixture
def page(browser, address):
    with opened(browser, address) as found:
        yield found


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_with_everything_unfolded_and_with_an_error(browser, address, scheme):
    # Without the policy, which lets no script in but the page's own; other tests hold it.
    context = {"color_scheme": scheme, "bypass_csp": True}
    with opened(browser, address, logged=["422"], **context) as page:
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

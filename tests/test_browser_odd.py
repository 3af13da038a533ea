"""The page of a table whose names and levels would break a careless one."""

import csv
import json
import random
import shutil

import pytest
from browsing import findings, needs_chromium, opened, predict
from processes import service, train
from small_projects import UNTRACKED

pytestmark = needs_chromium


ODD_COLUMNS = ("elements", "__proto__", "<img src=x onerror=alert(1)>", "say 'hi' & $body", "a.b")
ODD_LEVELS = ("<script>alert(2)</script>", "two  blanks", "'", "None")


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
    data = {"source": "csv", "path": "odd.csv", "target": "<i>price</i>", "categories": ["street"]}
    train(
        folder,
        {
            "data": data,
            "train": {"model": "ridge", "log_target": False, "folds": 2},
            **UNTRACKED,
        },
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

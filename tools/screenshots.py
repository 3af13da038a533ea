"""Pictures of each template's web page and report, from a real run: what `make screenshots` does.

Usage: screenshots.py [FOLDER [TEMPLATE ...]]

Each template, or each that is named, is rendered into FOLDER (build/screenshots by default) and run
there on its sample with its default settings. Needs the environment of `make setup`, and Chromium:
Debian's, or the one that `playwright install chromium` fetches.
"""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path

from page_actions import ACTIONS
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from render import LIBRARY
from render import main as render
from serving import serving

GALLERY = LIBRARY / "docs" / "gallery"
# Where a template keeps the picture that its README shows.
DEMO = "{{cookiecutter.project_slug}}/docs/figures/demo.png"
STEPS = ("eda", "train", "evaluate", "explain", "ablate", "report")
WIDTH, REPORT_HEIGHT, MARGIN = 1280, 1400, 16  # pixels
LARGEST = 250_000  # bytes of a picture
COLOURS = 256


def main(folder: Path, templates: Collection[str] = ()) -> int:
    """Run these templates (all, if none) and take their pictures; 0 when all are written."""
    unknown = sorted(set(templates) - set(ACTIONS))
    if unknown:
        known = ", ".join(ACTIONS)
        raise SystemExit(f"error: no template {', '.join(unknown)}; there are {known}.")
    render(folder)
    GALLERY.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        for template, action in ACTIONS.items():
            if templates and template not in templates:
                continue
            project = folder / template
            command = [sys.executable, "-m", template.replace("-", "_")]
            # What the project would install is in this environment; the project itself is not.
            os.environ["PYTHONPATH"] = str(project / "src")
            for step in STEPS:
                print(f"==> {template}: {step}", flush=True)
                subprocess.run([*command, step], cwd=project, check=True)
            with serving([*command, "serve"], project, folder / f"{template}.log") as address:
                demo = picture_of_demo(browser, address, action)
            report = picture_of_report(browser, project / "reports" / "index.html")
            write(demo, LIBRARY / "templates" / template / DEMO)
            write(demo, GALLERY / f"{template}.png")
            write(report, GALLERY / f"{template}-report.png")
    return 0


def picture_of_demo(browser: Browser, address: str, action: Callable[[Page], None]) -> bytes:
    """The page at `/` after `action`, from its top to the end of form and answer."""
    with opened(browser, address) as page:
        action(page)
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        main_part = page.locator("main").bounding_box()
        assert main_part is not None
        height = main_part["y"] + main_part["height"] + MARGIN
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": height}
        return smaller(page.screenshot(clip=clip, full_page=True))


def picture_of_report(browser: Browser, report: Path) -> bytes:
    """The first screen of the report."""
    with opened(browser, report.as_uri()) as page:
        return smaller(page.screenshot())


def opened(browser: Browser, address: str) -> Page:
    """A page of the pictures' size, in the light scheme."""
    page = browser.new_page(
        viewport={"width": WIDTH, "height": REPORT_HEIGHT}, color_scheme="light", locale="en-US"
    )
    page.goto(address)
    return page


def smaller(png: bytes) -> bytes:
    """The picture in as many colours as a screen of text needs."""
    with Image.open(io.BytesIO(png)) as image:
        # Without dithering: it would strew dots over even areas, and make the file larger.
        reduced = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    reduced.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def write(png: bytes, path: Path) -> None:
    """Write the picture, unless it is too large for a README."""
    if len(png) > LARGEST:
        raise SystemExit(f"error: {path} would have {len(png):,} bytes; {LARGEST:,} are allowed.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png)
    print(f"{path.relative_to(LIBRARY)}: {len(png):,} bytes")


if __name__ == "__main__":
    target = sys.argv[1] if len(sys.argv) > 1 else LIBRARY / "build" / "screenshots"
    sys.exit(main(Path(target).resolve(), sys.argv[2:]))

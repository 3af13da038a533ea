"""cv-api's page for the tests of it: pictures from everywhere, and what is sent of them."""

import base64
import io

from PIL import Image

LYING = 6  # EXIF's orientation of a picture that was taken with the camera turned to the left


def photo(width=60, height=40, orientation=None, kind="JPEG"):
    """A picture file, dark on the left and light on the right."""
    made = Image.linear_gradient("L").rotate(90).resize((width, height)).convert("RGB")
    exif = Image.Exif()
    if orientation:
        exif[0x112] = orientation
    written = io.BytesIO()
    made.save(written, kind, exif=exif)
    return written.getvalue()


def choose(page, content, name="photo.jpg", kind="image/jpeg"):
    page.get_by_label("Your picture").set_input_files(
        {"name": name, "mimeType": kind, "buffer": content}
    )


def settled(page):
    """Wait until the answer and the heat map of what was given last are shown."""
    page.locator("#answer:not([aria-busy]) .label").wait_for()
    page.locator("#whole:not([aria-busy]) #heat").wait_for()


def transfer(page, content, kind="image/png"):
    """What a drop or the clipboard holds: one file."""
    text = base64.b64encode(content).decode()
    return page.evaluate_handle(
        """([text, kind]) => {
            const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
            const made = new DataTransfer();
            made.items.add(new File([bytes], "given", { type: kind }));
            return made;
        }""",
        [text, kind],
    )


def dispatch(page, kind, data, target):
    """A drop or a paste of the data by the user; whether the browser's own action was stopped."""
    return page.evaluate(
        """([kind, data, target]) => {
            const fields = { bubbles: true, cancelable: true };
            const event = kind === "paste"
                ? new ClipboardEvent(kind, { ...fields, clipboardData: data })
                : new DragEvent(kind, { ...fields, dataTransfer: data });
            return !document.querySelector(target).dispatchEvent(event);
        }""",
        [kind, data, target],
    )


def watch(page):
    """From now on, let `sent` know what is sent: Playwright does not see the files of a form."""
    page.evaluate(
        """() => {
            const { fetch } = window;
            window.sent = [];
            window.fetch = async (path, request) => {
                const { body } = request;
                const bytes = await body.get("file").arrayBuffer();
                sent.push({ path, label: body.get("label"), file: [...new Uint8Array(bytes)] });
                return fetch(path, request);
            };
        }"""
    )


def sent(page, path):
    """The last file and class that were sent there."""
    found = page.evaluate("(path) => sent.findLast((each) => each.path === path)", path)
    return bytes(found["file"]), found["label"]


def changed(page, route, **fields):
    """Let the answers of a route have other values in these fields."""

    def answer(asked):
        asked.fulfill(json={**asked.fetch().json(), **fields})

    page.route(route, answer)

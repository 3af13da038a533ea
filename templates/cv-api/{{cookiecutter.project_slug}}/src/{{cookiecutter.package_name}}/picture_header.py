"""What kind of file some bytes are, and what its header says: before anything is decoded.

Decoders trust a file in much: in how large it says it is, in how many parts it has. What would take
them seconds or gigabytes is found here, in microseconds, and so is what is no picture at all.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
SEND = "Send a JPEG, PNG, WebP, GIF or BMP file"

# Of real files, none comes near these; made-up ones keep a decoder busy with nothing but them.
MOST_PARTS = 10_000
MOST_JPEG_SEGMENTS, MOST_JPEG_SCANS, MOST_JPEG_GAPS = 1_000, 64, 65_536
# Pillow undoes BMP's run lengths in Python.
MOST_BMP_RUNS = 1_000_000

# WebP's decoder keeps canvases beside the picture: 18 bytes per pixel in all, and 7 for the others.
COPIES = {"WEBP": 2}

# All that a PNG's pixels depend on, and how they are to be turned. What may be large or broken
# beside them, such as texts, colour profiles and the frames of an animation, is not even looked at.
PNG_PARTS = frozenset((b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"IDAT", b"IEND"))

JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_PROGRESSIVE = frozenset((0xC2, 0xC6, 0xCA, 0xCE))
JPEG_START_OF_SCAN, JPEG_END = 0xDA, 0xD9
# In the data of a scan, FF is followed by 0, by the number of a restart, or it is the end of them.
JPEG_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")

OTHERS = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive or an office document",
    b"II*\x00": "a TIFF picture",
    b"MM\x00*": "a TIFF picture",
    b"8BPS": "a Photoshop picture",
    b"\x00\x00\x01\x00": "an icon",
    b"\x00\x00\x00\x0cjP  ": "a JPEG 2000 picture",
    b"\x00\x00\x00\x0cJXL ": "a JPEG XL picture",
    b"\xff\x0a": "a JPEG XL picture",
    b"\x1f\x8b": "a gzip archive",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x7fELF": "a program",
    b"MZ": "a program",
}
BRANDS = {b"avif": "an AVIF picture", b"avis": "an AVIF picture"}
BRANDS |= dict.fromkeys((b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heif"), "a HEIC picture")
TEXTS = {
    b"<svg": "an SVG drawing",
    b"<!doctype html": "a web page",
    b"<html": "a web page",
    b"<?xml": "an XML document",
    b"data:": "a data: URI; what is asked for is what its base64 stands for",
    b"http://": "an address, and nothing is fetched",
    b"https://": "an address, and nothing is fetched",
}


class PictureError(ValueError):
    """Why a picture cannot be used, as a clause with its mend: `not a picture (...). Send ...`."""


class PictureTooLargeError(PictureError):
    """The same for one that has more pixels than will be decoded."""


@dataclass(frozen=True)
class Header:
    """What a file says of itself."""

    format: str
    """One of FORMATS."""
    width: int
    """As it is stored, which may lie on its side."""
    height: int
    content: bytes
    """The file, without what its pixels do not depend on."""

    @property
    def cost(self) -> int:
        """What decoding it takes, in pixels of a format that is decoded in place."""
        return self.width * self.height * COPIES.get(self.format, 1)


def header_of(content: bytes) -> Header:
    """What is known of a file without decoding it. Raises PictureError."""
    kind = format_of(content)
    if kind is None:
        raise PictureError(_no_picture(content))
    try:
        header = _READERS[kind](content)
    except (struct.error, IndexError):
        raise PictureError(damaged(kind)) from None
    if header.width < 1 or header.height < 1:
        raise PictureError(damaged(kind))
    return header


def format_of(content: bytes) -> str | None:
    """Which of FORMATS a file begins like, whatever its name says; None: none of them."""
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    # Texts may begin with BM too; the number says how long the next header is.
    if content[:2] == b"BM" and content[14:18] in _BMP_HEADERS:
        return "BMP"
    return None


def damaged(kind: str, cut_short: bool = False) -> str:
    """What to say of a file that begins like a picture and is none."""
    found = "ends too early" if cut_short else "cannot be decoded: it is damaged"
    return f"a {NAMES[kind]} file that {found}. Send the whole file, or save the picture anew"


def orientation_of(exif: bytes) -> int:
    """How a picture is to be turned, 1 (not at all) to 8: a tag of EXIF's first directory.

    1 for whatever cannot be read: cameras and editors leave a lot that is broken behind.
    """
    exif = exif.removeprefix(b"Exif\x00\x00")
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, start)
        for number in range(count):
            tag, kind, values, found = struct.unpack_from(
                f"{order}HHIH", exif, start + 2 + 12 * number
            )
            if tag == 0x0112:
                return found if kind == 3 and values == 1 and 1 <= found <= 8 else 1
    except struct.error:
        pass
    return 1


NAMES = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WebP", "GIF": "GIF", "BMP": "BMP"}
_BMP_HEADERS = frozenset(struct.pack("<I", size) for size in (12, 40, 52, 56, 64, 108, 124))


def _no_picture(content: bytes) -> str:
    if not content:
        return f"empty: 0 bytes. {SEND}"
    return f"not a picture that can be read ({_kind_of(content)}). {SEND}"


def _kind_of(content: bytes) -> str:
    """What else a file is."""
    for beginning, name in OTHERS.items():
        if content.startswith(beginning):
            return name
    if content[4:8] == b"ftyp":
        return BRANDS.get(content[8:12], "a video")
    text = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if b"<svg" in text and text.startswith(b"<"):
        return TEXTS[b"<svg"]
    for beginning, name in TEXTS.items():
        if text.startswith(beginning):
            return name
    printable = sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in text)
    return "a text" if printable == len(text) else "an unknown kind of file"


def _too_many_parts(kind: str) -> PictureError:
    return PictureError(
        f"a {NAMES[kind]} file of more parts than any picture has. Save the picture anew"
    )


def _jpeg(content: bytes) -> Header:
    size, progressive = (0, 0), False
    at, gaps = 2, 0
    for _ in range(MOST_JPEG_SEGMENTS):
        # Between segments there may be fill bytes, which decoders skip one by one.
        found = JPEG_MARKER.search(content, at)
        if found is None:
            raise PictureError(damaged("JPEG", cut_short=True))
        gaps += found.start() - at
        kind = content[found.end() - 1]
        (length,) = struct.unpack_from(">H", content, found.end())
        if kind in JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", content, found.end() + 3)
            size, progressive = (width, height), kind in JPEG_PROGRESSIVE
        at = found.end() + length
        if kind in (JPEG_START_OF_SCAN, JPEG_END) or gaps > MOST_JPEG_GAPS:
            break
    else:
        raise _too_many_parts("JPEG")
    # Each scan of a progressive file goes over the whole picture, however short it is.
    if progressive and _has_too_many_scans(content, at):
        raise _too_many_parts("JPEG")
    if gaps > MOST_JPEG_GAPS:
        raise PictureError(damaged("JPEG"))
    return Header("JPEG", *size, content)


def _has_too_many_scans(content: bytes, at: int) -> bool:
    """Whether more scans follow behind `at` than any real file has, or more of anything else."""
    scans = 0
    for _ in range(8 * MOST_JPEG_SCANS):
        found = JPEG_MARKER.search(content, at)
        if found is None or content[found.end() - 1] == JPEG_END:
            return False
        scans += content[found.end() - 1] == JPEG_START_OF_SCAN
        if scans > MOST_JPEG_SCANS:
            return True
        at = found.end() + int.from_bytes(content[found.end() : found.end() + 2], "big")
    return True


def _png(content: bytes) -> Header:
    if content[12:16] != b"IHDR":
        raise PictureError(damaged("PNG"))
    width, height = struct.unpack_from(">II", content, 16)
    kept, dropped = [content[:8]], False
    at = 8
    for _ in range(MOST_PARTS):
        if at + 8 > len(content):
            break
        length, name = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if name in PNG_PARTS:
            kept.append(content[at:end])
        else:
            dropped = True
        at = end
        if name == b"IEND":
            break
    else:
        raise _too_many_parts("PNG")
    return Header("PNG", width, height, b"".join(kept) if dropped else content)


def _webp(content: bytes) -> Header:
    kind = content[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
    elif kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", content, 26))
    else:
        raise PictureError(damaged("WEBP"))
    return Header("WEBP", width, height, content)


def _gif(content: bytes) -> Header:
    """With the first frame, and with the control block of that alone."""
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    start = at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    control = b""
    parts = 0
    while content[at] == 0x21:
        block, label = at, content[at + 1]
        at += 2
        while content[at]:
            at += 1 + content[at]
            parts += 1
            if parts > MOST_PARTS:
                raise _too_many_parts("GIF")
        at += 1
        if label == 0xF9:
            control = content[block:at]
    if content[at] != 0x2C:
        raise PictureError(damaged("GIF"))
    left, top, across, down = struct.unpack_from("<HHHH", content, at + 1)
    # A frame may reach beyond what the file says of itself.
    size = max(width, left + across), max(height, top + down)
    clean = content[:start] + control + content[at:] if at > start else content
    return Header("GIF", *size, clean)


def _bmp(content: bytes) -> Header:
    if content[14] == 12:
        width, height = struct.unpack_from("<HH", content, 18)
        return Header("BMP", width, height, content)
    width, height, _, _, compression = struct.unpack_from("<iiHHI", content, 18)
    if compression in (1, 2) and len(content) > MOST_BMP_RUNS:
        raise PictureError(
            f"a BMP file with run lengths of over {MOST_BMP_RUNS:,} bytes. Save it as PNG"
        )
    # A negative height says that the first row is the top one.
    return Header("BMP", width, abs(height), content)


_READERS = {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp, "GIF": _gif, "BMP": _bmp}

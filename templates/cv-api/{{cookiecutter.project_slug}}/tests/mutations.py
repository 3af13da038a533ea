"""Damaged pictures: real files of every kind, changed at random and the same for a seed.

Some ways know the format: of a PNG they also correct the checksum, so that what they changed is not
refused for that, and reaches the decoder.
"""

import struct
from collections.abc import Callable, Iterator
from random import Random

import numpy as np
from picture_kinds import IN_COLOUR, IN_GREY, chunk, exif, file, scene
from PIL import Image

# What a decoder may take for a size: nothing, one, the limits of 16, 31 and 32 bits, and a picture
# that is just small enough.
NUMBERS = (0, 1, 7, 255, 7_000, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
MARKERS = (0xC0, 0xC2, 0xC4, 0xD0, 0xD8, 0xD9, 0xDA, 0xDB, 0xDD, 0xE1, 0xEE, 0xFE)


def originals() -> list[tuple[str, bytes]]:
    """Files of every kind by name, small and less small."""
    found = [(f"colour {name}", make()) for name, make in IN_COLOUR.items()]
    found += [(f"grey {name}", make()) for name, make in IN_GREY.items()]
    shades = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    noise = Image.fromarray(shades)
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP"):
        found.append((f"noise {kind}", file(noise, kind)))
        options = {"exif": exif(6)} if kind in ("JPEG", "PNG", "WEBP") else {}
        found.append((f"turned {kind}", file(scene(200, 150), kind, **options)))
    return found


def cut_off(content: bytes, random: Random) -> bytes:
    """The beginning alone."""
    return content[: random.randrange(len(content))]


def bits_flipped(content: bytes, random: Random) -> bytes:
    """A few bits are others."""
    found = bytearray(content)
    for _ in range(random.randint(1, 20)):
        found[random.randrange(len(found))] ^= 1 << random.randrange(8)
    return bytes(found)


def header_changed(content: bytes, random: Random) -> bytes:
    """A few of the first bytes are others, where formats say what follows."""
    return bits_flipped(content[:64], random) + content[64:]


def number_replaced(content: bytes, random: Random) -> bytes:
    """A number near the beginning is an extreme one, in two or four bytes, of either order."""
    width = random.choice((2, 4))
    value = (random.choice(NUMBERS) % 256**width).to_bytes(width, random.choice(("big", "little")))
    at = random.randrange(min(200, len(content)))
    return content[:at] + value + content[at + width :]


def piece_moved(content: bytes, random: Random) -> bytes:
    """A piece is elsewhere, repeated, missing or all zeros."""
    start, end = sorted(random.randrange(len(content) + 1) for _ in range(2))
    piece, rest = content[start:end], content[:start] + content[end:]
    at = random.randrange(len(rest) + 1)
    ways = (rest, rest[:at] + piece + rest[at:], content[:at] + piece * 3 + content[at:])
    return random.choice((*ways, content[:start] + bytes(end - start) + content[end:]))


def spliced(content: bytes, random: Random) -> bytes:
    """The beginning of this file and the end of another."""
    other = random.choice(_ORIGINALS)[1]
    return content[: random.randrange(len(content))] + other[random.randrange(len(other)) :]


def part_changed(content: bytes, random: Random) -> bytes:
    """As the format has it: a chunk, a segment or a block that is broken, gone, twice or absurd."""
    if content.startswith(b"\x89PNG"):
        return _chunk_changed(content, random)
    if content.startswith(b"\xff\xd8"):
        return _segment_changed(content, random)
    if content.startswith(b"RIFF"):
        return content[:12] + number_replaced(content[12:] or b"\x00", random)
    return number_replaced(content, random)


WAYS: tuple[Callable[[bytes, Random], bytes], ...] = (
    cut_off,
    bits_flipped,
    header_changed,
    number_replaced,
    piece_moved,
    spliced,
    part_changed,
    part_changed,
)


def mutations(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many damaged files, each with how it came about."""
    random = Random(seed)
    for number in range(count):
        name, content = _ORIGINALS[number % len(_ORIGINALS)]
        ways = random.choices(WAYS, k=random.choice((1, 1, 1, 2, 3)))
        for way in ways:
            content = way(content, random) or b"\x00"
        yield f"{name}, {number}: {', '.join(way.__name__ for way in ways)}", content


def _chunk_changed(content: bytes, random: Random) -> bytes:
    chunks = []
    at = 8
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        chunks.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + length]))
        at += 12 + length
    if not chunks:
        return content
    chosen = random.randrange(len(chunks))
    name, data = chunks[chosen]
    data = random.choice((number_replaced, bits_flipped, cut_off))(data or b"\x00", random)
    extra = random.choice(((b"zTXt", b"a\x00\x00x"), (b"iCCP", b"x\x00\x00y"), (b"acTL", bytes(8))))
    changed = random.choice(([(name, data)], [(name, data)] * 2, [], [extra, (name, data)]))
    chunks[chosen : chosen + 1] = changed
    return content[:8] + b"".join(chunk(*each) for each in chunks)


def _segment_changed(content: bytes, random: Random) -> bytes:
    starts = [at for at in range(len(content) - 1) if content[at] == 0xFF and content[at + 1]]
    if not starts:
        return content
    at = random.choice(starts)
    marker = bytes((0xFF, random.choice(MARKERS)))
    length = (random.choice(NUMBERS) % 65_536).to_bytes(2, "big")
    ways = (
        content[:at] + marker + content[at + 2 :],
        content[: at + 2] + length + content[at + 4 :],
        content[:at] + marker + length + content[at:],
        content[:at] + marker * random.randint(2, 300) + content[at:],
    )
    return random.choice(ways)


_ORIGINALS = originals()

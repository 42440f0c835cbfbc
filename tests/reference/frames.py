#!/usr/bin/env python3
"""Animations and files of several pages: what lightmill reads and writes of them, beside what Pillow composes.

    tests/reference/frames.py target/release/lightmill FILE...

Each file is written anew in its own format and as GIF, PNG and WebP without loss, and Pillow reads all of them. A row says how many frames there are,
whether delays and plays are the same, and how far pixels that are seen are off at the most. GIF has 256 colours a frame: what came of another format may
be further off. Where frames reach beyond a GIF's canvas, Pillow makes it larger; where they leave some of it open, it may paint a background; and
it does not restore what stood below the second frame of an APNG file: browsers do otherwise, and so does lightmill. Needs numpy and Pillow. Ends with 1 where counts differ, or pixels by more than a row allows.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence

# How far a pixel may be off: Pillow's own ways of laying pixels over each other round elsewhere.
ROUNDING = 3


def plays(image):
    """As APNG and WebP count them: none is for ever. GIF counts what comes after the first time."""
    loop = image.info.get("loop")
    if image.format == "GIF":
        return 1 if loop is None else 0 if loop == 0 else loop + 1
    return loop or 0


def frames(path):
    image = Image.open(path)
    # A default picture that is no frame stands before them.
    first = 1 if getattr(image, "default_image", False) else 0
    pictures, delays = [], []
    for at, frame in enumerate(ImageSequence.Iterator(image)):
        if at < first:
            continue
        pictures.append(np.asarray(frame.convert("RGBA"), dtype=np.int32))
        delays.append(round(frame.info.get("duration") or 0))
    return pictures, delays, plays(image)


def merged(pictures, delays):
    """Neighbours that are the same, as one: libwebp writes them so."""
    out = []
    for picture, delay in zip(pictures, delays):
        if out and np.array_equal(seen(out[-1][0]), seen(picture)):
            out[-1][1] += delay
        else:
            out.append([picture, delay])
    return [picture for picture, _ in out], [delay for _, delay in out]


def seen(picture):
    return np.where(picture[:, :, 3:] > 0, picture, 0)


def off(ours, theirs):
    """The most that a pixel which is seen in either is off, in light that is weighed by its alpha."""
    if ours.shape != theirs.shape:
        return 999
    weigh = [picture[:, :, :3] * picture[:, :, 3:] / 255 for picture in (ours, theirs)]
    alpha = abs(ours[:, :, 3] - theirs[:, :, 3])
    return max(np.ceil(abs(weigh[0] - weigh[1])).max(), alpha.max())


def main():
    tool, files = sys.argv[1], [Path(name) for name in sys.argv[2:]]
    wrong = 0
    print("| file | written as | frames | delays | plays | off by |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for path in files:
            try:
                wanted = frames(path)
            except (OSError, SyntaxError, EOFError) as error:
                print(f"| {path.name} | | Pillow cannot read it: {error} | | | |")
                continue
            source = Image.open(path).format
            for target in ["gif", "png", "webp"]:
                out = Path(scratch) / target
                lossless = [] if target == "gif" else ["--lossless"]
                command = [tool, "convert", str(path), "-o", str(out), "-f", target, "--icc", "strip", "--no-auto-orient", "--quiet",
                           "--on-conflict", "overwrite", *lossless]
                done = subprocess.run(command, capture_output=True, text=True)
                made = out / (path.stem + "." + target)
                if done.returncode != 0:
                    print(f"| {path.name} | {target} | {done.stderr.strip()[-90:]} | | | |")
                    wrong += 1
                    continue
                pictures, delays, often = wanted
                ours, our_delays, our_often = frames(made)
                if target == "webp":
                    pictures, delays = merged(pictures, delays)
                    ours, our_delays = merged(ours, our_delays)
                most = max((off(one, other) for one, other in zip(ours, pictures)), default=0)
                allowed = ROUNDING if target != "gif" or source == "GIF" else 255
                same = len(ours) == len(pictures)
                steady = our_delays == delays or len(pictures) < 2
                repeats = our_often == often or len(pictures) < 2 or len(ours) < 2
                fine = same and steady and repeats and most <= allowed
                wrong += not fine
                print(f"| {path.name} | {target} | {len(ours)} of {len(pictures)} | {'same' if steady else (our_delays[:4], delays[:4])} | "
                      f"{our_often} of {often} | {most:.0f}{'' if fine else ' **wrong**'} |", flush=True)
    print(f"\n{wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

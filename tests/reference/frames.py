#!/usr/bin/env python3
"""Animations: what lightmill reads and writes of them, beside what a browser shows.

    tests/reference/frames.py target/release/lightmill FILE...

Each file is written anew as GIF, PNG and WebP (without loss, but for GIF), and Chromium (see `browser.py`) shows the file and all that came of it. A row says
how many frames there are, whether delays and plays are the same, and how far pixels that are seen are off at the most. GIF has 256 colours a frame: what
came of another format may be further off. Of a file that breaks off, the frames before that count. Ends with 1 where counts differ, or pixels by more
than a row allows. Needs numpy and Chromium.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from browser import Browser, BrowserError

# How far a pixel may be off: the browser's own ways of laying pixels over each other round elsewhere.
ROUNDING = 3
# Files of whose frames the browser shows what is no longer whole, and what that is.
BROKEN = {"ce774930ac70449f38a18789c70095b8": "the first frame, of one pixel, in codes that there are not: it is left out here"}


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


def written(tool, path, target, folder):
    """The file that lightmill makes of it, or what it says."""
    lossless = [] if target == "gif" else ["--lossless"]
    command = [tool, "convert", path, "-o", folder, "-f", target, "--icc", "strip", "--no-auto-orient", "--quiet", "--on-conflict", "overwrite", *lossless]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    made = folder / f"{path.stem}.{target}"
    return (made, "") if done.returncode == 0 else (None, done.stderr.strip()[-90:])


def row(browser, path, wanted, made):
    """What is to be said of a file that was made, and whether all is well."""
    (pictures, delays, often), (ours, our_delays, our_often) = wanted, browser.frames(made)
    if made.suffix == ".webp":
        pictures, delays = merged(pictures, delays)
        ours, our_delays = merged(ours, our_delays)
    most = max((off(one, other) for one, other in zip(ours, pictures)), default=0)
    is_exact = made.suffix != ".gif" or path.suffix.lower() == ".gif"
    steady = our_delays == delays or len(pictures) < 2
    repeats = often in (our_often, None) or len(pictures) < 2 or len(ours) < 2
    fine = len(ours) == len(pictures) and steady and repeats and (most <= ROUNDING or not is_exact)
    cells = f"{len(ours)} of {len(pictures)} | {'same' if steady else (our_delays[:4], delays[:4])} | {our_often} of {often} | {most:.0f}"
    return cells + ("" if fine else " **wrong**"), fine


def main():
    tool, wrong = sys.argv[1], 0
    print("| file | written as | frames | delays | plays | off by |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch, Browser() as browser:
        for path in map(Path, sys.argv[2:]):
            try:
                wanted = browser.frames(path)
            except BrowserError as error:
                print(f"| {path.name} | | Chromium does not show it: {error} | | | |")
                continue
            for target in ["gif", "png", "webp"]:
                known = next((why for name, why in BROKEN.items() if name in path.name), "")
                made, reason = written(tool, path, target, Path(scratch) / target)
                cells, fine = row(browser, path, wanted, made) if made else (f"refused **wrong**: {reason} | | |", False)
                wrong += not (fine or known)
                print(f"| {path.name} | {target} | {cells.replace('**wrong**', known) if known else cells} |", flush=True)
    print(f"\n{wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

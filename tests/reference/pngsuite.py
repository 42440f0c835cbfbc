#!/usr/bin/env python3
"""Every file of PngSuite, decoded by lightmill and by libpng, and compared sample by sample.

    tests/reference/pngsuite.py target/release/lightmill FOLDER

FOLDER holds PngSuite's files, as they are or with something before their names. libpng is asked through Pillow for 8 bits, and through libvips for
16. Files whose names begin with x are broken on purpose: they must be refused, each with a reason. Needs numpy, Pillow and pyvips. Ends
with 1 if a sample differs.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyvips
from PIL import Image

# basn0g01, f00n2c08, xs1n0g01 ...: what is tested, interlaced or not, the type of colour, the depth.
NAME = re.compile(r"([a-z]\w\w[ni][0-6][acgp](?:01|02|04|08|16)|PngSuite)\.png$")


def run(tool, files, out):
    """Samples as they are stored, whatever they mean, in PNG files of any depth."""
    command = [tool, "convert", *map(str, files), "-o", str(out), "-f", "png", "--icc", "strip", "--no-auto-orient", "--frames", "first",
               "--events", "-", "--quiet"]
    events = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    return [json.loads(line) for line in events]


def eight(path):
    image = Image.open(path)
    image.load()
    return np.asarray(image.convert("RGBA"), dtype=np.int32)


def sixteen(path):
    """Of each depth what it comes to in 16 bits, with alpha."""
    image = pyvips.Image.new_from_file(str(path))
    pixels = image.numpy().astype(np.int64)
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if image.format == "uchar":
        pixels = pixels * 257
    if pixels.shape[2] < 3:
        gray, rest = pixels[:, :, :1], pixels[:, :, 1:]
        pixels = np.concatenate([gray, gray, gray, rest], axis=2)
    if pixels.shape[2] == 3:
        full = np.full(pixels.shape[:2] + (1,), 65535)
        pixels = np.concatenate([pixels, full], axis=2)
    return pixels


def main():
    tool, folder = sys.argv[1], Path(sys.argv[2])
    files = sorted(path for path in folder.iterdir() if NAME.search(path.name))
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "out"
        events = run(tool, files, out)
        refused = {Path(event["source"]).name: event["failure"]["causes"] for event in events if event["event"] == "job-failed"}
        wrong = 0
        print("| file | depth | refused, or samples that differ by the most |\n|---|---|---|")
        for path in files:
            name = NAME.search(path.name).group(1)
            must_fail = name.startswith("x")
            if path.name in refused:
                verdict, fine = ": ".join(refused[path.name]), must_fail
            elif must_fail:
                verdict, fine = "read", False
            else:
                is_deep = name.endswith("16")
                # Pillow takes the transparent shade of narrow gray for one of 8 bits.
                is_narrow = name[5] == "g" and "transparency" in Image.open(path).info
                read = sixteen if is_deep or is_narrow else eight
                ours, theirs = read(out / path.name), read(path)
                off = abs(ours - theirs).max() if ours.shape == theirs.shape else "another shape"
                verdict, fine = off, off is not None and isinstance(off, np.integer) and off == 0
            wrong += not fine
            print(f"| {name} | {name[-2:]} | {verdict}{'' if fine else ' **wrong**'} |")
        print(f"\n{len(files)} files, {len(refused)} refused, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

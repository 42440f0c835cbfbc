#!/usr/bin/env python3
"""Decodes each file of a folder with lightmill, Pillow, libvips and ImageMagick, and says how far apart the pictures are.

    python3 tests/reference/formats.py FOLDER [--lightmill PROGRAM] [--all] [--only PATTERN]

Pillow and numpy must be there; pyvips and ImageMagick (`convert` or `magick`) are asked if they are. Samples are compared as
they are stored, without colour management: lightmill is run with `--icc strip --metadata strip --no-auto-orient --frames first`, Pillow's
`convert` does the same, and libvips and ImageMagick write PNG without a profile. Of several pictures the first counts. Each is
brought to 8-bit RGBA; where alpha is 0, colours do not count.

A cell says `-` for a file that was refused, `size` for a picture of another size, `same`, or the largest difference of a sample
and the mean difference. Without --all only those rows are shown where somebody differs by more than 2, or refuses.
"""

import argparse
import fnmatch
import pathlib
import shutil
import subprocess
import sys
import tempfile
import warnings

import numpy
from PIL import Image, ImageFile

try:
    import pyvips
except ImportError:
    pyvips = None

TOLERATED = 2


def samples(image):
    """8-bit RGBA of a Pillow image."""
    image.seek(0)
    if image.mode.startswith("I;16") or image.mode == "I":
        gray = numpy.asarray(image).astype(numpy.float64)
        gray = numpy.clip(numpy.round(gray / 257), 0, 255).astype(numpy.uint8)
        image = Image.fromarray(gray)
    elif image.mode == "F":
        gray = numpy.clip(numpy.asarray(image) * 255, 0, 255)
        image = Image.fromarray(numpy.round(gray).astype(numpy.uint8))
    return numpy.asarray(image.convert("RGBA")).astype(numpy.int32)


def by_lightmill(program, path, folder):
    out = folder / "lightmill"
    shutil.rmtree(out, ignore_errors=True)
    command = [program, "convert", path, "-o", out, "-f", "png", "--icc", "strip", "--metadata", "strip",
               "--no-auto-orient", "--frames", "first", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True)
    made = list(out.glob("*.png"))
    if not made:
        lines = [line for line in done.stderr.splitlines() if "cannot" in line or "error" in line]
        raise ValueError(lines[0] if lines else done.stderr.strip() or "nothing was made")
    return samples(Image.open(made[0]))


def by_pillow(path):
    return samples(Image.open(path))


def by_vips(path, folder):
    out = folder / "vips.png"
    image = pyvips.Image.new_from_file(str(path))
    if image.format == "float":
        image = (image * 255).cast("uchar")
    image.write_to_file(str(out), strip=True)
    return samples(Image.open(out))


def by_magick(program, path, folder):
    out = folder / "magick.png"
    out.unlink(missing_ok=True)
    # A picture without alpha has one that holds anything, unless it is set.
    command = [program, f"{path}[0]", "-strip", "-alpha", "set", "-depth", "8", f"png32:{out}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if not out.exists():
        raise ValueError(done.stderr.strip())
    return samples(Image.open(out))


def attempt(decode):
    """The samples, or why there are none."""
    try:
        return decode(), ""
    except Exception as error:  # Whatever a decoder does with such files is what is asked here.
        return None, str(error).splitlines()[0][:120] if str(error) else type(error).__name__


def difference(ours, theirs):
    """The word for a cell, and whether it is within what is tolerated."""
    if ours is None or theirs is None:
        return "-" if theirs is None else "decodes", (ours is None) == (theirs is None)
    if ours.shape != theirs.shape:
        return "size", False
    seen = (ours[..., 3:] > 0) | (theirs[..., 3:] > 0)
    apart = numpy.abs(ours - theirs) * seen
    if apart.max() == 0:
        return "same", True
    return f"{apart.max()} ({apart.mean():.2f})", apart.max() <= TOLERATED


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--lightmill", default="target/release/lightmill")
    parser.add_argument("--all", action="store_true", help="show each file")
    parser.add_argument("--only", default="*", help="names of files")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    magick = shutil.which("magick") or shutil.which("convert")
    counts = {"files": 0, "shown": 0}
    print("| file | lightmill | Pillow | libvips | ImageMagick | what lightmill says |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for path in sorted(arguments.folder.iterdir()):
            if not fnmatch.fnmatch(path.name, arguments.only):
                continue
            counts["files"] += 1
            ours, reason = attempt(lambda: by_lightmill(arguments.lightmill, path, folder))
            peers = [attempt(lambda: by_pillow(path))[0]]
            peers.append(attempt(lambda: by_vips(path, folder))[0] if pyvips else None)
            peers.append(attempt(lambda: by_magick(magick, path, folder))[0] if magick else None)
            cells = [difference(ours, theirs) for theirs in peers]
            if arguments.all or not all(fine for _, fine in cells):
                counts["shown"] += 1
                state = "decodes" if ours is not None else "-"
                words = " | ".join(word for word, _ in cells)
                print(f"| {path.name} | {state} | {words} | {reason.replace('|', '/')} |", flush=True)
    print(f"\n{counts['files']} files, {counts['shown']} rows", file=sys.stderr)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Compares what operations make of photos with what others make of them: PSNR, the largest difference, and why there is one.

    tests/reference/ops.py LIGHTMILL PHOTO...

Needs Python with numpy, OpenCV, Pillow, pyvips and scikit-image. Photos are reduced to 1200 pixels first. ONLY="NAME..." in
the environment leaves out the others. Ends with 1 if a case that is to
be exact is not, or one falls below its mark.
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benches" / "peers"))
import filters
import numpy as np
from PIL import Image, ImageOps

# Decibels that a mean over the photos must reach, where the definition is the same.
MARKS = {filters.EXACT: 99.0, filters.ROUNDED: 48.0}


def made(program, folder, op, channels):
    """What lightmill makes of all photos: arrays by name."""
    name, _, value = op.partition(" ")
    out = folder / "out" / f"{channels}-{op.replace('/', '_').replace(' ', '-')}"
    flag = [f"--{name}={value}" if value else f"--{name}"]
    call = [program, "convert", str(folder / channels), "-o", str(out), "-f", "png", "--effort", "1", "--icc", "strip", "--quiet", *flag]
    # Operations name their files as they are seen from there.
    run = subprocess.run(call, cwd=Path(__file__).parents[2], capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(run.stderr.strip().splitlines()[0])
    return {path.stem: np.asarray(Image.open(path)) for path in sorted(out.iterdir()) if path.suffix == ".png"}


def compared(ours, theirs):
    """PSNR in decibels, and the largest difference; what one of them does not have is left out."""
    height, width = min(ours.shape[0], theirs.shape[0]), min(ours.shape[1], theirs.shape[1])
    off = ours[:height, :width].astype(np.float64) - theirs[:height, :width].astype(np.float64)
    mean = np.mean(off * off)
    return (99.0 if mean == 0 else min(99.0, 10 * np.log10(255 * 255 / mean))), int(np.abs(off).max())


def main():
    program, photos = str(Path(sys.argv[1]).resolve()), sys.argv[2:]
    only = os.environ.get("ONLY", "").split()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for photo in photos:
            image = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
            image.thumbnail((1200, 1200))
            for channels, samples in filters.variants(image).items():
                (folder / channels).mkdir(exist_ok=True)
                Image.fromarray(samples).save(folder / channels / f"{Path(photo).stem}.png", compress_level=1)
        print("| operation | on | peer | PSNR, mean | PSNR, least | largest difference | expected |\n|---|---|---|---|---|---|---|")
        for op, channels, peers, expected in filters.CASES:
            if not peers or (only and op.split()[0] not in only):
                continue
            try:
                results = made(program, folder, op, channels)
            except RuntimeError as error:
                print(f"| `{op}` | {channels} | **{error}** | | | | |")
                failed = True
                continue
            for number, (name, function) in enumerate(peers):
                rows = []
                for stem, ours in results.items():
                    source = np.asarray(Image.open(folder / channels / f"{stem}.png"))
                    rows.append(compared(ours, function(source)))
                mean = sum(psnr for psnr, _ in rows) / len(rows)
                # The first peer is the one whose definition is the same.
                short = number == 0 and mean < MARKS.get(expected, 0)
                failed |= short
                mark = "**" if short else ""
                least, most = min(psnr for psnr, _ in rows), max(off for _, off in rows)
                said = expected if number == 0 else "as above, or another definition"
                print(f"| `{op}` | {channels} | {name} | {mark}{mean:.1f}{mark} | {least:.1f} | {most} | {said} |", flush=True)
    sys.exit(int(failed))


main()

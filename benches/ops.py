#!/usr/bin/env python3
"""Times each operation against whoever else has it: the same picture in memory, one core, in turn, in one run.

    benches/ops.py PHOTO [--rounds 7] [--only NAME...]

Needs Python with numpy, OpenCV, Pillow, pyvips and scikit-image. Prints a table: megapixels a second here, and how many times as fast
that is as the fastest of the others.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "peers"))
import filters
import numpy as np
from PIL import Image, ImageOps


def ours(files, cases):
    """The bench, built once, as a function from a case to the seconds of one round."""
    root = Path(__file__).parent.parent
    built = subprocess.run(
        ["cargo", "bench", "--bench", "ops", "--no-run", "--message-format=json"], cwd=root, check=True, capture_output=True, text=True
    )
    messages = (json.loads(line) for line in built.stdout.splitlines())
    program = next(m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == "ops")
    # As in a worker, which keeps what is freed.
    kept = "glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=1073741824"
    environment = {**os.environ, "RAYON_NUM_THREADS": "1", "GLIBC_TUNABLES": kept}

    def run(op, channels):
        # The first round is for caches and memory, which the others have warmed as well.
        made = subprocess.run([program, "2", files[channels], op], cwd=root, env=environment, capture_output=True, text=True)
        if made.returncode:
            raise RuntimeError(made.stderr.strip().splitlines()[-3:])
        return json.loads(made.stdout)["seconds"][-1]

    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", nargs="*", default=[])
    options = parser.parse_args()
    photo = ImageOps.exif_transpose(Image.open(options.photo)).convert("RGB")
    pixels = filters.variants(photo)
    size = photo.width * photo.height / 1e6
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for channels, samples in pixels.items():
            files[channels] = f"{folder}/{channels}.png"
            Image.fromarray(samples).save(files[channels], compress_level=1)
        run = ours(files, filters.CASES)
        print(f"{photo.width} x {photo.height}, 8 bits, one core, medians of {options.rounds}\n")
        print("| operation | on | MP/s | fastest other | MP/s | times as fast |\n|---|---|---|---|---|---|")
        for op, channels, peers, _ in filters.CASES:
            if options.only and op.split()[0] not in options.only:
                continue
            own, others = [], {name: [] for name, _ in peers}
            for _ in range(options.rounds):
                try:
                    own.append(run(op, channels))
                except RuntimeError as error:
                    print(f"| `{op}` | {channels} | {error} | | | |")
                    break
                for name, function in peers:
                    if not others[name]:
                        function(pixels[channels])
                    start = time.perf_counter()
                    function(pixels[channels])
                    others[name].append(time.perf_counter() - start)
                    if others[name][-1] > 20:
                        break
            if len(own) < options.rounds:
                continue
            here = statistics.median(own)
            if not peers:
                print(f"| `{op}` | {channels} | {size / here:.1f} | - | - | - |", flush=True)
                continue
            name, there = min(((name, statistics.median(times)) for name, times in others.items()), key=lambda pair: pair[1])
            print(f"| `{op}` | {channels} | {size / here:.1f} | {name} | {size / there:.1f} | {there / here:.2f} |", flush=True)


main()

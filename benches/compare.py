#!/usr/bin/env python3
"""Measures lightmill against sharp, pyvips and Pillow on a folder of JPEG photos, and prints a table in Markdown.

Each tool does the same task to the same files, the two of a pair one right after the other, each with a picture on each
core. What the table holds are medians of the pairs' own ratios. CPU time is that of the whole tree of processes.
A pair in which a tool fails on any file does not count, and the exit status is 1 then.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "benches" / "peers"

Task = namedtuple("Task", "title lightmill peer")
TASKS = {
    "thumb320": Task(
        "thumbnails of 320 pixels, JPEG",
        "thumbnail --size 320 -f jpeg -q 80",
        {"size": 320, "format": "jpg", "quality": 80},
    ),
    "thumb1600": Task(
        "1600 pixels, JPEG",
        "thumbnail --size 1600 -f jpeg -q 80",
        {"size": 1600, "format": "jpg", "quality": 80},
    ),
    "webp1600": Task(
        "1600 pixels, WebP",
        "thumbnail --size 1600 -f webp -q 80",
        {"size": 1600, "format": "webp", "quality": 80},
    ),
    "png1600": Task(
        "1600 pixels, PNG",
        "thumbnail --size 1600 -f png",
        {"size": 1600, "format": "png"},
    ),
    "reencode": Task(
        "the same size, JPEG at quality 85",
        "convert -f jpeg -q 85",
        {"format": "jpg", "quality": 85},
    ),
    "blur8": Task(
        "blurred with a sigma of 8",
        "convert --blur 8 -f jpeg -q 85",
        {"blur": 8, "format": "jpg", "quality": 85},
    ),
    "sharpen": Task(
        "1600 pixels, sharpened",
        "thumbnail --size 1600 --sharpen 1 -f jpeg -q 80",
        {"size": 1600, "sharpen": 1, "format": "jpg", "quality": 80},
    ),
}

SHARP_VERSION = "const v = require('sharp').versions; `${v.sharp} with libvips ${v.vips}`"
VIPS_VERSION = """
import pyvips as v
print(v.__version__, "with libvips", ".".join(str(v.version(part)) for part in range(3)))
"""

# Its name, how to start it, how to ask it for its version, how to get it.
Peer = namedtuple("Peer", "title start version install")
Run = namedtuple("Run", "cpu wall bytes trouble")


def peers(args):
    node, python = (args.node,), (args.python,)
    return {
        "sharp": Peer(
            "sharp",
            (*node, str(SCRIPTS / "sharp.js")),
            (*node, "-p", SHARP_VERSION),
            "npm install sharp, and --node-modules FOLDER/node_modules",
        ),
        "pyvips": Peer(
            "pyvips",
            (*python, str(SCRIPTS / "vips.py")),
            (*python, "-c", VIPS_VERSION),
            "python3 -m venv V && V/bin/pip install 'pyvips[binary]', and --python V/bin/python",
        ),
        "pillow": Peer(
            "Pillow",
            (*python, str(SCRIPTS / "pillow.py")),
            (*python, "-c", "import PIL; print(PIL.__version__)"),
            "python3 -m venv V && V/bin/pip install pillow, and --python V/bin/python",
        ),
    }


def installed(args, environment):
    """The peers that answer, and their versions. One that was asked for by name must."""
    found = {}
    for name, peer in peers(args).items():
        if args.peer and name not in args.peer:
            continue
        try:
            answer = subprocess.run(peer.version, env=environment, capture_output=True, text=True)
            version = answer.stdout.strip() if answer.returncode == 0 else None
        except OSError:
            version = None
        if version:
            found[peer] = version
        elif args.peer:
            sys.exit(f"error: {peer.title} is not installed\nhint: {peer.install}")
        else:
            print(f"note: {peer.title} is left out, as it is not installed\nhint: {peer.install}", file=sys.stderr)
    if not found:
        sys.exit("error: there is nothing to compare with")
    return found


class Bench:
    def __init__(self, args, environment, scratch):
        self.binary, self.jobs, self.environment = str(args.bin.resolve()), args.jobs, environment
        self.photos, self.out = scratch / "photos", scratch / "out"
        self.photos.mkdir()
        for photo in sorted(args.photos.iterdir()):
            if photo.suffix.lower() in (".jpg", ".jpeg"):
                shutil.copyfile(photo, self.photos / photo.name)
        self.stems = {photo.stem for photo in self.photos.iterdir()}
        if not self.stems:
            sys.exit(f"error: there is no JPEG file in {args.photos}")

    def lightmill(self, task):
        words = task.lightmill.split()
        return self.run([self.binary, words[0], str(self.photos), "-o", str(self.out), "-j", str(self.jobs), *words[1:]])

    def peer(self, peer, task):
        return self.run([*peer.start, str(self.photos), str(self.out), json.dumps(task.peer), str(self.jobs)])

    def run(self, command):
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir()
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        ended = subprocess.run(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        sizes = {file.stem: file.stat().st_size for file in self.out.iterdir() if file.is_file()}
        missing = sorted(stem for stem in self.stems if not sizes.get(stem))
        trouble = None
        if ended.returncode or missing:
            said = ended.stderr.strip().splitlines()[-3:]
            trouble = "; ".join([f"exit status {ended.returncode}", *(f"no {stem}" for stem in missing), *said])
        return Run(cpu, wall, sum(sizes.values()), trouble)

    def pair(self, number, peer, task):
        """Both runs; each goes first every other time."""
        ways = [lambda: self.lightmill(task), lambda: self.peer(peer, task)]
        if number % 2:
            return [way() for way in reversed(ways)][::-1]
        return [way() for way in ways]

    def ratios(self, peer, task, pairs):
        """The peer's CPU time, wall time and bytes as multiples of lightmill's, for each pair that counts."""
        ratios = []
        for number in range(pairs):
            ours, theirs = self.pair(number, peer, task)
            troubles = [(who, run.trouble) for who, run in (("lightmill", ours), (peer.title, theirs)) if run.trouble]
            for who, trouble in troubles:
                print(f"note: a pair with {peer.title} ({task.title}) does not count: {who}: {trouble}", file=sys.stderr)
            if not troubles:
                ratios.append([theirs.cpu / ours.cpu, theirs.wall / ours.wall, theirs.bytes / ours.bytes])
        return ratios


def table(bench, found, tasks, pairs):
    """Prints rows as they come, since they take their time. Whether every pair counts."""
    print("| task | " + " | ".join(peer.title for peer in found) + " |")
    print("|---|" + "---|" * len(found), flush=True)
    complete = True
    for task in tasks:
        cells = []
        for peer in found:
            ratios = bench.ratios(peer, task, pairs)
            complete &= len(ratios) == pairs
            medians = [statistics.median(column) for column in zip(*ratios)]
            cells.append(" · ".join(f"{median:.2f}" for median in medians) or "–")
        print(f"| {task.title} | " + " | ".join(cells) + " |", flush=True)
    return complete


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, metavar="FOLDER", help="the photos: its JPEG files")
    parser.add_argument("--peer", action="append", choices=["sharp", "pyvips", "pillow"], help="only this one (may be repeated)")
    parser.add_argument("--task", action="append", choices=TASKS, help="only this one (may be repeated)")
    parser.add_argument("--pairs", type=int, default=3, metavar="N", help="pairs of runs for each cell (default 3)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="pictures at a time (default: cores)")
    parser.add_argument("--bin", type=Path, default=ROOT / "target/release/lightmill", metavar="FILE", help="lightmill")
    parser.add_argument("--node", default="node", metavar="FILE", help="the node that runs sharp")
    parser.add_argument("--node-modules", metavar="FOLDER", help="where sharp is installed")
    parser.add_argument("--python", default=sys.executable, metavar="FILE", help="the Python that has pyvips and Pillow")
    parser.add_argument("--scratch", type=Path, metavar="FOLDER", help="where photos are copied and outputs are made")
    args = parser.parse_args()
    if args.pairs < 1 or args.jobs < 1:
        parser.error("--pairs and --jobs are at least 1")
    if not args.photos.is_dir():
        parser.error(f"{args.photos} is no folder")
    if not args.bin.is_file():
        parser.error(f"there is no {args.bin}: `cargo build --release` makes it")
    return args


def main():
    args = arguments()
    environment = dict(os.environ)
    if args.node_modules:
        environment["NODE_PATH"] = str(Path(args.node_modules).resolve())
    # Threads that sharp's pictures are worked on.
    environment["UV_THREADPOOL_SIZE"] = str(max(4, args.jobs))
    found = installed(args, environment)
    if args.scratch:
        os.makedirs(args.scratch, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=args.scratch, prefix="lightmill-compare-") as scratch:
        bench = Bench(args, environment, Path(scratch))
        # So that files and programs are in memory.
        first = TASKS["thumb320"]
        bench.lightmill(first)
        for peer in found:
            bench.peer(peer, first)
        megabytes = sum(photo.stat().st_size for photo in bench.photos.iterdir()) / 1e6
        own = subprocess.run([bench.binary, "--version"], capture_output=True, text=True).stdout.strip()
        versions = [own, *(f"{peer.title} {version}" for peer, version in found.items())]
        print(f"{len(bench.stems)} photos of {megabytes:.0f} MB, {args.jobs} at a time, medians of {args.pairs} pairs, "
              f"{platform.system()} on {platform.machine()}: {', '.join(versions)}.")
        print("CPU time · wall time · bytes, each as a multiple of lightmill's: above 1 is in its favour.\n")
        complete = table(bench, found, [TASKS[name] for name in args.task or TASKS], args.pairs)
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Does each operation to a JPEG photo of 24 megapixels in a worker of 500 MB: what is refused, how much memory it takes, how long.

    tests/reference/big.py LIGHTMILL PHOTO [--memory 500M] [--only NAME...]

Needs Python with Pillow. Each operation is done with its example in docs/ops.md, and with values that make it work hardest. Prints what the
largest process had in memory at its peak, and ends with 1 if something failed.
"""
import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
HARD = [
    "--resize 9000x6000!",
    "--extend 500",
    "--border 20%",
    "--round 50%",
    "--rotate 45",
    "--straighten 45",
    "--deskew=45",
    "--shear 30,down=20",
    "--affine 0.2,0.1,-0.1,0.2",
    "--crop 50%,gravity=attention",
    "--trim=20",
    "--curves 0:0.1,1:0.9,blue=(0:0.2,1:1)",
    "--quantize 256",
    "--threshold=adaptive,radius=50",
    "--clahe=tiles=64",
    "--white-balance",
    "--blur 40",
    "--blur 200",
    "--box-blur=200",
    "--sharpen 40",
    "--median=20",
    "--median=100",
    "--erode=100",
    "--bilateral=1,range=0.02",
    "--bilateral=30",
    "--smooth=100",
    "--denoise=0.05,search=10",
    "--motion-blur 200,angle=33",
    "--high-pass 100",
    "--convolve '1 1 1 1 1 1 1/1 1 1 1 1 1 1/1 1 1 1 1 1 1/1 1 1 1 1 1 1/1 1 1 1 1 1 1/1 1 1 1 1 1 1/1 1 1 1 1 1 1'",
    "--canny=10",
    "--grain=0.5,size=10,color",
    "--overlay sample_images/landscape.jpg,width=100%,opacity=0.5,blend=soft-light",
    "--text '\"A long text that wraps, again and again\",size=30%,outline=black'",
    "--frame=20%,caption=One",
]


MAKE = """
import sys
from PIL import Image
Image.open(sys.argv[1]).convert("RGB").resize((6000, 4000), Image.BICUBIC).save(sys.argv[2], quality=90)
"""


def examples():
    """How docs/ops.md types each operation."""
    return re.findall(r"^\| before \| `(.*)` \|$", (ROOT / "docs" / "ops.md").read_text(), re.MULTILINE)


def run(program, photo, out, memory, typed):
    call = [program, "convert", str(photo), "-o", str(out), "-f", "jpeg", "--on-conflict", "overwrite", "-j", "1", "--memory", memory, "--quiet"]
    start = time.monotonic()
    with subprocess.Popen([*call, *shlex.split(typed)], cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        said = process.stderr.read().strip().splitlines()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, time.monotonic() - start, usage.ru_maxrss / 1024, " ".join(said[:3])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("photo")
    parser.add_argument("--memory", default="500M")
    parser.add_argument("--only", nargs="*", default=[])
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        big = Path(folder) / "big.jpg"
        # In a process of its own: what this one has in memory would count as the program's until that is started.
        subprocess.run([sys.executable, "-c", MAKE, options.photo, str(big)], check=True)
        print("| operation | peak of the largest process, MB | seconds | |\n|---|---|---|---|")
        for typed in examples() + HARD:
            name = typed.strip("'").lstrip("-").replace("=", " ").split()[0]
            if options.only and name not in options.only:
                continue
            program = str(Path(options.program).resolve())
            status, seconds, peak, said = run(program, big, Path(folder) / "out", options.memory, typed)
            failed |= status != 0
            print(f"| `{typed}` | {peak:.0f} | {seconds:.1f} | {said if status else ''} |", flush=True)
    sys.exit(int(failed))


main()

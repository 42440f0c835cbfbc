"""One task over a folder with pyvips: vips.py FOLDER OUT TASK LANES, TASK being JSON. See ../compare.py."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

# A picture on each core, not all cores on each picture. libvips reads this when it is loaded.
os.environ["VIPS_CONCURRENCY"] = "1"
import pyvips


def opened(path):
    """The picture, upright. What is turned cannot be read row by row."""
    picture = pyvips.Image.new_from_file(path, access="sequential")
    if picture.get_typeof("orientation") and picture.get("orientation") > 1:
        picture = pyvips.Image.new_from_file(path, access="random")
    return picture.autorot()


def one(path, file, task):
    size = task.get("size")
    if size:
        picture = pyvips.Image.thumbnail(path, size, height=size, size="down")
    else:
        picture = opened(path)
    if "blur" in task:
        picture = picture.gaussblur(task["blur"])
    if "sharpen" in task:
        picture = picture.sharpen(sigma=task["sharpen"])
    quality = {"Q": task["quality"]} if "quality" in task else {}
    picture.write_to_file(file, keep="none", **quality)


def main():
    folder, out, task, lanes = sys.argv[1:]
    task = json.loads(task)
    # Threads will do: Python's lock is not held while libvips is at work. And it keeps nothing for pictures to come.
    pyvips.cache_set_max(0)

    def lane(name):
        file = os.path.join(out, f"{os.path.splitext(name)[0]}.{task['format']}")
        try:
            one(os.path.join(folder, name), file, task)
            return True
        except pyvips.Error as error:
            print(f"{name}: {error}", file=sys.stderr)
            return False

    with ThreadPoolExecutor(int(lanes)) as pool:
        sys.exit(not all(list(pool.map(lane, sorted(os.listdir(folder))))))


main()

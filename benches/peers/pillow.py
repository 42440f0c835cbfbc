"""One task over a folder with Pillow: pillow.py FOLDER OUT TASK LANES, TASK being JSON. See ../compare.py."""

import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from PIL import Image, ImageFilter, ImageOps


def one(name, folder, out, task):
    file = os.path.join(out, f"{os.path.splitext(name)[0]}.{task['format']}")
    try:
        with Image.open(os.path.join(folder, name)) as picture:
            if "size" in task:
                # Before it is turned: only then is less than the whole JPEG file decoded. The box is square.
                picture.thumbnail((task["size"], task["size"]), Image.Resampling.LANCZOS)
            picture = ImageOps.exif_transpose(picture).convert("RGB")
        if "blur" in task:
            picture = picture.filter(ImageFilter.GaussianBlur(task["blur"]))
        if "sharpen" in task:
            picture = picture.filter(ImageFilter.UnsharpMask(task["sharpen"]))
        quality = {"quality": task["quality"]} if "quality" in task else {}
        picture.save(file, **quality)
        return True
    except (OSError, ValueError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return False


def main():
    folder, out, task, lanes = sys.argv[1:]
    work = partial(one, folder=folder, out=out, task=json.loads(task))
    with ProcessPoolExecutor(int(lanes)) as pool:
        sys.exit(not all(list(pool.map(work, sorted(os.listdir(folder))))))


if __name__ == "__main__":
    main()

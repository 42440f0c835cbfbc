"""What peers are made of: arrays of 8-bit samples in and out of each library, and tables and matrices for OpenCV."""
import os

os.environ.setdefault("VIPS_CONCURRENCY", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np
from PIL import Image

cv2.setNumThreads(1)
EDGE = cv2.BORDER_REPLICATE
EXACT = "the same to the last bit"
ROUNDED = "rounded once"


def pillow(change):
    return lambda pixels: np.asarray(change(Image.fromarray(pixels)))


def vips(change):
    import pyvips

    def run(pixels):
        bands = 1 if pixels.ndim == 2 else pixels.shape[2]
        image = pyvips.Image.new_from_memory(pixels.data, pixels.shape[1], pixels.shape[0], bands, "uchar")
        made = change(image)
        shape = (made.height, made.width) if made.bands == 1 else (made.height, made.width, made.bands)
        return np.ndarray(buffer=made.write_to_memory(), dtype=np.uint8, shape=shape)

    return run


def rounded(values):
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def table(function):
    """A function of values from 0 to 1, as OpenCV looks it up."""
    values = rounded(255 * np.array([function(value / 255) for value in range(256)]))
    return lambda pixels: cv2.LUT(pixels, values)


def matrix(rows):
    rows = np.array(rows, dtype=np.float32)
    return lambda pixels: cv2.transform(pixels, rows)


def to_linear(value):
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def to_srgb(value):
    return value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def luma(pixels):
    if pixels.ndim == 2:
        return pixels.astype(np.float32)
    return cv2.transform(pixels.astype(np.float32), np.array([[0.2126, 0.7152, 0.0722]], np.float32))

"""Tone and colour, and what is drawn on light: what filters.py has no case of. Where no library has an operation, its definition is written out in numpy."""
from pathlib import Path

from arrays import EXACT, ROUNDED, cv2, luma, matrix, np, pillow, rounded, table, to_linear, to_srgb
from PIL import Image, ImageFilter, ImageOps

ROOT = Path(__file__).parents[2]
CUBE = "sample_images/evening.cube"
IDENTITY = np.eye(3)


def curve(points):
    """A monotone cubic through the points."""
    from scipy.interpolate import PchipInterpolator

    made = PchipInterpolator(*zip(*points))
    return table(lambda value: float(made(value)))


def hue(degrees):
    """`hue-rotate()` of CSS."""
    weights = np.array([0.213, 0.715, 0.072])
    sines = np.array([[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]])
    angle = np.radians(degrees)
    return weights + np.cos(angle) * (IDENTITY - weights) + np.sin(angle) * sines


def vibrance(amount):
    def run(pixels):
        values = pixels.astype(np.float32) / 255
        strength = values.max(axis=2, keepdims=True) - values.min(axis=2, keepdims=True)
        gray = luma(values)[..., None]
        return rounded(255 * (gray + (1 + amount * (1 - strength)) * (values - gray)))

    return run


CONES = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]])
LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]])
LIGHT = np.array([to_linear(value / 255) for value in range(256)], dtype=np.float32)


def encoded(light):
    light = np.clip(light, 0, 1)
    return rounded(255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055))


def oklab(change):
    """A change of lightness, green to red, and blue to yellow, in Oklab as its author has it."""

    def run(pixels):
        lab = np.cbrt(LIGHT[pixels] @ CONES.T.astype(np.float32)) @ LAB.T.astype(np.float32)
        cones = (change(lab) @ np.linalg.inv(LAB).T.astype(np.float32)) ** 3
        return encoded(cones @ np.linalg.inv(CONES).T.astype(np.float32))

    return run


def modulated(brightness, saturation, degrees):
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    rows = np.array([[brightness, 0, 0], [0, saturation * cos, -saturation * sin], [0, saturation * sin, saturation * cos]], np.float32)
    return lambda lab: lab @ rows.T


def tinted(color, amount):
    light = np.array([to_linear(part / 255) for part in color])
    to = (LAB @ np.cbrt(CONES @ light)) * [0, 1, 1]
    keep = np.array([1, 1 - amount, 1 - amount], np.float32)
    return lambda lab: (lab * keep + amount * to).astype(np.float32)


def duotone(dark, light):
    dark, light = np.array(dark, np.float32), np.array(light, np.float32)
    return lambda pixels: rounded(dark + luma(pixels)[..., None] / 255 * (light - dark))


def light_of(temperature, tint):
    """XYZ of a light: M. Krystek, 1985, and tint as raw converters have it."""

    def place(t):
        u = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t * t) / (1 + 8.42420235e-4 * t + 7.08145163e-7 * t * t)
        v = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t * t) / (1 - 2.89741816e-5 * t + 1.61456053e-7 * t * t)
        return np.array([u, v])

    here = place(temperature)
    along = place(temperature * 1.001) - here
    u, v = here + np.array([along[1], -along[0]]) / np.hypot(*along) * tint / 3000
    x, y = np.array([3 * u, 2 * v]) / (2 * u - 8 * v + 4)
    return np.array([x / y, 1, (1 - x - y) / y])


def balanced(temperature, tint):
    """A von Kries adaptation in the cones of CAT16."""
    srgb = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]])
    cat16 = np.array([[0.401288, 0.650173, -0.051461], [-0.250268, 1.204414, 0.045854], [-0.002079, 0.048952, 0.953127]])
    gains = (cat16 @ light_of(6504, 0)) / (cat16 @ light_of(temperature, tint))
    cones = cat16 @ srgb
    rows = (np.linalg.inv(cones) @ np.diag(gains) @ cones).astype(np.float32)
    return lambda pixels: encoded(cv2.transform(LIGHT[pixels], rows))


def stretched(low, high):
    """Each channel by itself, from one quantile to the other."""

    def run(pixels):
        made = np.empty_like(pixels)
        for channel in range(3):
            counts = np.cumsum(cv2.calcHist([pixels], [channel], None, [256], [0, 256]).ravel())
            first = int(np.searchsorted(counts, max(1, np.ceil(low * counts[-1]))))
            last = int(np.searchsorted(counts, max(1, np.ceil(high * counts[-1]))))
            values = rounded((np.arange(256) - first) * (255 / max(1, last - first))) if last > first else np.arange(256, dtype=np.uint8)
            made[..., channel] = cv2.LUT(np.ascontiguousarray(pixels[..., channel]), values)
        return made

    return run


def local(clip, tiles):
    """Luma is equalized, and what is added to it is added to the colours."""
    made = cv2.createCLAHE(clipLimit=clip, tileGridSize=(tiles, tiles))

    def run(pixels):
        gray = rounded(luma(pixels))
        added = made.apply(gray).astype(np.int16) - gray
        return np.clip(pixels + added[..., None], 0, 255).astype(np.uint8)

    return run


def cube():
    lines = (ROOT / CUBE).read_text().splitlines()
    side = next(int(line.split()[1]) for line in lines if line.startswith("LUT_3D_SIZE"))
    rows = [list(map(float, line.split())) for line in lines if line[:1].isdigit()]
    return side, np.array(rows, np.float32)


def tetrahedral(pixels):
    """The four corners of a tetrahedron: from the lowest corner along the axes, the longest way first."""
    side, values = cube()
    place = pixels.reshape(-1, 3).astype(np.float32) * ((side - 1) / 255)
    base = np.minimum(place.astype(np.int32), side - 2)
    part = place - base
    steps = np.array([1, side, side * side])
    at = base @ steps
    order = np.argsort(-part, axis=1, kind="stable")
    part = np.take_along_axis(part, order, axis=1)
    made = values[at] * (1 - part[:, :1])
    for number in range(3):
        at = at + steps[order[:, number]]
        rest = part[:, number] - (part[:, number + 1] if number < 2 else 0)
        made += values[at] * rest[:, None]
    return rounded(255 * made).reshape(pixels.shape)


def trilinear():
    side, values = cube()
    made = ImageFilter.Color3DLUT(side, values.ravel().tolist())
    return pillow(lambda image: image.filter(made))


def vignette(amount, radius):
    """A smooth step from the radius to the corners, in light; encoded values by its 2.4th root."""

    def run(pixels):
        height, width = pixels.shape[:2]
        down = (1 - (2 * np.arange(height) + 1) / height) ** 2
        across = (1 - (2 * np.arange(width) + 1) / width) ** 2
        distance = np.sqrt((down[:, None] + across[None]) / 2).astype(np.float32)
        step = np.clip((distance - radius) / (1 - radius), 0, 1)
        light = 1 - amount * step * step * (3 - 2 * step)
        return rounded(pixels * (light ** (1 / 2.4))[..., None])

    return run


SWAPPED = [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
CASES = [
    ("levels 10%,90%,gamma=1.2", "rgb", [("OpenCV", table(lambda v: np.clip((v - 0.1) / 0.8, 0, 1) ** (1 / 1.2)))], ROUNDED),
    ("curves 0:0,0.25:0.2,0.75:0.8,1:1", "rgb", [("OpenCV", curve([(0, 0), (0.25, 0.2), (0.75, 0.8), (1, 1)]))], "the curve of SciPy has other slopes at its points"),
    ("auto-level each", "rgb", [("OpenCV", stretched(0, 1)), ("Pillow", pillow(ImageOps.autocontrast))], ROUNDED),
    ("normalize 1%,99%,each", "rgb", [("OpenCV", stretched(0.01, 0.99)), ("Pillow", pillow(lambda i: ImageOps.autocontrast(i, cutoff=1)))], ROUNDED),
    ("clahe", "rgb", [("OpenCV", local(2.0, 8))], "luma is rounded there before it is equalized, and tiles are of whole pixels"),
    ("white-balance temperature=4800,tint=5", "rgb", [("numpy", balanced(4800, 5))], ROUNDED),
    ("white-balance", "rgb", [], ""),
    ("vibrance 0.6", "rgb", [("numpy", vibrance(0.6))], ROUNDED),
    ("hue 40", "rgb", [("OpenCV", matrix(hue(40)))], ROUNDED),
    ("modulate 1.1,1.3,15", "rgb", [("numpy", oklab(modulated(1.1, 1.3, 15)))], ROUNDED),
    ("color-matrix 0.9,0.1,0,0.05,0.8,0.1,-0.1,0,1.1", "rgb", [("OpenCV", matrix([[0.9, 0.1, 0], [0.05, 0.8, 0.1], [-0.1, 0, 1.1]]))], ROUNDED),
    ("channel-mix red=blue,blue=red", "rgb", [("OpenCV", lambda p: cv2.cvtColor(p, cv2.COLOR_RGB2BGR)), ("OpenCV, any matrix", matrix(SWAPPED))], EXACT),
    ("channel-mix mono=(0.5,0.4,0.1)", "rgb", [("OpenCV", matrix([[0.5, 0.4, 0.1]] * 3))], ROUNDED),
    ("tint #c08040,amount=0.7", "rgb", [("numpy", oklab(tinted((0xC0, 0x80, 0x40), 0.7)))], ROUNDED),
    ("duotone #1b2a49,#f4d9b0", "rgb", [("numpy", duotone((0x1B, 0x2A, 0x49), (0xF4, 0xD9, 0xB0)))], ROUNDED),
    ("quantize 16", "rgb", [("Pillow", pillow(lambda i: i.quantize(16).convert("RGB")))], "other colours are chosen (Pillow: median cut), and mixed by diffusion"),
    ("quantize 256,dither=none", "rgb", [("Pillow", pillow(lambda i: i.quantize(256, dither=Image.Dither.NONE).convert("RGB")))], "other colours are chosen (Pillow: median cut)"),
    ("threshold 50%", "gray", [("OpenCV", lambda p: cv2.threshold(p, 127, 255, cv2.THRESH_BINARY)[1])], EXACT),
    ("threshold 50%", "rgb", [("OpenCV", lambda p: cv2.merge([(luma(p) >= 127.5).astype(np.uint8) * 255] * 3))], "one level may fall on either side of the threshold"),
    ("vignette 0.8,radius=0.1", "rgb", [("numpy", vignette(0.8, 0.1))], ROUNDED),
    ("grain", "rgb", [], ""),
    (f"lut {CUBE}", "rgb", [("numpy", tetrahedral), ("Pillow", trilinear())], ROUNDED),
]

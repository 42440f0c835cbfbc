"""Geometry and composition: what filters.py has no case of. Maps are interpolated by cubics everywhere."""
from pathlib import Path

from arrays import EXACT, ROUNDED, cv2, np, pillow, rounded, vips
from PIL import Image, ImageDraw, ImageFont, ImageOps

ROOT = Path(__file__).parents[2]
LOGO = "sample_images/logo.png"
FONT = ROOT / "fonts" / "DejaVuSans.ttf"
WHITE = (255, 255, 255)
WORDS = "The quick brown fox jumps over the lazy dog"


def box(matrix, size):
    """The map from the picture to the smallest box that holds it, middle to middle, and the size of that."""
    a, b, c, d = matrix
    width, height = size
    across, down = (int(np.ceil(abs(width * p) + abs(height * q) - 1e-3)) for p, q in ((a, b), (c, d)))
    x = across / 2 - (a * width / 2 + b * height / 2)
    y = down / 2 - (c * width / 2 + d * height / 2)
    return np.array([[a, b, x], [c, d, y]]), (across, down)


def opencv_warp(matrix):
    def run(pixels):
        rows, size = box(matrix, (pixels.shape[1], pixels.shape[0]))
        # Pixels are points at whole numbers there.
        rows[:, 2] += rows[:, :2] @ [0.5, 0.5] - 0.5
        return cv2.warpAffine(pixels, rows, size, flags=cv2.INTER_CUBIC, borderValue=WHITE)

    return run


def skimage_warp(matrix):
    def run(pixels):
        from skimage.transform import AffineTransform, warp

        rows, (width, height) = box(matrix, (pixels.shape[1], pixels.shape[0]))
        rows[:, 2] += rows[:, :2] @ [0.5, 0.5] - 0.5
        back = np.linalg.inv(np.vstack([rows, [0, 0, 1]]))
        made = warp(pixels.astype(np.float32), AffineTransform(matrix=back), output_shape=(height, width), order=3, mode="constant", cval=255, preserve_range=True)
        return rounded(made)

    return run


def vips_warp(matrix):
    def change(image):
        import pyvips

        cubic = pyvips.Interpolate.new("bicubic")
        return image.affine(matrix, interpolate=cubic, background=255, extend="background")

    return vips(change)


def warps(matrix):
    return [("scikit-image", skimage_warp(matrix)), ("OpenCV", opencv_warp(matrix)), ("libvips", vips_warp(matrix))]


def turned(degrees):
    sin, cos = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    return (cos, -sin, sin, cos)


def trimmed(pixels):
    differs = (np.abs(pixels.astype(np.int16) - pixels[0, 0]) > 10).any(axis=2)
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()


def trimmed_by_vips(image):
    left, top, width, height = image.find_trim(threshold=10, background=image(0, 0))
    return image.crop(left, top, width, height)


def laid_over(pixels):
    """Porter and Duff's `over`, on the left and at the top."""
    logo = np.asarray(Image.open(ROOT / LOGO).convert("RGBA")).astype(np.float32)
    height, width = min(len(logo), len(pixels)), min(logo.shape[1], pixels.shape[1])
    made, logo = pixels.copy(), logo[:height, :width]
    alpha = logo[..., 3:] / 255
    made[:height, :width] = rounded(logo[..., :3] * alpha + made[:height, :width] * (1 - alpha))
    return made


def tiled(opacity):
    def run(pixels):
        logo = np.asarray(Image.open(ROOT / LOGO).convert("RGBA")).astype(np.float32)
        down, across = -(-len(pixels) // len(logo)), -(-pixels.shape[1] // logo.shape[1])
        logo = np.tile(logo, (down, across, 1))[: len(pixels), : pixels.shape[1]]
        alpha = logo[..., 3:] * (opacity / 255)
        return rounded(logo[..., :3] * alpha + pixels * (1 - alpha))

    return run


def pasted(image):
    logo = Image.open(ROOT / LOGO).convert("RGBA")
    image.paste(logo, (0, 0), logo)
    return image


def flattened(pixels):
    alpha = pixels[..., 3:].astype(np.float32) / 255
    return rounded(pixels[..., :3] * alpha + 255 * (1 - alpha))


def flattened_by_pillow(image):
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def written(image):
    font = ImageFont.truetype(str(FONT), 0.05 * image.height)
    draw = ImageDraw.Draw(image)
    draw.text((image.width / 2, 0.97 * image.height), WORDS, "white", font, anchor="md")
    return image


MIXED = "at edges the picture is blended into the background here; OpenCV's cubic is another one (a = -0.75), on a grid of 1/32 pixel; libvips puts the box elsewhere by a part of one"
CASES = [
    ("flop", "rgb", [("OpenCV", lambda p: cv2.flip(p, 1)), ("Pillow", pillow(ImageOps.mirror))], EXACT),
    ("crop 300x200+50+40", "rgb", [("numpy", lambda p: p[40:240, 50:350].copy()), ("Pillow", pillow(lambda i: i.crop((50, 40, 350, 240))))], EXACT),
    ("shave 20", "rgb", [("numpy", lambda p: p[20:-20, 20:-20].copy()), ("Pillow", pillow(lambda i: ImageOps.crop(i, 20)))], EXACT),
    ("extend 20x10,background=#ff8800", "rgb", [("OpenCV", lambda p: cv2.copyMakeBorder(p, 10, 10, 20, 20, cv2.BORDER_CONSTANT, value=(255, 136, 0))), ("libvips", vips(lambda i: i.embed(20, 10, i.width + 40, i.height + 20, extend="background", background=[255, 136, 0])))], EXACT),
    ("border 15,color=#ff8800", "rgb", [("OpenCV", lambda p: cv2.copyMakeBorder(p, 15, 15, 15, 15, cv2.BORDER_CONSTANT, value=(255, 136, 0))), ("Pillow", pillow(lambda i: ImageOps.expand(i, 15, (255, 136, 0))))], EXACT),
    ("round 12%,background=white", "rgb", [], ""),
    ("trim", "rgb", [("numpy", trimmed), ("libvips", vips(trimmed_by_vips))], EXACT),
    ("rotate -7.5,background=white", "rgb", warps(turned(-7.5)), MIXED),
    ("shear 15,background=white", "rgb", warps((1, np.tan(np.radians(15)), 0, 1)), MIXED),
    ("affine 1,0.2,-0.1,0.9,background=white", "rgb", warps((1, 0.2, -0.1, 0.9)), MIXED),
    ("straighten 5", "rgb", [], ""),
    ("deskew", "rgb", [], ""),
    (f"overlay {LOGO},gravity=northwest", "rgb", [("numpy", laid_over), ("Pillow", pillow(pasted))], ROUNDED),
    (f"overlay {LOGO},gravity=northwest,tile,opacity=0.3", "rgb", [("numpy", tiled(0.3))], ROUNDED),
    ("flatten", "rgba", [("numpy", flattened), ("Pillow", pillow(flattened_by_pillow)), ("libvips", vips(lambda i: i.flatten(background=255)))], ROUNDED),
    (f"text {WORDS}", "rgb", [("Pillow", pillow(written))], "outlines of letters are filled otherwise, and stand elsewhere by fractions of a pixel"),
    ("frame 5%,caption=One", "rgb", [], ""),
]

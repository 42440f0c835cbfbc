"""The operations, and the same done by others: OpenCV, Pillow, libvips, scikit-image, numpy.

Each case is an operation of lightmill, the channels it is tried on, who else has it, and why results may differ. A peer is a
function from an array of 8-bit samples to one. `tests/reference/ops.py` compares results, `benches/ops.py` times.
"""
from arrays import EDGE, EXACT, ROUNDED, cv2, luma, matrix, np, pillow, rounded, table, to_linear, to_srgb, vips
from PIL import Image, ImageEnhance, ImageFilter, ImageOps
import shapes
import tones


def variants(photo):
    """A photo as it is, in gray, and with an alpha that rises to the right."""
    rgb = np.asarray(photo)
    alpha = np.broadcast_to(np.linspace(0, 255, rgb.shape[1]).astype(np.uint8), rgb.shape[:2])
    return {"rgb": rgb, "gray": np.asarray(photo.convert("L")), "rgba": np.dstack([rgb, alpha])}


def gaussian(sigma):
    return lambda pixels: cv2.GaussianBlur(pixels, (0, 0), sigma, borderType=EDGE)


def unsharp(sigma, amount):
    def run(pixels):
        blurred = cv2.GaussianBlur(pixels, (0, 0), sigma, borderType=EDGE)
        return cv2.addWeighted(pixels, 1 + amount, blurred, -amount, 0)

    return run


def high_pass(sigma):
    def run(pixels):
        blurred = cv2.GaussianBlur(pixels, (0, 0), sigma, borderType=EDGE)
        return cv2.addWeighted(pixels, 1, blurred, -1, 128)

    return run


def kernel(rows, divisor=1.0, offset=0.0):
    rows = np.array(rows, dtype=np.float32) / divisor
    return lambda pixels: cv2.filter2D(pixels, -1, rows, delta=offset, borderType=EDGE)


def sobel(scale):
    def run(pixels):
        gray = luma(pixels)
        across = cv2.Sobel(gray, cv2.CV_32F, 1, 0, scale=0.25, borderType=EDGE)
        down = cv2.Sobel(gray, cv2.CV_32F, 0, 1, scale=0.25, borderType=EDGE)
        return rounded(scale * cv2.magnitude(across, down))

    return run


def canny(sigma, low, high):
    """OpenCV's on the same gradients, in 16 bits: a step of 1 is one of 4 there, here times 8160."""

    def run(pixels):
        blurred = cv2.GaussianBlur(luma(pixels), (0, 0), sigma, borderType=EDGE)
        across = cv2.Sobel(blurred, cv2.CV_32F, 1, 0, scale=32, borderType=EDGE)
        down = cv2.Sobel(blurred, cv2.CV_32F, 0, 1, scale=32, borderType=EDGE)
        across, down = (np.rint(side).astype(np.int16) for side in (across, down))
        return cv2.Canny(across, down, low * 32640, high * 32640, L2gradient=True)

    return run


def canny_of_bytes(sigma, low, high):
    def run(pixels):
        gray = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        blurred = cv2.GaussianBlur(gray, (0, 0), sigma, borderType=EDGE)
        return cv2.Canny(blurred, low * 1020, high * 1020, L2gradient=True)

    return run


def canny_of_skimage(sigma, low, high):
    def run(pixels):
        from skimage.feature import canny

        gray = luma(pixels) / 255
        # Its gradient is not divided by the sum of the weights: a step of 1 is one of 4.
        return canny(gray, sigma, low * 4, high * 4, mode="nearest").astype(np.uint8) * 255

    return run


def squares(side):
    def run(pixels):
        height, width = pixels.shape[:2]
        whole = pixels[: height // side * side, : width // side * side]
        small = cv2.resize(whole, (width // side, height // side), interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (whole.shape[1], whole.shape[0]), interpolation=cv2.INTER_NEAREST)

    return run


def window(radius, function):
    square = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    return lambda pixels: function(pixels, square, borderType=EDGE)


def guided(radius, epsilon):
    """He, Sun and Tang, each channel guided by itself."""

    def run(pixels):
        values = pixels.astype(np.float32) / 255
        mean = lambda x: cv2.blur(x, (2 * radius + 1, 2 * radius + 1), borderType=EDGE)
        average = mean(values)
        variance = mean(values * values) - average * average
        slope = variance / (variance + epsilon)
        return rounded(255 * (mean(slope) * values + mean(average - slope * average)))

    return run


def clahe(clip, tiles):
    made = cv2.createCLAHE(clipLimit=clip, tileGridSize=(tiles, tiles))
    return made.apply


def otsu(pixels):
    return cv2.threshold(pixels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1]


def lut3d(function, size=33):
    made = ImageFilter.Color3DLUT.generate(size, function)
    return pillow(lambda image: image.filter(made))


SEPIA = [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]]
HALF_SATURATED = [[0.5 * (row == column) + 0.5 * weight for column, weight in enumerate([0.213, 0.715, 0.072])] for row in range(3)]
RELIEF = (lambda weight: [[weight(y, x) for x in (-1, 0, 1)] for y in (-1, 0, 1)])(
    lambda y, x: (0.5**0.5) * (y * (2 - abs(x)) + x * (2 - abs(y))) / 8
)

# operation, channels, [(peer, function)], what to expect
CASES = [
    ("flip", "rgb", [("numpy", lambda p: p[::-1].copy()), ("OpenCV", lambda p: cv2.flip(p, 0)), ("Pillow", pillow(ImageOps.flip))], EXACT),
    ("rotate 90", "rgb", [("OpenCV", lambda p: cv2.rotate(p, cv2.ROTATE_90_CLOCKWISE)), ("Pillow", pillow(lambda i: i.transpose(Image.Transpose.ROTATE_270)))], EXACT),
    ("resize 600", "rgb", [("Pillow", pillow(lambda i: i.resize((600, round(i.height * 600 / i.width)), Image.LANCZOS))), ("libvips", vips(lambda i: i.resize(600 / i.width, vscale=round(i.height * 600 / i.width) / i.height)))], "each rounds between its passes in its own way"),
    ("negate", "rgb", [("OpenCV", cv2.bitwise_not), ("Pillow", pillow(ImageOps.invert))], EXACT),
    ("brightness 1.2", "rgb", [("OpenCV", table(lambda v: v * 1.2)), ("Pillow", pillow(lambda i: ImageEnhance.Brightness(i).enhance(1.2)))], ROUNDED),
    ("contrast 1.3", "rgb", [("OpenCV", table(lambda v: (v - 0.5) * 1.3 + 0.5))], ROUNDED),
    ("exposure 0.7", "rgb", [("OpenCV", table(lambda v: to_srgb(min(1, to_linear(v) * 2**0.7))))], ROUNDED),
    ("gamma 1.8", "rgb", [("OpenCV", table(lambda v: v ** (1 / 1.8))), ("libvips", vips(lambda i: i.gamma(exponent=1.8)))], ROUNDED),
    ("posterize 4", "rgb", [("OpenCV", table(lambda v: np.floor(v * 3 + 0.5) / 3))], ROUNDED),
    ("saturation 0.5", "rgb", [("OpenCV", matrix(HALF_SATURATED))], ROUNDED),
    ("sepia", "rgb", [("OpenCV", matrix(SEPIA)), ("libvips", vips(lambda i: i.recomb(__import__("pyvips").Image.new_from_array(SEPIA)).cast("uchar")))], ROUNDED),
    ("grayscale", "rgb", [("OpenCV", lambda p: rounded(luma(p))), ], ROUNDED),
    ("equalize", "gray", [("OpenCV", cv2.equalizeHist), ("Pillow", pillow(ImageOps.equalize))], "the table is of the same histogram; Pillow scales it otherwise"),
    ("threshold otsu", "gray", [("OpenCV", otsu)], "one level may fall on either side of the threshold"),
    ("threshold adaptive,radius=20,sensitivity=0", "gray", [("OpenCV", lambda p: cv2.adaptiveThreshold(p, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 41, 1))], "means are rounded there; windows are cut off at edges here"),
    ("clahe", "gray", [("OpenCV", clahe(2.0, 8))], "tiles are of whole pixels there, and the picture is padded for them"),
    ("blur 2", "rgb", [("OpenCV", gaussian(2)), ("libvips", vips(lambda i: i.gaussblur(2)))], "OpenCV's kernel ends at 3 sigma and is of 8 bits"),
    ("blur 8", "rgb", [("OpenCV", gaussian(8)), ("Pillow", pillow(lambda i: i.filter(ImageFilter.GaussianBlur(8)))), ("libvips", vips(lambda i: i.gaussblur(8)))], "OpenCV's kernel ends at 3 sigma and is of 8 bits"),
    ("blur 40", "rgb", [("OpenCV", gaussian(40)), ("Pillow", pillow(lambda i: i.filter(ImageFilter.GaussianBlur(40)))), ("libvips", vips(lambda i: i.gaussblur(40)))], "OpenCV's kernel ends at 3 sigma and is of 8 bits"),
    ("sharpen 1", "rgb", [("OpenCV", unsharp(1, 1.0)), ("Pillow", pillow(lambda i: i.filter(ImageFilter.UnsharpMask(1, 100, 0))))], "OpenCV rounds what it blurs before it is subtracted"),
    ("high-pass 4", "rgb", [("OpenCV", high_pass(4))], "OpenCV rounds what it blurs before it is subtracted"),
    ("box-blur 5", "rgb", [("OpenCV", lambda p: cv2.blur(p, (11, 11), borderType=EDGE)), ("Pillow", pillow(lambda i: i.filter(ImageFilter.BoxBlur(5))))], ROUNDED),
    ("motion-blur 15", "rgb", [("OpenCV", kernel([[1.0] * 15], 15))], ROUNDED),
    ("convolve 0 -1 0/-1 5 -1/0 -1 0", "rgb", [("OpenCV", kernel([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])), ("Pillow", pillow(lambda i: i.filter(ImageFilter.Kernel((3, 3), [0, -1, 0, -1, 5, -1, 0, -1, 0], 1)))), ("libvips", vips(lambda i: i.conv(__import__("pyvips").Image.new_from_array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])).cast("uchar")))], EXACT),
    ("emboss", "rgb", [("OpenCV", kernel(RELIEF, 1.0, 128))], ROUNDED),
    ("sobel", "rgb", [("OpenCV", sobel(1.0))], ROUNDED),
    ("canny", "rgb", [("OpenCV", canny(1.4, 0.05, 0.12)), ("OpenCV, 8 bits", canny_of_bytes(1.4, 0.05, 0.12)), ("scikit-image", canny_of_skimage(1.4, 0.05, 0.12))], "the same gradients, in whole numbers; scikit-image compares with what lies between neighbours"),
    ("pixelate 16", "rgb", [("OpenCV", squares(16))], "squares that are cut off at the right and the bottom are left out"),
    ("median 1", "rgb", [("OpenCV", lambda p: cv2.medianBlur(p, 3)), ("Pillow", pillow(lambda i: i.filter(ImageFilter.MedianFilter(3)))), ("libvips", vips(lambda i: i.median(3)))], EXACT),
    ("median 5", "rgb", [("OpenCV", lambda p: cv2.medianBlur(p, 11)), ("libvips", vips(lambda i: i.median(11)))], EXACT),
    ("median 20", "rgb", [("OpenCV", lambda p: cv2.medianBlur(p, 41))], EXACT),
    ("erode 3", "rgb", [("OpenCV", window(3, cv2.erode)), ("Pillow", pillow(lambda i: i.filter(ImageFilter.MinFilter(7))))], EXACT),
    ("dilate 3", "rgb", [("OpenCV", window(3, cv2.dilate)), ("Pillow", pillow(lambda i: i.filter(ImageFilter.MaxFilter(7))))], EXACT),
    ("bilateral 3", "gray", [("OpenCV", lambda p: cv2.bilateralFilter(p, -1, 25.5, 3, borderType=EDGE))], "a grid here, each pair of pixels there"),
    ("bilateral 8", "rgb", [("OpenCV", lambda p: cv2.bilateralFilter(p, -1, 25.5, 8, borderType=EDGE))], "colours are told apart otherwise"),
    ("denoise 0.03,patch=3,search=10", "gray", [("OpenCV", lambda p: cv2.fastNlMeansDenoising(p, None, 7.65, 7, 21))], "distances and weights are defined otherwise"),
    ("smooth 8", "gray", [("OpenCV", guided(8, 0.01))], ROUNDED),
    ("denoise 0.03,patch=3,search=10", "rgb", [("OpenCV", lambda p: cv2.fastNlMeansDenoisingColored(p, None, 7.65, 7.65, 7, 21))], "distances, weights and colours are defined otherwise"),
]

CASES += shapes.CASES + tones.CASES

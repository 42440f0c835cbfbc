#!/usr/bin/env python3
"""Charts in many colour spaces, converted to sRGB by lightmill and by LittleCMS (in Pillow and libvips), and compared.

    tests/reference/colors.py target/release/lightmill [FOLDER]

Profiles are written here, by formula. FOLDER keeps charts and results; without it they are thrown away. Needs numpy, Pillow and
pyvips. Ends with 1 if a sample is further from the reference than its row allows.
"""

import io
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyvips
from PIL import Image, ImageCms

D50 = (0.9642, 1.0, 0.8249)
D65 = (0.3127, 0.329)
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def s15(*numbers):
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def text(words):
    return b"desc" + bytes(4) + struct.pack(">I", len(words) + 1) + words.encode() + bytes(1 + 8 + 3 + 67)


def xyz(*numbers):
    return b"XYZ " + bytes(4) + s15(*numbers)


def power(gamma):
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)


def table(curve, points=1024):
    values = [round(65535 * curve(at / (points - 1))) for at in range(points)]
    body = b"curv" + bytes(4) + struct.pack(">I", points) + struct.pack(f">{points}H", *values)
    return body + bytes(-len(body) % 4)


def profile(kind, space, connection, tags):
    """An ICC profile, version 2 (ICC.1:2001-04)."""
    tags = [("desc", text("a chart")), ("cprt", b"text" + bytes(4) + b"none\0\0\0\0"), ("wtpt", xyz(*D50))] + tags
    head = struct.pack(">I4sI4s4s4s12s4s4sIIIIII", 0, b"none", 0x02400000, kind, space, connection, bytes(12), b"acsp",
                       b"APPL", 0, 0, 0, 0, 0, 0) + s15(*D50) + bytes(48)
    at = 128 + 4 + 12 * len(tags)
    directory, bodies = struct.pack(">I", len(tags)), b""
    for name, body in tags:
        directory += struct.pack(">4sII", name.encode(), at + len(bodies), len(body))
        bodies += body + bytes(-len(body) % 4)
    whole = head + directory + bodies
    return struct.pack(">I", len(whole)) + whole[4:]


def rgb_profile(primaries, curve, white=D65):
    """Primaries and white as x and y, adapted to D50 as Bradford did."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    light = np.array([white[0] / white[1], 1, (1 - white[0] - white[1]) / white[1]])
    matrix = columns * np.linalg.solve(columns, light)
    cones, wanted = BRADFORD @ light, BRADFORD @ np.array(D50)
    matrix = np.linalg.inv(BRADFORD) @ np.diag(wanted / cones) @ BRADFORD @ matrix
    tags = [(f"{name}XYZ", xyz(*matrix[:, at])) for at, name in enumerate("rgb")]
    return profile(b"mntr", b"RGB ", b"XYZ ", tags + [(f"{name}TRC", curve) for name in "rgb"])


def cmyk_profile():
    """Inks that multiply, each a little dirty, as a table of 9 points a side to Lab, and back to the inks that are nearest."""
    paper = np.ones(3)
    inks = np.array([[0.12, 0.55, 0.85], [0.8, 0.12, 0.35], [0.9, 0.8, 0.1], [0.08, 0.08, 0.08]])
    points = np.linspace(0, 1, 9)
    amounts = np.stack(np.meshgrid(points, points, points, points, indexing="ij"), -1).reshape(-1, 4)
    light = paper * np.prod(1 - amounts[:, :, None] * (1 - inks[None]), axis=1)
    matrix = np.array([[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7142]])
    scaled = light @ matrix.T / np.array(D50)
    root = np.where(scaled > 216 / 24389, np.cbrt(scaled), (24389 / 27 * scaled + 16) / 116)
    lab = np.stack([116 * root[:, 1] - 16, 500 * (root[:, 0] - root[:, 1]), 200 * (root[:, 1] - root[:, 2])], -1)
    stored = np.clip(np.round((lab + [0, 128, 128]) * [652.8, 256, 256]), 0, 65535).astype(">u2")
    linear = struct.pack(">HH", 0, 65535)
    lut = (b"mft2" + bytes(4) + bytes([4, 3, 9, 0]) + s15(1, 0, 0, 0, 1, 0, 0, 0, 1) + struct.pack(">HH", 2, 2)
           + linear * 4 + stored.tobytes() + linear * 3)
    back = (b"mft2" + bytes(4) + bytes([3, 4, 2, 0]) + s15(1, 0, 0, 0, 1, 0, 0, 0, 1) + struct.pack(">HH", 2, 2)
            + linear * 3 + bytes(2 * 4 * 8) + linear * 4)
    return profile(b"prtr", b"CMYK", b"Lab ", [("A2B0", lut), ("B2A0", back)])


SRGB_CURVE = table(lambda v: v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4)
SRGB = [(0.64, 0.33), (0.3, 0.6), (0.15, 0.06)]
CURVES = {
    "p3": lambda v: np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4),
    "srgb": lambda v: np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4),
    "adobe-rgb": lambda v: v ** (563 / 256),
    "prophoto": lambda v: v ** (461 / 256),
    "gamma-1": lambda v: v,
    "gray-2.2": lambda v: v ** (563 / 256),
    "gray-1": lambda v: v,
}
PROFILES = {
    "p3": rgb_profile([(0.68, 0.32), (0.265, 0.69), (0.15, 0.06)], SRGB_CURVE),
    "adobe-rgb": rgb_profile([(0.64, 0.33), (0.21, 0.71), (0.15, 0.06)], power(563 / 256)),
    "prophoto": rgb_profile([(0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)], power(1.8), (0.3457, 0.3585)),
    "srgb": rgb_profile(SRGB, SRGB_CURVE),
    "gamma-1": rgb_profile(SRGB, power(1)),
    "gray-2.2": profile(b"mntr", b"GRAY", b"XYZ ", [("kTRC", power(2.2))]),
    "gray-1": profile(b"mntr", b"GRAY", b"XYZ ", [("kTRC", power(1))]),
    "cmyk": cmyk_profile(),
}


def grid(bands, steps):
    """All combinations, as a picture of 64 pixels a row."""
    points = np.linspace(0, 255, steps).round().astype(np.uint8)
    pixels = np.stack(np.meshgrid(*[points] * bands, indexing="ij"), -1).reshape(-1, bands)
    pixels = np.concatenate([pixels, np.zeros((-len(pixels) % 64, bands), np.uint8)])
    return pixels.reshape(-1, 64, bands)


def by_vips(samples, icc, depth):
    """What libvips makes of it by LittleCMS, with perceptual intent."""
    height, width, bands = samples.shape
    kind = "uchar" if samples.dtype == np.uint8 else "ushort"
    image = pyvips.Image.new_from_memory(np.ascontiguousarray(samples).tobytes(), width, height, bands, kind)
    meaning = {1: "b-w", 3: "srgb", 4: "cmyk"}[bands]
    if kind == "ushort":
        meaning = {1: "grey16", 3: "rgb16", 4: "cmyk"}[bands]
    image = image.copy(interpretation=meaning)
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
    out = image.icc_transform("srgb", intent="perceptual", embedded=True, depth=depth)
    return np.ndarray((height, width, out.bands), np.uint8 if depth == 8 else np.uint16, out.write_to_memory())


def by_pillow(samples, icc):
    mode = {1: "L", 3: "RGB", 4: "CMYK"}[samples.shape[2]]
    image = Image.fromarray(samples.squeeze(2) if mode == "L" else samples, mode)
    source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    out = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), 0, "RGB")
    return np.asarray(out)


def matrix_of(icc):
    count = struct.unpack(">I", icc[128:132])[0]
    tags = [struct.unpack(">4sII", icc[132 + 12 * at:144 + 12 * at]) for at in range(count)]
    places = {name: at for name, at, _ in tags}
    columns = [np.array(struct.unpack(">3i", icc[at + 8:at + 20])) for at in (places[f"{name}XYZ".encode()] for name in "rgb")]
    return np.stack(columns, 1) / 65536


def by_formula(samples, icc, decode):
    """Exact, for profiles of a matrix and a curve, or a curve alone: for deep samples LittleCMS takes tables of few points, which
    are several levels off near black."""
    light = decode(samples / (257 * 255))
    if samples.shape[2] == 3:
        light = light @ (np.linalg.inv(matrix_of(PROFILES["srgb"])) @ matrix_of(icc)).T
    light = np.clip(light, 0, 1)
    return 65535 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) / 257


def plain_cmyk(samples):
    """As browsers have it: each ink takes its part, and black its part of the rest."""
    light = 255.0 - samples
    return np.round(light[..., :3] * light[..., 3:] / 255)


def save(path, samples, icc):
    """As PNG, TIFF or JPEG; deep samples as TIFF by libvips."""
    height, width, bands = samples.shape
    if samples.dtype == np.uint16:
        meaning = {1: "grey16", 3: "rgb16"}[bands]
        image = pyvips.Image.new_from_memory(samples.tobytes(), width, height, bands, "ushort").copy(interpretation=meaning)
        if icc:
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
        image.write_to_file(str(path))
        return
    mode = {1: "L", 3: "RGB", 4: "CMYK"}[bands]
    image = Image.fromarray(samples.squeeze(2) if mode == "L" else samples, mode)
    options = {"quality": 100, "subsampling": 0} if path.suffix == ".jpg" else {}
    image.save(path, icc_profile=icc, **options)


def charts():
    """Name, samples, profile, reference, levels of 255 that a sample may be off, and 99 of 100 samples."""
    for name in ["p3", "adobe-rgb", "prophoto", "srgb", "gamma-1"]:
        samples = grid(3, 17)
        yield f"{name}.png", samples, PROFILES[name], by_pillow(samples, PROFILES[name]), 2, 1
        yield f"{name}.tif", samples, PROFILES[name], by_vips(samples, PROFILES[name], 8), 2, 1
        deep = samples.astype(np.uint16) * 257
        yield f"{name}-16.png", deep, PROFILES[name], by_formula(deep, PROFILES[name], CURVES[name]), 2, 1
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)
    for name in ["gray-2.2", "gray-1"]:
        shades = grid(1, 256)
        reference = by_pillow(shades, PROFILES[name]) if name != "gray-1" else by_formula(shades * 257.0, PROFILES[name], CURVES[name])
        yield f"{name}.png", shades, PROFILES[name], reference, 2, 1
        yield f"{name}-16.png", ramp, PROFILES[name], by_formula(ramp, PROFILES[name], CURVES[name]), 2, 1
    inks = grid(4, 9)
    yield "cmyk.tif", inks, PROFILES["cmyk"], by_pillow(inks, PROFILES["cmyk"]), 2, 2
    yield "cmyk-plain.tif", inks, None, plain_cmyk(inks), 2, 1
    inks = inks.repeat(8, 0).repeat(8, 1)
    for name, icc in [("cmyk.jpg", PROFILES["cmyk"]), ("cmyk-plain.jpg", None)]:
        stream = io.BytesIO()
        Image.fromarray(inks, "CMYK").save(stream, "JPEG", quality=100, subsampling=0)
        read = np.asarray(Image.open(stream))
        yield name, inks, icc, by_pillow(read, icc) if icc else plain_cmyk(read), 3, 2


def read(path):
    image = pyvips.Image.new_from_file(str(path))
    kind = np.uint8 if image.format == "uchar" else np.uint16
    return np.ndarray((image.height, image.width, image.bands), kind, image.write_to_memory())


def difference(made, wanted):
    """In levels of 255."""
    made, wanted = [part.astype(float) / (257 if part.dtype == np.uint16 else 1) for part in (made, wanted)]
    if wanted.shape[2] < made.shape[2]:
        made = made[..., :1]
    if made.shape[2] < wanted.shape[2]:
        wanted = wanted[..., 1:2]
    return np.abs(made - wanted)


def edges(depth):
    """Discs of strong colours, hard and soft, on black that cannot be seen: where colours are mixed without their alpha, dark
    fringes show."""
    rows, columns = np.mgrid[0:192, 0:256].astype(float)
    picture = np.zeros((192, 256, 4))
    for at, (color, soft) in enumerate([((1, 0.9, 0), 0.5), ((1, 1, 1), 0.5), ((0, 0.8, 1), 20), ((1, 0.1, 0.6), 40)]):
        far = np.hypot(rows - 48 - 96 * (at // 2), columns - 64 - 128 * (at % 2))
        alpha = np.clip((44 - far) / soft + 0.5, 0, 1)
        picture[alpha > 0] = np.append(color, 0)
        picture[..., 3] = np.maximum(picture[..., 3], alpha)
    return np.round(picture * depth).astype(np.uint8 if depth == 255 else np.uint16)


def halved(samples, depth):
    """By Pillow's Lanczos in floats, colours weighed by alpha; what is cut off where the kernel shoots over is cut off last."""
    values = samples / depth
    values[..., :3] *= values[..., 3:]
    parts = [Image.fromarray(values[..., at].astype(np.float32), "F").resize((128, 96), Image.LANCZOS) for at in range(4)]
    values = np.stack([np.asarray(part) for part in parts], -1)
    color = np.clip(values[..., :3] / np.maximum(values[..., 3:], 1e-6), 0, 1)
    alpha = np.clip(values[..., 3:], 0, 1)
    return color * alpha, alpha


def alphas(binary, folder):
    """Name and difference, in levels of 255, of what is seen before black and before white."""
    for name, depth in [("alpha", 255), ("alpha-16", 65535)]:
        source, out = folder / f"{name}.png", folder / "alpha-out"
        samples = edges(depth)
        kind = "uchar" if depth == 255 else "ushort"
        image = pyvips.Image.new_from_memory(samples.tobytes(), 256, 192, 4, kind)
        image.copy(interpretation="srgb" if depth == 255 else "rgb16").write_to_file(str(source))
        subprocess.run([binary, "convert", source, "-o", out, "--resize", "50%", "--quiet", "--on-conflict", "overwrite"], check=True)
        made = read(out / source.name) / depth
        color, alpha = halved(samples, depth)
        seen = made[..., :3] * made[..., 3:]
        off = [np.abs(seen - color), np.abs(seen + 1 - made[..., 3:] - (color + 1 - alpha))]
        yield f"{name}.png", 255 * np.maximum(*off)


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as thrown_away:
        folder = Path(sys.argv[2] if len(sys.argv) > 2 else thrown_away)
        charts_in, out = folder / "charts", folder / "out"
        charts_in.mkdir(parents=True, exist_ok=True)
        rows = list(charts())
        for name, samples, icc, *_ in rows:
            save(charts_in / name, samples, icc)
        subprocess.run([binary, "convert", charts_in, "-o", out, "-f", "png", "--template", "{name}.png", "--quiet",
                        "--on-conflict", "overwrite"], check=True)
        wrong = 0
        print("chart                 mean    99 %     most   off by more than allowed")
        for name, _, _, wanted, most, usual in rows:
            off = difference(read(out / f"{name}.png"), wanted)
            high = np.percentile(off, 99)
            bad = off.max() > most + 0.01 or high > usual + 0.01
            wrong += bad
            print(f"{name:<20} {off.mean():6.3f}  {high:6.2f}  {off.max():7.2f}   {'yes' if bad else ''}")
        for name, off in alphas(binary, folder):
            bad = off.max() > 2
            wrong += bad
            print(f"{name:<20} {off.mean():6.3f}  {np.percentile(off, 99):6.2f}  {off.max():7.2f}   {'yes' if bad else ''}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

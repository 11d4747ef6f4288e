"""Makes resample_cases.json and image_cases.json with Pillow 13.0.0: python3 make_cases.py (needs pillow and numpy)."""

import base64
import io
import json
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).parent


def test_picture(width, height):
    """The same as TestPicture() in the tests."""
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return ((x * 73 + y * 151 + c * 199 + x * y * 31 + (x // 3) * (y // 2) * 57) % 256).astype(np.uint8)


def text(data):
    return base64.b64encode(data).decode()


def resample_cases():
    sizes = [
        ((16, 12), (8, 6)), ((16, 12), (5, 7)), ((7, 9), (20, 23)), ((13, 5), (13, 11)), ((13, 5), (4, 5)), ((9, 9), (9, 9)),
        ((1, 1), (3, 2)), ((17, 3), (1, 1)), ((31, 2), (2, 31)), ((6, 40), (9, 10)), ((10, 30), (5, 10)), ((5, 40), (40, 5)),
    ]
    for (width, height), (new_width, new_height) in sizes:
        for name, resample in (("bilinear", 2), ("bicubic", 3), ("lanczos", 1)):
            image = Image.fromarray(test_picture(width, height)).resize((new_width, new_height), resample)
            yield {"filter": name, "from": [width, height], "to": [new_width, new_height], "pixels": text(image.tobytes())}


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour_type, rows, interlace=0):
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, interlace)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def png_rows(samples):
    return b"".join(b"\0" + np.ascontiguousarray(row).tobytes() for row in samples)


def interlaced_rows(samples):
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    return b"".join(png_rows(samples[y0::dy, x0::dx]) for x0, y0, dx, dy in passes if samples[y0::dy, x0::dx].size)


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def image_files():
    picture = test_picture(14, 9)
    rgb = Image.fromarray(picture)
    rgba = Image.fromarray(np.concatenate([picture, test_picture(14, 9)[:, :, :1]], axis=2))
    smooth = Image.fromarray(np.stack([np.add.outer(np.arange(20) * 9, np.arange(24) * k) % 256 for k in (3, 5, 7)], -1).astype(np.uint8))
    wide = np.random.default_rng(1).integers(0, 65536, (5, 6, 4)).astype(">u2")
    yield "png rgb", encoded(rgb, "PNG")
    yield "png rgba", encoded(rgba, "PNG")
    for mode in ("1", "L", "LA", "P"):
        yield "png " + mode, encoded((rgba if mode == "LA" else rgb).convert(mode), "PNG")
    yield "png palette of 4 colours", encoded(rgb.convert("P", palette=Image.Palette.ADAPTIVE, colors=4), "PNG", bits=2)
    yield "png palette with alpha", encoded(rgb.convert("P"), "PNG", transparency=bytes(range(256)))
    yield "png rgb with a transparent colour", encoded(rgb, "PNG", transparency=tuple(map(int, picture[2, 3])))
    yield "png gray with a transparent value", encoded(rgb.convert("L"), "PNG", transparency=rgb.convert("L").getpixel((3, 2)))
    yield "png gray of 4 bits", png(8, 3, 4, 0, png_rows(test_picture(4, 3)[:, :, 0]))
    yield "png gray of 16 bits", png(6, 5, 16, 0, png_rows(wide[:, :, 0] % 400))
    yield "png gray and alpha of 16 bits", png(6, 5, 16, 4, png_rows(wide[:, :, :2]))
    yield "png rgb of 16 bits", png(6, 5, 16, 2, png_rows(wide[:, :, :3]))
    yield "png rgba of 16 bits", png(6, 5, 16, 6, png_rows(wide))
    yield "png interlaced", png(14, 9, 8, 2, interlaced_rows(picture), interlace=1)
    yield "jpeg gray", encoded(smooth.convert("L"), "JPEG")
    yield "jpeg 4:4:4", encoded(smooth, "JPEG", quality=90, subsampling=0)
    yield "jpeg 4:2:0", encoded(smooth, "JPEG", quality=80, subsampling=2)
    yield "jpeg progressive", encoded(smooth, "JPEG", progressive=True)
    yield "jpeg cmyk", encoded(smooth.convert("CMYK"), "JPEG")
    exif = Image.Exif()
    exif[0x112] = 6  # turned by 90 degrees
    yield "jpeg with orientation", encoded(smooth, "JPEG", exif=exif)
    yield "webp lossy", encoded(smooth, "WEBP", quality=80)
    yield "webp lossless", encoded(rgb, "WEBP", lossless=True)
    yield "webp with alpha", encoded(rgba, "WEBP", quality=80)
    yield "webp lossless with alpha", encoded(rgba, "WEBP", lossless=True, exact=True)


def image_cases():
    for name, data in image_files():
        opened = Image.open(io.BytesIO(data))
        image = opened.convert("RGB")
        case = {"name": name, "file": text(data), "size": list(image.size), "pixels": text(image.tobytes())}
        if opened.has_transparency_data:
            case["alpha"] = text(opened.convert("RGBA").getchannel("A").tobytes())
        yield case
    picture = Image.fromarray(test_picture(14, 9))
    for name, kind in (("animated PNG", "PNG"), ("animated WebP", "WEBP")):
        yield {"name": name, "file": text(encoded(picture, kind, save_all=True, append_images=[picture.rotate(180)])), "refused": name}
    for name, kind in (("GIF", "GIF"), ("BMP", "BMP"), ("TIFF", "TIFF"), ("ICO", "ICO"), ("JPEG 2000", "JPEG2000"), ("AVIF", "AVIF")):
        yield {"name": name, "file": text(encoded(picture, kind)), "refused": name}


for name, cases in (("resample_cases.json", resample_cases()), ("image_cases.json", image_cases())):
    lines = ",\n".join(json.dumps(case) for case in cases)
    (HERE / name).write_text("[\n" + lines + "\n]\n")

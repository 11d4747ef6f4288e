"""Pictures that cannot be read are refused and say why; those that are merely odd are read."""

import pytest

import picture_files as files
from raw_http import EDITS, PROMPT, SMALL_FORM, VARIATIONS, error_of, post_form

pytestmark = pytest.mark.usefixtures("still_serves")

BAD_PICTURES = {
    "no bytes": b"",
    "text": b"this is not a picture\n" * 10,
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "GIF": files.rgb("GIF"),
    "animated GIF": files.animated("GIF"),
    "BMP": files.rgb("BMP"),
    "TIFF": files.rgb("TIFF"),
    "PNG's first bytes": b"\x89PNG\r\n\x1a\n",
    "PNG of 0 x 8": files.png(0, 8),
    "PNG of 60,000 x 60,000": files.png(60_000, 60_000),
    "PNG of 2^31-1": files.png(2**31 - 1, 2**31 - 1),
    "PNG of 2^32-1": files.png(2**32 - 1, 2**32 - 1),
    "PNG bomb": files.png_bomb(8_192),
    "PNG without rows": files.png(32, 32),
    "PNG of a palette that is not there": files.png(8, 8, bytes(9 * 8), color_type=3),
    "PNG of a colour type that is none": files.png(8, 8, bytes(9 * 8), color_type=5),
    "PNG with a wrong checksum": files.rgb()[:29] + b"\0\0\0\0" + files.rgb()[33:],
    "animated PNG": files.animated("PNG"),
    "PNG of more than 4 MB": files.rgb()[:-12] + files.chunk(b"tEXt", b"k\0" + bytes(5 << 20)) + files.rgb()[-12:],
    "JPEG of 65,500 x 65,500": files.jpeg_of_size(65_500, 65_500),
    "JPEG of 0 x 0": files.jpeg_of_size(0, 0),
    "JPEG's first bytes": b"\xff\xd8\xff\xe0" + bytes(100),
    "WebP of 16,383 x 16,383": files.webp_of_size(16_383, 16_383),
    "WebP's first bytes": b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    "animated WebP": files.animated("WEBP"),
    **{f"{name} cut at {percent} %": data[: len(data) * percent // 100]
       for name, data in (("PNG", files.rgb()), ("JPEG", files.rgb("JPEG")), ("WebP", files.rgb("WEBP")))
       for percent in (10, 50, 80)},
}  # fmt: skip


@pytest.mark.parametrize("picture", BAD_PICTURES.values(), ids=BAD_PICTURES)
@pytest.mark.parametrize("path", [EDITS, VARIATIONS])
def test_a_picture_that_is_none_is_refused(cluster, path, picture):
  parts = [("image", picture), *([PROMPT, ("mask", files.rgba())] if path == EDITS else [])]
  error = error_of(post_form(cluster.http, path, parts), 400, "image")
  assert error["message"].startswith("image") and len(error["message"]) < 300


ODD_PICTURES = {
    "16 bits": files.png_16_bit(),
    "grayscale": files.in_mode("L"),
    "grayscale with alpha": files.in_mode("LA"),
    "two colours": files.in_mode("1"),
    "palette": files.in_mode("P"),
    "transparent": files.rgba(),
    "CMYK JPEG": files.in_mode("CMYK", "JPEG"),
    "grayscale JPEG": files.in_mode("L", "JPEG"),
    "progressive JPEG": files.rgb("JPEG", progressive=True),
    "JPEG on its side": files.rotated(),
    "WebP with alpha": files.rgba(file_format="WEBP"),
    "lossless WebP": files.rgb("WEBP", lossless=True),
    "one pixel": files.png(1, 1, b"\0\1\2\3"),
    "something after it": files.rgb() + b"PK\x03\x04" + bytes(100),
}


@pytest.mark.parametrize("picture", ODD_PICTURES.values(), ids=ODD_PICTURES)
def test_an_odd_picture_is_varied(cluster, picture):
  answer = post_form(cluster.http, VARIATIONS, [("image", picture), *SMALL_FORM])
  assert answer.status == 200, answer.body

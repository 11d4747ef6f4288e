"""What is sent to the HTTP side and cannot be served: each gets an error that says why, and the next good request is served."""

import pytest

import picture_files as files
from raw_http import EDITS, GENERATIONS, JOBS, JSON, PROMPT, SMALL, VARIATIONS, error_of, form, post_form, post_json, send

pytestmark = pytest.mark.usefixtures("still_serves")


def cases(table):
  """Parameters of a test from name to values."""
  return [pytest.param(*values, id=name) for name, values in table.items()]


FIELDS = {
    "no prompt": ({}, "prompt"),
    "empty prompt": ({"prompt": ""}, "prompt"),
    "white space": ({"prompt": " \t\u3000"}, "prompt"),
    "NUL": ({"prompt": "a \0 heart"}, "prompt"),
    "escape": ({"prompt": "a \x1b[31m heart"}, "prompt"),
    "prompt is a number": ({"prompt": 5}, "prompt"),
    "prompt is a list": ({"prompt": ["a"]}, "prompt"),
    "1001 characters for dall-e-2": ({"prompt": "\u20ac" * 1001, "model": None}, "prompt"),
    "32,769 bytes": ({"prompt": "a" * 32_769}, "prompt"),
    "negative prompt": ({"negative_prompt": "\x01"}, "negative_prompt"),
    "unknown model": ({"model": "gpt-image-1"}, "model"),
    "unsupported size": ({"size": "7x7"}, "size"),
    "size that is no size": ({"size": "999999999999x1"}, "size"),
    "size is a number": ({"size": 256}, "size"),
    "n = 0": ({"n": 0}, "n"),
    "n = -1": ({"n": -1}, "n"),
    "n = 11": ({"n": 11}, "n"),
    "n = 2^31": ({"n": 2**31}, "n"),
    "n = 2^70": ({"n": 2**70}, "n"),
    "n is text": ({"n": "2"}, "n"),
    "n is a fraction": ({"n": 1.5}, "n"),
    "n is true": ({"n": True}, "n"),
    "n is an object": ({"n": {"n": 1}}, "n"),
    "steps": ({"prior_step_count": 1}, "prior_step_count"),
    "too many steps": ({"decoder_step_count": 10**6}, "decoder_step_count"),
    "guidance": ({"prior_guidance_scale": 1e30}, "prior_guidance_scale"),
    "guidance is text": ({"guidance_scale": "7.5"}, "guidance_scale"),
    "seed": ({"seed": -1}, "seed"),
    "seed beyond 64 bits": ({"seed": 2**64}, "seed"),
    "seed is no number": ({"seed": "0x10"}, "seed"),
    "response format": ({"response_format": "png"}, "response_format"),
    "output format": ({"output_format": "gif"}, "output_format"),
    "compression": ({"output_compression": 101}, "output_compression"),
    "background": ({"background": "transparent"}, "background"),
    "style": ({"style": "vivid"}, "style"),
    "stream is text": ({"stream": "true"}, "stream"),
    "previews without a stream": ({"partial_images": 2}, "partial_images"),
    "too many previews": ({"partial_images": 4, "stream": True}, "partial_images"),
    "unknown field": ({"colour": "red"}, "colour"),
}


@pytest.mark.parametrize("change, param", cases(FIELDS))
def test_a_field_that_cannot_be_is_named(cluster, change, param):
  error_of(post_json(cluster.http, GENERATIONS, ({**SMALL, **change} if change else {})), 400, param)


def test_a_job_has_no_stream(cluster):
  assert error_of(post_json(cluster.http, JOBS, {**SMALL, "stream": True}), 400, "stream")["code"] == "unknown_parameter"


BODIES = {
    "empty": b"",
    "cut short": b'{"prompt":"a',
    "text": b"a large red heart",
    "a list": b'[{"prompt":"a"}]',
    "a string": b'"a"',
    "something after it": b'{"prompt":"a"} {}',
    "single quotes": b"{'prompt':'a'}",
    "trailing comma": b'{"prompt":"a",}',
    "byte order mark of UTF-16": '{"prompt":"a"}'.encode("utf-16"),
    "NUL after it": b'{"prompt":"a"}\0',
    "NaN": b'{"prompt":"a","guidance_scale":NaN}',
    "1e999": b'{"prompt":"a","guidance_scale":1e999}',
    "leading zero": b'{"prompt":"a","n":01}',
    "invalid UTF-8": b'{"prompt":"a \xff"}',
    "UTF-8 cut short": b'{"prompt":"a \xc3"}',
    "surrogate in UTF-8": b'{"prompt":"a \xed\xa0\x80"}',
    "lone surrogate": b'{"prompt":"a \\ud800"}',
    "bad escape": b'{"prompt":"a \\x41"}',
    "a field twice": b'{"prompt":"a","prompt":"b"}',
    "101 deep": b'{"prompt":' + b"[" * 100 + b"]" * 100 + b"}",
    "250,000 deep": b'{"prompt":' + b"[" * 250_000,
    "10,000 fields": b"{" + b",".join(b'"f%d":1' % i for i in range(10_000)) + b"}",
    "name of 1 MB": b'{"' + b"a" * (1 << 20) + b'":1}',
    "prompt of 10 MB": b'{"prompt":"' + b"a" * 10_000_000 + b'"}',
    "number of 1 MB": b'{"prompt":"a","n":' + b"9" * 1_000_000 + b"}",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("path", [GENERATIONS, JOBS])
def test_a_body_that_is_no_request_is_refused(cluster, path, body):
  error_of(post_json(cluster.http, path, body), 400)


CONTENT_TYPES = {
    "none": (GENERATIONS, {}),
    "text": (GENERATIONS, {"Content-Type": "text/plain"}),
    "form of names": (GENERATIONS, {"Content-Type": "application/x-www-form-urlencoded"}),
    "form of parts": (GENERATIONS, {"Content-Type": "multipart/form-data; boundary=b"}),
    "almost JSON": (GENERATIONS, {"Content-Type": "application/jsonx"}),
    "JSON for an edit": (EDITS, JSON),
    "JSON for a variation": (VARIATIONS, JSON),
    "no job": (JOBS, {"Content-Type": "image/png"}),
}


@pytest.mark.parametrize("path, headers", cases(CONTENT_TYPES))
def test_another_content_type_is_unsupported(cluster, path, headers):
  error_of(post_json(cluster.http, path, SMALL, headers), 415)


FORM_HEADERS = {
    "no boundary": "multipart/form-data",
    "empty boundary": "multipart/form-data; boundary=",
    "another boundary": "multipart/form-data; boundary=other",
    "boundary of 400 KB": None,  # of the headers it is too much
    "boundary of 71 bytes": "multipart/form-data; boundary=" + "b" * 71,
    "malformed boundary": 'multipart/form-data; boundary="b',
}


@pytest.mark.parametrize("content_type", FORM_HEADERS.values(), ids=FORM_HEADERS)
@pytest.mark.parametrize("path", [EDITS, VARIATIONS])
def test_a_form_needs_its_boundary(cluster, path, content_type):
  _, body = form([("image", files.rgba())], boundary="b")
  too_long = content_type is None
  content_type = "multipart/form-data; boundary=" + "b" * 400_000 if too_long else content_type
  error_of(send(cluster.http, "POST", path, body, {"Content-Type": content_type}), 431 if too_long else 400)


PART = b'--b\r\nContent-Disposition: form-data; name="n"\r\n\r\n1\r\n'
FORM_BODIES = {
    "empty": b"",
    "no part": b"--b--\r\n",
    "no end": PART,
    "cut inside the headers": b"--b\r\nContent-Disposition: form-",
    "no headers": b"--b\r\n\r\n1\r\n--b--\r\n",
    "no name": b"--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--\r\n",
    "an attachment": b'--b\r\nContent-Disposition: attachment; name="n"\r\n\r\n1\r\n--b--\r\n',
    "headers of 100 KB": b'--b\r\nContent-Disposition: form-data; name="n"\r\nX: ' + b"x" * 100_000 + b"\r\n\r\n1\r\n--b--\r\n",
    "a field twice": PART + PART + b"--b--\r\n",
    "100,000 parts": b"".join(PART.replace(b'"n"', b'"n%d"' % i) for i in range(100_000)) + b"--b--\r\n",
    "100,000 boundaries": b"--b\r\n" * 100_000,
    "text that is no UTF-8": PART.replace(b"1", b"\xff") + b"--b--\r\n",
}


@pytest.mark.parametrize("body", FORM_BODIES.values(), ids=FORM_BODIES)
@pytest.mark.parametrize("path", [EDITS, VARIATIONS, JOBS])
def test_a_form_that_is_malformed_is_refused(cluster, path, body):
  error_of(send(cluster.http, "POST", path, body, {"Content-Type": "multipart/form-data; boundary=b"}), 400)


PARTS = {
    "an edit without a prompt": (EDITS, [("image", files.rgba())], "prompt"),
    "an edit without a picture": (EDITS, [PROMPT], "image"),
    "a variation without a picture": (VARIATIONS, [("n", "1")], "image"),
    "a variation with a prompt": (VARIATIONS, [("image", files.rgb()), PROMPT], "prompt"),
    "a variation with a mask": (VARIATIONS, [("image", files.rgb()), ("mask", files.rgba())], "mask"),
    "two pictures": (EDITS, [("image", files.rgba()), ("image", files.rgba()), PROMPT], "image"),
    "two pictures in two ways": (VARIATIONS, [("image", files.rgb()), ("image[]", files.rgb())], "image"),
    "two masks": (EDITS, [("image", files.rgb()), ("mask", files.rgba()), ("mask", files.rgba()), PROMPT], "mask"),
    "a picture as text": (VARIATIONS, [("image", "iVBORw0KGgo=")], "image"),
    "a prompt as a file": (EDITS, [("image", files.rgba()), ("prompt", b"a large red heart")], "prompt"),
    "a path for a name": (VARIATIONS, [("image", files.rgb()), ("../../etc/passwd", b"x")], None),
    "n is a word": (VARIATIONS, [("image", files.rgb()), ("n", "two")], "n"),
    "n = 11": (VARIATIONS, [("image", files.rgb()), ("n", "11")], "n"),
    "stream is yes": (EDITS, [("image", files.rgba()), PROMPT, ("stream", "yes")], "stream"),
    "a mask of another size": (EDITS, [("image", files.rgb()), ("mask", files.rgba(side=16)), PROMPT], "mask"),
    "a mask without alpha": (EDITS, [("image", files.rgb()), ("mask", files.rgb()), PROMPT], "mask"),
    "neither mask nor alpha": (EDITS, [("image", files.rgb()), PROMPT], "mask"),
    "an edit that is not square": (EDITS, [("image", files.png(16, 8, b"".join(b"\0" + b"\1\2\3" * 16 for _ in range(8)))), PROMPT], "image"),
    "a mask that is no picture": (EDITS, [("image", files.rgb()), ("mask", b"mask"), PROMPT], "mask"),
}


@pytest.mark.parametrize("path, parts, param", cases(PARTS))
def test_a_part_that_cannot_be_is_named(cluster, path, parts, param):
  error_of(post_form(cluster.http, path, parts), 400, param)

"""Tests of committed_text: what is found, and what is left alone."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from check import committed_text  # pylint: disable=wrong-import-position


@pytest.mark.parametrize(
    "line",
    [
        'open("/ho' 'me/anna/model")',
        "cd /wor" "k/unclip",
        "--out /tm" "p/picture.png",
        "PYTHON=/roo" "t/.pyenv/bin/python",
        "index: https://pypi.or" "g/simple",
        '"resolved": "https://registry.npmjs.or' 'g/x.tgz"',
    ],
)
def test_finds(line):
  found = committed_text.complaints("file", "first\n" + line)
  assert len(found) == 1
  assert found[0].startswith("file:2: ")


@pytest.mark.parametrize(
    "line",
    [
        '#include "common/home/x.h"',
        "${HOME:-/root}/.cache",
        "the working folder /work",
        "ls ./tm" "p/x",
        "PyPI and the npm registry",
        "$TMPDIR/tmp/x",
    ],
)
def test_leaves_alone(line):
  assert committed_text.complaints("file", line) == []

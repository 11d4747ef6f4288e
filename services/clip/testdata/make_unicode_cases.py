"""Makes unicode-cases.json: python3 make_unicode_cases.py (needs transformers 4.57.1 and tokenizers 0.22.1)."""

import json
import pathlib
import random

from transformers import CLIPTokenizerFast

HERE = pathlib.Path(__file__).parent
RANDOM = random.Random(20251121)

WHITE_SPACE = [
    " ", "  ", "\t", "\n", "\r\n", "\v", "\f", "\x1c", "\x1f", "\x85", "\xa0", "\u1680", "\u180e", "\u2000", "\u2007", "\u200b", "\u200c",
    "\u200d", "\u2028", "\u2029", "\u202f", "\u205f", "\u2060", "\u3000", "\ufeff", "\x00", "\x7f", "\u2800", "\u3164",
]
SPECIAL = [
    "<|endoftext|>", "<|startoftext|>", "<|ENDOFTEXT|>", "<|StartOfText|>", "<|endoftext", "endoftext|>", "<|en<|endoftext|>doftext|>",
    "<|endoftext|><|endoftext|>", "!", "!!!", "</w>", "<|endofte\u017ft|>", "<|start\u00a0oftext|>",
]
CONTRACTIONS = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'RE", "'Ve", "\u2019s", "''", "'sx", " 's", "'lll"]
CASES = [
    "\u03a3", "\u0391\u03a3", "\u03c2", "\u0130", "\u0131", "\u01c5", "\u1e9e", "\xdf", "\ufb00", "\u0149", "\u0390", "\u2167", "\u24b6",
    "\u212a", "\u212b", "\u2126", "\u1c89", "\ua7cb", "\ua7dc", "\U00010d50", "\U00010d65", "\U0001e921",
]
NUMBERS = ["\xbd", "\xb2", "\u0663", "\u0966", "\U0001d7d8", "\u3007", "\u4e00", "\U00010d40", "\U0001ccf0", "\u2182", "3.14"]
MARKS = [
    0x300, 0x301, 0x302, 0x323, 0x334, 0x345, 0x591, 0x5BF, 0x610, 0x64B, 0x93C, 0x94D, 0xE38, 0xF71, 0xF72, 0xF73, 0x1AB0, 0x1AC1, 0x1DC0,
    0x1DFA, 0x20D0, 0x302A, 0x3099, 0x16FF0, 0x1D165, 0x1E8D0, 0x1E944, 0x10D69,
]
PLANES = [
    (0, 0x7F), (0x80, 0x24F), (0x250, 0x5FF), (0x600, 0x1FFF), (0x2000, 0x2BFF), (0x2C00, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x1FFFF),
    (0x1F300, 0x1FAFF), (0x20000, 0x3FFFF), (0xE0000, 0x10FFFF),
]


def plane():
    return chr(RANDOM.randint(*RANDOM.choice(PLANES)))


def marked():
    return RANDOM.choice("aeioAEIO\u0391\u03c9\uac00\u1100\u25cc ") + "".join(chr(RANDOM.choice(MARKS)) for _ in range(RANDOM.randint(1, 4)))


def jamo():
    return "".join(chr(RANDOM.choice([RANDOM.randint(0x1100, 0x1112), RANDOM.randint(0x1161, 0x1175), RANDOM.randint(0x11A8, 0x11C2)])) for _ in range(3))


def family():
    return "\u200d".join(RANDOM.choice("\U0001f468\U0001f469\U0001f467\U0001f3fd\u2764\ufe0f") for _ in range(3))


def word():
    return RANDOM.choice(["cat", "Photo", "NA\u00cfVE", "caf\u00e9", "it", "o'clock", "4K", "\u6771\u4eac", "\u043f\u0440\u0438\u0432\u0435\u0442"])


GENERATORS = [plane, plane, marked, jamo, family, word, word] + [
    lambda choices=choices: RANDOM.choice(choices) for choices in (WHITE_SPACE, SPECIAL, CONTRACTIONS, CASES, NUMBERS)
]


def texts():
    for choices in (WHITE_SPACE, SPECIAL, CONTRACTIONS, CASES, NUMBERS):
        for text in choices:
            yield "a" + text + "b " + text
    for mark in MARKS:
        yield "\u25cc\u0301" + chr(mark) + "\u0334"
    for _ in range(400):
        yield "".join(RANDOM.choice(GENERATORS)() for _ in range(RANDOM.randint(1, 20)))


tokenizer = CLIPTokenizerFast(str(HERE / "tokenizer/vocab.json"), str(HERE / "tokenizer/merges.txt"))
lines = ",\n".join(json.dumps({"text": text, "ids": tokenizer(text)["input_ids"]}) for text in texts())
(HERE / "unicode-cases.json").write_text("[\n" + lines + "\n]\n")

"""Makes preprocessor-cases.json: python3 make_preprocessor_cases.py (needs transformers 4.57.1 and pillow 13.0.0)."""

import json
import pathlib

import numpy as np
from PIL import Image
from transformers import CLIPImageProcessor

HERE = pathlib.Path(__file__).parent
CLIP = {"image_processor_type": "CLIPImageProcessor"}
CONFIGS = [
    CLIP | {"size": {"shortest_edge": 8}, "crop_size": {"height": 8, "width": 8}},
    {"feature_extractor_type": "CLIPFeatureExtractor", "size": 6, "crop_size": 6, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.5, 0.6, 0.7]},
    CLIP | {"size": {"height": 5, "width": 9}, "do_center_crop": False, "resample": 1},
    CLIP | {"size": {"shortest_edge": 5}, "crop_size": {"height": 8, "width": 7}, "resample": 2},
    CLIP | {"do_resize": False, "crop_size": {"height": 7, "width": 10}},
    CLIP | {"size": 7, "crop_size": {"height": 7, "width": 4}, "do_rescale": False},
    CLIP | {"size": 7, "crop_size": 6, "do_normalize": False, "rescale_factor": 0.01},
]
SIZES = [(12, 12), (13, 8), (7, 16), (5, 6), (9, 25)]


def test_picture(width, height):
    """The same as TestPicture() in image_preprocessor_test.cc."""
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return ((x * 73 + y * 151 + c * 199 + x * y * 31 + (x // 3) * (y // 2) * 57) % 256).astype(np.uint8)


def cases():
    for config in CONFIGS:
        processor = CLIPImageProcessor(**config)
        for width, height in SIZES:
            values = processor(images=Image.fromarray(test_picture(width, height)), return_tensors="np")["pixel_values"][0]
            yield {"config": config, "picture": [width, height], "shape": list(values.shape), "values": [float(v) for v in values.flatten()]}


lines = ",\n".join(json.dumps(case) for case in cases())
(HERE / "preprocessor-cases.json").write_text("[\n" + lines + "\n]\n")

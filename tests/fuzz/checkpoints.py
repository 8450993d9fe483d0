"""Folders that are almost models: tiny valid ones with fields and bytes of their files changed, cut or swapped."""

import json
import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import torch

from dashboard.models import zoo
from dashboard.models.classifier import ModelError
from tests.models.tiny import FAMILIES, save

KIND = "checkpoints"
NAMES = ("vit", "dinov2", "clip")
FILES = ("config.json", "preprocessor_config.json", "model.safetensors")
VALUES = (
    None, True, False, 0, -1, 1, 7, 10**6, 10**12, 0.5, 1e300, float("nan"), "", "32", "\ud800", "x" * 5000, [], [0], [[1]], {},
    {"a": 1}, "hub/kernel", "/etc/passwd",
)  # fmt: skip
FIELDS = (
    "num_labels", "depths", "auto_map", "quantization_config", "_attn_implementation", "transformers_weights", "do_resize",
    "do_center_crop", "crop_size", "problem_type", "architectures", "attribute_map", "device", "return_tensors",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One folder's files by name."""

    made: str
    files: dict[str, bytes]

    def __str__(self) -> str:
        return self.made


@cache
def originals() -> dict[str, dict[str, bytes]]:
    """The files of a few tiny models."""
    found = {}
    for name in NAMES:
        folder = Path(mkdtemp())
        save(FAMILIES[name].build(), folder)
        found[name] = {file: (folder / file).read_bytes() for file in FILES}
        shutil.rmtree(folder)
    return found


def cases(seed: int, count: int) -> Iterator[Case]:
    """Each is a valid folder with one to three changes."""
    for index in range(count):
        dice = random.Random(f"{seed}-{index}")
        name = dice.choice(NAMES)
        data, made = dict(originals()[name]), name
        for _ in range(dice.randint(1, 3)):
            file = dice.choice(FILES)
            change = change_bytes if file.endswith(".safetensors") or dice.random() < 0.2 else change_field
            data[file], words = change(data[file], dice)
            made += f", {file}: {words}"
        yield Case(made, data)


def check(case: Case) -> None:
    """It loads, or one sentence without the server's paths says why not."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file, data in case.files.items():
            (folder / file).write_bytes(data)
        try:
            load_like_the_zoo(folder)
        except ModelError as error:
            sentence = str(error)
            sentence.encode()
            assert sentence
            assert "\n" not in sentence
            assert name not in sentence
            assert len(sentence) < 1000


def load_like_the_zoo(folder: Path) -> None:
    """Through the boundary that every loader has."""
    before = os.environ.get("DASHBOARD_MODELS")
    os.environ["DASHBOARD_MODELS"] = str(folder.parent)
    try:
        zoo.load(f"hf/{folder.name}", device=torch.device("cpu"), may_download=False)
    finally:
        if before is None:
            del os.environ["DASHBOARD_MODELS"]
        else:
            os.environ["DASHBOARD_MODELS"] = before


def change_field(data: bytes, dice: random.Random) -> tuple[bytes, str]:
    """One field, at any depth, becomes another value or goes; or a field is added."""
    try:
        found: Any = json.loads(data)
    except ValueError:
        return change_bytes(data, dice)
    if not isinstance(found, dict):
        return change_bytes(data, dice)
    place = found
    while parts := [value for value in place.values() if isinstance(value, dict) and value]:
        if dice.random() < 0.6:
            break
        place = dice.choice(parts)
    key = dice.choice([*place, *FIELDS])
    if dice.random() < 0.15:
        place.pop(key, None)
        return json.dumps(found).encode(), f"without {key}"
    place[key] = dice.choice(VALUES)
    return json.dumps(found).encode(), f"{key} is {ascii(place[key])[:40]}"


def change_bytes(data: bytes, dice: random.Random) -> tuple[bytes, str]:
    """A few bytes of the first thousand become others, or the end is missing."""
    if not data or dice.random() < 0.3:
        return data[: dice.randrange(len(data) + 1)], "cut"
    broken = bytearray(data)
    for _ in range(dice.randint(1, 5)):
        broken[dice.randrange(min(len(broken), 1000))] = dice.randrange(256)
    return bytes(broken), "other bytes"

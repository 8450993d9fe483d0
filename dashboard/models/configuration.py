"""What a Hugging Face folder says of its model in JSON, judged before anything is built of it.

Only fields that the model's own class declares are handed on, so no other can make transformers fetch, run or open a thing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from transformers import PreTrainedConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES

from dashboard.models.classifier import ModelError, unusable
from dashboard.models.files import read_json

CLASSIFIERS = set(MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES) - {"shieldgemma2"}  # this one needs text as well
LABELS = 100_000  # classes of a model; ImageNet-21k has 21,841
NAME_LETTERS = 1_000  # of a class's name
UNSAID = 2  # classes that transformers assumes where a file names none
LAYERS = 512  # in any one number that counts layers or blocks
NUMBER = 1_000_000  # any other number of a configuration
SIDE = 2_048  # pixels that a processor may resize or crop a side to
LEAST_CROP = 0.1  # of a side

CONFIG, PROCESSOR, NESTED = "config.json", "preprocessor_config.json", "processor_config.json"
LAYER_COUNT = re.compile(r"(?:^|_)(?:layers|depths?|blocks|stages)(?:_|$)")
SIZE = re.compile(r"(?:^|_)(?:image|patch|hidden)_sizes?$")
ATTENTION = re.compile(r"_?(?:attn|experts)_implementation(?:_internal)?")
OWN_ATTENTION = (None, "", "eager", "sdpa", "flash_attention_2", "flash_attention_3", "flex_attention", "paged_attention")
PROCESSOR_NAME = re.compile(r"[A-Za-z0-9_]{1,80}(?:ImageProcessor|FeatureExtractor)(?:Fast|Pil)?", re.ASCII)

REFUSED = {
    "auto_map": "asks for code of its own, which is never run",
    "custom_pipelines": "asks for code of its own, which is never run",
    "custom_generate": "asks for code of its own, which is never run",
    "use_kernels": "asks for code from the hub, which is never run",
    "kernel_config": "asks for code from the hub, which is never run",
    "quantization_config": "is for quantized weights (bitsandbytes, quanto, GPTQ …): expected plain ones",
    "compression_config": "is for quantized weights (bitsandbytes, quanto, GPTQ …): expected plain ones",
    "transformers_weights": "names another file of weights: expected model.safetensors",
    "backbone": "asks for another model: expected one that is whole in itself",
    "backbone_config": "asks for another model: expected one that is whole in itself",
    "use_timm_backbone": "asks for another model: expected one that is whole in itself",
    "use_pretrained_backbone": "asks for another model: expected one that is whole in itself",
}


def configuration_of(folder: Path, root: Path, title: str) -> tuple[PreTrainedConfig, Any]:
    """The configuration of an image classifier, and its `id2label` as the file has it.

    transformers never sees the names: it refuses some, and gives others to the wrong outputs.

    Raises:
        ModelError: the file describes no image classifier, or asks for what is refused; the text says what was expected.
    """
    found = read_json(folder, CONFIG, root, title)
    if found is None:
        raise unusable(title, f"{CONFIG} is missing.")
    kind = found.get("model_type")
    if kind == "timm_wrapper" or (kind is None and "architecture" in found):
        raise ModelError(f"{title} is a timm checkpoint, which isn't supported here: expected one of transformers.")
    _refuse(found, title, CONFIG)
    if not isinstance(kind, str) or kind not in CLASSIFIERS:
        raise unusable(title, f"expected a model_type such as vit or resnet in {CONFIG}, got {_shown(kind)}.")
    count, names = _labels(found, title)
    kept = _declared(CONFIG_MAPPING[kind], found)
    _bound(kept, title)
    config = CONFIG_MAPPING[kind](
        **kept,
        id2label={index: str(index) for index in range(count)},
        problem_type=found.get("problem_type"),
        architectures=[name for name in _list(found.get("architectures")) if isinstance(name, str)],
    )
    return config, names


def processor_of(folder: Path, root: Path, title: str) -> dict[str, Any]:
    """The settings of a model's image processor, as a JSON object for transformers.

    Raises:
        ModelError: there are none, or they ask for what is refused; the text says what was expected.
    """
    nested = (read_json(folder, NESTED, root, title) or {}).get("image_processor")
    found = nested if isinstance(nested, dict) else read_json(folder, PROCESSOR, root, title)
    if found is None:
        raise unusable(title, f"{PROCESSOR} is missing.")
    _refuse(found, title, PROCESSOR)
    for key in ("image_processor_type", "feature_extractor_type"):
        if key in found and not (isinstance(found[key], str) and PROCESSOR_NAME.fullmatch(found[key])):
            raise unusable(title, f"{PROCESSOR}: expected {key} such as ViTImageProcessor, got {_shown(found[key])}.")
    for key, value in _numbers(found):
        if ("size" in key or "edge" in key) and not 0 < value <= SIDE:
            raise unusable(title, f"{PROCESSOR}: expected {key} from 1 to {SIDE:,} pixels, got {_shown(value)}.")
    for key in ("size", "crop_size", "pad_size"):
        if any(not isinstance(each, int | float | None) for each in _leaves(found.get(key))):
            raise unusable(title, f"{PROCESSOR}: expected {key} in whole numbers of pixels, got {_shown(found[key])}.")
    share = found.get("crop_pct")
    if share is not None and not (_is_number(share) and LEAST_CROP <= share <= 1):
        raise unusable(title, f"{PROCESSOR}: expected crop_pct from {LEAST_CROP} to 1, got {_shown(share)}.")
    return {key: value for key, value in found.items() if key != "processor_class"}


def _labels(found: Mapping[str, Any], title: str) -> tuple[int, Any]:
    """How many classes the file names or counts, and `id2label` as it is."""
    names, count = found.get("id2label"), found.get("num_labels")
    if count is not None and not (_is_whole(count) and 0 < count <= LABELS):
        raise unusable(title, f"{CONFIG}: expected num_labels from 1 to {LABELS:,}, got {_shown(count)}.")
    if names is None:
        return count or UNSAID, names
    if not isinstance(names, dict | list):
        raise unusable(title, f"{CONFIG}: expected id2label to map the index of each class to its name, got {_shown(names)}.")
    if len(names) > LABELS:
        raise unusable(title, f"{CONFIG}: expected at most {LABELS:,} classes in id2label, got {len(names):,}.")
    for name in names.values() if isinstance(names, dict) else names:
        if len(str(name)) > NAME_LETTERS:
            raise unusable(
                title, f"{CONFIG}: expected names of at most {NAME_LETTERS:,} letters in id2label, got {_shown(name)}."
            )
    return max(len(names), 1), names


def _declared(kind: type[PreTrainedConfig], found: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that a class of configurations declares itself, those of its parts included."""
    own = {field.name for field in fields(kind)} - {field.name for field in fields(PreTrainedConfig)}
    own |= {other for other, name in kind.attribute_map.items() if name in own}
    parts: Any = kind.sub_configs  # declared by transformers in a way that type checkers can't follow
    kept = {}
    for key in own & set(found):
        part, value = parts.get(key), found[key]
        kept[key] = _declared(part, value) if part is not None and isinstance(value, dict) else value
    return kept


def _refuse(found: Mapping[str, Any], title: str, file: str) -> None:
    for key, value in _fields(found):
        if key in REFUSED and value:
            raise unusable(title, f"{file} {REFUSED[key]} ({key}).")
        if ATTENTION.fullmatch(key) and any(each not in OWN_ATTENTION for each in _leaves(value)):
            raise unusable(title, f"{file} asks for code from the hub, which is never run ({key}).")


def _bound(found: Mapping[str, Any], title: str) -> None:
    for key, value in _fields(found):
        if SIZE.search(key) and any(not _is_whole(each) or each < 1 for each in _leaves(value) if each is not None):
            raise unusable(title, f"{CONFIG}: expected {key} to be a whole number from 1, got {_shown(value)}.")
        if LAYER_COUNT.search(key) and isinstance(value, list) and len(value) > LAYERS:
            raise unusable(title, f"{CONFIG}: expected {key} to have at most {LAYERS} entries, got {len(value):,}.")
    for key, value in _numbers(found):
        most = LAYERS if LAYER_COUNT.search(key) else NUMBER
        if not -most <= value <= most:
            raise unusable(title, f"{CONFIG}: expected {key} to be at most {most:,}, got {_shown(value)}.")


def _fields(found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every field with its value, at any depth; names of classes are no fields."""
    for key, value in found.items():
        if key in ("id2label", "label2id", "num_labels"):
            continue
        yield key, value
        for part in [value] if isinstance(value, dict) else _list(value):
            if isinstance(part, dict):
                yield from _fields(part)


def _numbers(found: Mapping[str, Any]) -> Iterator[tuple[str, int | float]]:
    for key, value in _fields(found):
        if isinstance(value, dict) and not any(isinstance(each, dict | list) for each in value.values()):
            yield from ((f"{key}.{name}", each) for name, each in value.items() if _is_number(each))
        else:
            yield from ((key, each) for each in _leaves(value) if _is_number(each))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    """A value from a file in a message: its beginning, in ASCII."""
    text = ascii(value) if not _is_whole(value) or abs(value) < 10**15 else "a number of many digits"
    return text if len(text) <= 60 else text[:57] + "…"

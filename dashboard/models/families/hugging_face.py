"""Image classifiers of Hugging Face's transformers: keys `hf/<hub id, or folder below DASHBOARD_MODELS>`.

What the models give is measured, not looked up by their names.
"""

import copy
import inspect
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AutoImageProcessor, PreTrainedConfig
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask
from transformers.models.auto.auto_factory import _get_model_class
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING

from dashboard.evidence import AttentionMaps, Evidence, FeatureMaps
from dashboard.models.answers import activation_of, output_names
from dashboard.models.bounded import Bounded
from dashboard.models.classifier import ModelError, said
from dashboard.models.configuration import LABELS, PROCESSOR, configuration_of, processor_of
from dashboard.models.device import Report, is_out_of_memory, silent
from dashboard.models.downloads import NotHere, cached_folder, fetch_from_hub, is_hub_id
from dashboard.models.families.family import IMAGENET, Checkpoint
from dashboard.models.fetching import Download
from dashboard.models.files import NO_WEIGHTS, local_folder, local_path, weights_of
from dashboard.models.network import Network
from dashboard.models.observers.attention import check_tokens
from dashboard.models.observers.exported import exported
from dashboard.models.observers.recording import is_recording, recorded_attention, recording
from dashboard.models.preprocessing import Preprocessing, from_processor
from dashboard.settings import settings

IMAGENET_21K = "ImageNet-21k, then ImageNet-1k"
LVD = f"LVD-142M, head {IMAGENET}"
CIFAR = "CIFAR-10"
RECORDING = "recording"
SAFE = {"local_files_only": True, "trust_remote_code": False}


def _hub(name: str, title: str, data: str, megabytes: float | None, parameters: float | None, accuracy: float | None,
         licence: str = "Apache-2.0") -> Checkpoint:  # fmt: skip
    return Checkpoint(f"hf/{name}", title, AttentionMaps, data, megabytes, parameters, accuracy, licence)


# Figures are from the models' cards and papers: ViT (arXiv:2010.11929), DeiT (arXiv:2012.12877), BEiT (arXiv:2106.08254),
# DINOv2 (arXiv:2304.07193), with registers (arXiv:2309.16588).
WELL_KNOWN: tuple[Checkpoint, ...] = (
    _hub("google/vit-base-patch16-224", "ViT-B/16", IMAGENET_21K, 346, 86.6, None),
    _hub("google/vit-large-patch16-224", "ViT-L/16", IMAGENET_21K, 1217, 304.3, None),
    _hub("facebook/deit-tiny-patch16-224", "DeiT-Ti/16", IMAGENET, 23, 5.7, 72.2),
    _hub("facebook/deit-small-patch16-224", "DeiT-S/16", IMAGENET, 88, 22.1, 79.9),
    _hub("facebook/deit-base-patch16-224", "DeiT-B/16", IMAGENET, 346, 86.6, 81.8),
    _hub("facebook/deit-small-distilled-patch16-224", "DeiT-S/16 distilled", IMAGENET, 90, 22.4, 81.2),
    _hub("facebook/deit-base-distilled-patch16-224", "DeiT-B/16 distilled", IMAGENET, 349, 87.3, 83.4),
    _hub("microsoft/beit-base-patch16-224", "BEiT-B/16", IMAGENET_21K, 350, 86.5, 85.2),
    _hub("facebook/dinov2-small-imagenet1k-1-layer", "DINOv2-S/14", LVD, 91, 22.8, 81.1),
    _hub("facebook/dinov2-base-imagenet1k-1-layer", "DINOv2-B/14", LVD, 352, 88.1, 84.5),
    _hub("facebook/dinov2-with-registers-small-imagenet1k-1-layer", "DINOv2-S/14 with registers", LVD, 91, 22.8, 80.9),
    _hub("facebook/dinov2-with-registers-base-imagenet1k-1-layer", "DINOv2-B/14 with registers", LVD, 352, 88.1, 84.6),
    _hub("Andron00e/CLIPForImageClassification-v1", "CLIP classifier", f"web pairs, then {CIFAR}", None, None, 82.6),
    _hub("prithivMLmods/Watermark-Detection-SigLIP2", "SigLIP 2 B/16: watermark?", "WebLI, then watermarks", 372, 92.9, None),
)


def recording_attention(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None,
    scaling: float | None = None, dropout: float = 0.0, **options: Any,
) -> tuple[Tensor, Tensor | None]:  # fmt: skip
    """The attention function that transformers calls: plain SDPA; inside `recording()`, one that also keeps its weights."""
    if not is_recording():
        options["is_causal"] = False
        return sdpa_attention_forward(module, query, key, value, attention_mask, scaling=scaling, **options)
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    return recorded_attention(query, key, value, attention_mask, scale).transpose(1, 2).contiguous(), None


AttentionInterface.register(RECORDING, recording_attention)
AttentionMaskInterface.register(RECORDING, sdpa_mask)  # without it, transformers drops the masks silently


class HuggingFace:
    """Image classifiers in the format of Hugging Face, from the hub or from a person's folder below `DASHBOARD_MODELS`.

    A name is a hub id or a folder's path below `DASHBOARD_MODELS`; where it is both, the folder is opened.
    """

    prefix: ClassVar[str] = "hf"
    well_known: ClassVar[tuple[Checkpoint, ...]] = WELL_KNOWN
    others: ClassVar[tuple[Checkpoint, ...]] = ()

    def is_here(self, name: str) -> bool:
        return not is_hub_id(name) or local_path(name) is not None or cached_folder(name) is not None

    def own_path(self, name: str) -> str:
        return name

    def own_title(self, name: str, title: str) -> str:
        return f"{name} (your folder)"

    def own_names(self, files: Sequence[Path]) -> list[str]:
        folders = sorted(path.parent for path in files if path.name == "config.json" and path.parent != Path())
        return [folder.as_posix() for folder in folders]

    def inspect(self, name: str, title: str) -> None:
        folder, root = local_folder(name), settings().models
        if folder is None or root is None:
            return
        configuration_of(folder.resolve(), root.resolve(), title)
        processor_of(folder.resolve(), root.resolve(), title)
        if not any(folder.glob("*.safetensors")):
            raise ModelError(NO_WEIGHTS.format(title))

    def fetch(self, name: str, title: str, download: Download) -> None:
        fetch_from_hub(name, title, download)

    def open(self, name: str, title: str, report: Report, device: torch.device) -> Network:
        folder, source, root = local_folder(name), "local folder", settings().models
        if folder is None:
            folder, source = cached_folder(name), "Hugging Face hub"
            if folder is None:
                raise NotHere(title)
            # A snapshot holds links to files in a folder beside it.
            root = folder.parents[1] if folder.parent.name == "snapshots" else folder
        report(f"Loading {title} …")
        return read_folder(folder, f"{self.prefix}/{name}", title, source, device, root, report)


def read_folder(
    folder: Path, key: str, title: str, source: str, device: torch.device, root: Path | None = None, report: Report = silent
) -> Network:
    """A folder's classifier with its image processor. The caller holds the load lock.

    No file outside `root`, by default the folder itself, is opened.

    Raises:
        ModelError: the folder holds no image classifier that can be used; the text says what is wrong.
    """
    model, preprocessing, labels = _read(folder.resolve(), (root or folder).resolve(), title, report)
    return network_of(model.requires_grad_(False).eval().to(device), key, title, labels, preprocessing, source)


def network_of(
    model: nn.Module, key: str, title: str, labels: tuple[str, ...], preprocessing: Preprocessing, source: str
) -> Network:
    """A transformers model as a `Network`. Its attention is recorded by the attention function that the model was built with;
    an architecture that takes no such function returns its attention maps itself.
    """
    config = _config(model)
    recorded = config._attn_implementation == RECORDING
    stretch = _stretches(model)

    def forward(module: nn.Module, pixels: Tensor) -> Tensor:
        check_tokens(module, _vision(module), pixels, title)
        return module(pixels, **_options(module, pixels, stretch)).logits

    def record(module: nn.Module, pixels: Tensor) -> tuple[Tensor, Sequence[Tensor]]:
        if recorded:
            with recording() as maps:
                return forward(module, pixels), maps
        check_tokens(module, _vision(module), pixels, title)
        output = module(pixels, output_attentions=True, **_options(module, pixels, stretch))
        return output.logits, [maps for maps in getattr(output, "attentions", None) or () if maps is not None]

    refusals: dict[type[Evidence], str] = {
        FeatureMaps: f"{title} comes from Hugging Face: CAM is read from torchvision's networks alone."
    }
    return Network(
        key, title, model, labels, preprocessing, source, graph=exported, forward=forward, record=record,
        layers=getattr(config, "num_hidden_layers", None), refusals=refusals,
        activation=activation_of(config.problem_type, len(labels)),
    )  # fmt: skip


def _read(folder: Path, root: Path, title: str, report: Report) -> tuple[nn.Module, Preprocessing, tuple[str, ...]]:
    """The network, its preprocessing and the names of its outputs.

    transformers is given the configuration and the tensors that were read and checked here; it opens no person's folder.
    """
    config, id2label = configuration_of(folder, root, title)
    processor = _processor(processor_of(folder, root, title), config)
    state = weights_of(folder, root, title, report)
    try:
        try:
            model = _with_weights(config, state, RECORDING, title)
        except (KeyError, ValueError) as error:  # an architecture that takes no attention function, such as Data2Vec
            if RECORDING not in str(error) and "attention" not in str(error).lower():
                raise
            model = _with_weights(config, state, "eager", title)
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise
        raise ModelError(f"{title}: the weights do not fit the model's configuration ({said(error)})") from error
    return model, from_processor(processor), output_names(id2label, len(_config(model).id2label))


def _processor(found: dict[str, Any], config: PreTrainedConfig) -> Any:
    """transformers' image processor, read from a temporary folder that holds the checked configuration `found` alone."""
    with TemporaryDirectory() as clean:
        Path(clean, PROCESSOR).write_text(json.dumps(found))
        return AutoImageProcessor.from_pretrained(clean, config=config, **SAFE)


def _with_weights(config: PreTrainedConfig, state: dict[str, Tensor], attention: str, title: str) -> nn.Module:
    """The network filled with its weights. Where the weights have more outputs than the configuration names, all are kept."""
    model, report = _loaded(config, state, attention)
    found = {shape[0] for _, shape, _ in report["mismatched_keys"] if shape}
    if len(found) == 1 and len(config.id2label or ()) < max(found) <= LABELS:
        config.num_labels = max(found)
        model, report = _loaded(config, state, attention)
    for name, shape, expected in sorted(report["mismatched_keys"]):
        raise ModelError(
            f"{title}: the weights do not fit the model's configuration: "
            f"{name[:80]} is {tuple(shape)} in the file, expected {tuple(expected)}."
        )
    missing = sorted(report["missing_keys"])
    if missing:
        raise ModelError(
            f"{title}: {len(missing)} weights are missing ({missing[0]}, …), "
            "so its answers would be random: expected a trained classifier."
        )
    return model


def _loaded(config: PreTrainedConfig, state: dict[str, Tensor], attention: str) -> tuple[nn.Module, dict[str, Any]]:
    kind = _get_model_class(config, MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING)
    with Bounded(state):
        return kind.from_pretrained(
            None, config=copy.deepcopy(config), state_dict=dict(state), dtype=torch.float32, attn_implementation=attention,
            output_loading_info=True, ignore_mismatched_sizes=True, **SAFE,
        )  # fmt: skip


def _stretches(model: nn.Module) -> bool:
    """Whether the model can stretch its position embeddings to photos of another size. CLIP's own forward does not name that
    option, but passes it on to a module that does: so all modules are looked at.
    """
    return any("interpolate_pos_encoding" in inspect.signature(module.forward).parameters for module in model.modules())


def _options(model: nn.Module, pixels: Tensor, stretch: bool) -> dict[str, bool]:
    return {"interpolate_pos_encoding": True} if stretch and not _native(model, pixels) else {}


def _config(model: nn.Module) -> Any:
    """The configuration that a transformers model keeps."""
    return model.config


def _vision(model: nn.Module) -> Any:
    """The configuration of the part of a model that looks at photos."""
    return getattr(model.config, "vision_config", model.config)


def _native(model: nn.Module, pixels: Tensor) -> bool:
    config = _vision(model)
    size = getattr(config, "image_size", None)
    return tuple(pixels.shape[2:]) == ((size, size) if isinstance(size, int) else tuple(size or ()))

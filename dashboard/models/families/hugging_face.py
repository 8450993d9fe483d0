"""Hugging Face image classifiers from a folder on disk. What they can give is measured, not looked up."""

import copy
import inspect
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AutoImageProcessor, PreTrainedConfig
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask
from transformers.models.auto.auto_factory import _get_model_class
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING

from dashboard.evidence import FeatureMaps, Probe
from dashboard.models.answers import accepted, activation_of, output_names
from dashboard.models.bounded import Bounded
from dashboard.models.classifier import Classifier, DoesNotFit, Fit, ModelError, measured, probe_observer, refused, said
from dashboard.models.configuration import LABELS, PROCESSOR, configuration_of, processor_of
from dashboard.models.device import is_out_of_memory
from dashboard.models.files import weights_of
from dashboard.models.observers.attention import OF_TOKENS, Run, attention_observers, check_tokens
from dashboard.models.observers.exported import exported
from dashboard.models.observers.recording import is_recording, recorded_attention, recording
from dashboard.models.observers.stages import OF_STAGES, stage_observers
from dashboard.models.preprocessing import Preprocessing, from_processor

RECORDING = "recording"
SAFE = {"local_files_only": True, "trust_remote_code": False}


def recording_attention(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None,
    scaling: float | None = None, dropout: float = 0.0, **options: Any,
) -> tuple[Tensor, Tensor | None]:  # fmt: skip
    """transformers' attention interface: SDPA, or the same with its weights kept while `recording()`."""
    if not is_recording():
        options["is_causal"] = False
        return sdpa_attention_forward(module, query, key, value, attention_mask, scaling=scaling, **options)
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    return recorded_attention(query, key, value, attention_mask, scale).transpose(1, 2).contiguous(), None


AttentionInterface.register(RECORDING, recording_attention)
AttentionMaskInterface.register(RECORDING, sdpa_mask)  # or masks would be dropped without a word


def load_folder(
    folder: Path, title: str, source: str, device: torch.device, root: Path | None = None, **facts: Any
) -> Classifier:
    """Loads a classifier with its image processor; call it under the load lock. `facts` are further fields of a Classifier.

    No file outside `root`, by default the folder itself, is opened.

    Raises:
        ModelError: the folder holds no image classifier that can be used; the text says what is wrong.
    """
    model, preprocessing, labels = _read(folder.resolve(), (root or folder).resolve(), title)
    model = model.requires_grad_(False).eval().to(device)
    example, operations = accepted(_answering(model, title), preprocessing, len(labels), title, device)
    try:
        fit = _fit(model, title, example)
    except (RuntimeError, ValueError) as error:
        if is_out_of_memory(error):
            raise  # the loader's to answer
        raise ModelError(f"{title} can't look at a photo that its own processor prepared: {said(error)}") from error
    return Classifier(
        title=title, labels=labels, source=source, device=device, preprocessing=preprocessing,
        activation=activation_of(model.config.problem_type, len(labels)), operations=operations,
        **vars(fit), **measured(model), **facts,
    )  # fmt: skip


def _fit(model: nn.Module, title: str, example: Tensor) -> Fit:
    """Tokens where every layer attends globally, else stages of feature maps; questions about whole photos always."""
    answer = _answering(model, title)
    fit = Fit({Probe: probe_observer(answer, example)})
    fit |= refused((FeatureMaps,), f"{title} comes from Hugging Face: CAM is read from torchvision's networks alone.")
    layers = getattr(model.config, "num_hidden_layers", None)
    try:
        fit |= attention_observers(_runner(model, title), answer, model, title, example, layers)
        return fit | refused(OF_STAGES, f"{title} is a transformer without stages of feature maps.")
    except DoesNotFit as reason:
        fit |= refused(OF_TOKENS, str(reason))
    try:
        return fit | stage_observers(exported(model, title, example), title, example)
    except DoesNotFit as reason:
        return fit | refused(OF_STAGES, str(reason))


def _read(folder: Path, root: Path, title: str) -> tuple[nn.Module, Preprocessing, tuple[str, ...]]:
    """The network, its preprocessing and the names of its outputs.

    transformers is handed what was read and judged before, and sees no folder of a person's.
    """
    config, id2label = configuration_of(folder, root, title)
    processor = _processor(processor_of(folder, root, title), config)
    state = weights_of(folder, root, title)
    try:
        try:
            model = _with_weights(config, state, RECORDING, title)
        except (KeyError, ValueError) as error:  # a family without the attention interface, such as Data2Vec
            if RECORDING not in str(error) and "attention" not in str(error).lower():
                raise
            model = _with_weights(config, state, "eager", title)
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise
        raise ModelError(f"{title}: the weights do not fit the model's configuration ({said(error)})") from error
    return model, from_processor(processor), output_names(id2label, len(model.config.id2label))


def _processor(found: dict[str, Any], config: PreTrainedConfig) -> Any:
    """transformers' image processor, from a folder that holds nothing else."""
    with TemporaryDirectory() as clean:
        Path(clean, PROCESSOR).write_text(json.dumps(found))
        return AutoImageProcessor.from_pretrained(clean, config=config, **SAFE)


def _with_weights(config: PreTrainedConfig, state: dict[str, Tensor], attention: str, title: str) -> nn.Module:
    """The network with its weights; where these have more outputs than the configuration has names, with all of them."""
    model, report = _loaded(config, state, attention)
    found = {shape[0] for _, shape, _ in report["mismatched_keys"] if shape}
    if len(found) == 1 and len(config.id2label) < max(found) <= LABELS:
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


def _answering(model: nn.Module, title: str) -> Callable[[Tensor], Tensor]:
    """Pixels to logits, without a record of anything."""
    stretch = _stretches(model)

    def answer(pixels: Tensor) -> Tensor:
        check_tokens(model, _vision(model), pixels, title)
        return model(pixels, **_options(model, pixels, stretch)).logits

    return answer


def _stretches(model: nn.Module) -> bool:
    # CLIP's own forward does not name the option: it hands it down to the module that does.
    return any("interpolate_pos_encoding" in inspect.signature(module.forward).parameters for module in model.modules())


def _options(model: nn.Module, pixels: Tensor, stretch: bool) -> dict[str, bool]:
    return {"interpolate_pos_encoding": True} if stretch and not _native(model, pixels) else {}


def _runner(model: nn.Module, title: str) -> Run:
    """Records through the attention function; a model without it returns its maps itself."""
    recorded = model.config._attn_implementation == RECORDING
    stretch = _stretches(model)

    def run(pixels: Tensor) -> tuple[Tensor, Sequence[Tensor]]:
        check_tokens(model, _vision(model), pixels, title)
        options = _options(model, pixels, stretch)
        if not recorded:
            output = model(pixels, output_attentions=True, **options)
            return output.logits, [maps for maps in getattr(output, "attentions", None) or () if maps is not None]
        with recording() as maps:
            return model(pixels, **options).logits, maps

    return run


def _vision(model: nn.Module) -> PreTrainedConfig:
    """The configuration of the part that looks at photos."""
    return getattr(model.config, "vision_config", model.config)


def _native(model: nn.Module, pixels: Tensor) -> bool:
    config = _vision(model)
    size = getattr(config, "image_size", None)
    return tuple(pixels.shape[2:]) == ((size, size) if isinstance(size, int) else tuple(size or ()))

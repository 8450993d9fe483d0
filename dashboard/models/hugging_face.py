"""Hugging Face image classifiers from a folder on disk. What they can give is measured, not looked up."""

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import AttentionInterface, AutoImageProcessor, AutoModelForImageClassification
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

from dashboard.evidence import FeatureMaps, Probe
from dashboard.models.attention import OF_TOKENS, Run, attention_observers
from dashboard.models.classifier import Classifier, DoesNotFit, Fit, ModelError, measured, probe_observer, refused
from dashboard.models.exported import exported
from dashboard.models.preprocessing import Preprocessing, from_processor
from dashboard.models.recording import is_recording, recorded_attention, recording
from dashboard.models.stages import OF_STAGES, stage_observers

RECORDING = "recording"


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


def load_folder(folder: Path, title: str, source: str, device: torch.device, **facts: Any) -> Classifier:
    """Loads a classifier with its image processor; call it under the load lock. `facts` are further fields of a Classifier.

    Raises:
        ModelError: the folder holds no image classifier that can be used; the text says what is wrong.
    """
    model, preprocessing = _read(folder, title)
    model = model.requires_grad_(False).eval().to(device)
    example = _example(preprocessing).to(device)
    try:
        fit = _fit(model, title, example)
    except torch.OutOfMemoryError:
        raise  # a RuntimeError too, but the loader's to answer
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"{title} can't look at a photo that its own processor prepared: {_first_line(error)}") from error
    labels = tuple(name for _, name in sorted(model.config.id2label.items()))
    return Classifier(
        title=title, labels=labels, source=source, device=device, preprocessing=preprocessing,
        **vars(fit), **measured(model), **facts,
    )  # fmt: skip


def _fit(model: nn.Module, title: str, example: Tensor) -> Fit:
    """Tokens where every layer attends globally, else stages of feature maps; questions about whole photos always."""
    answer = _answering(model)
    fit = Fit({Probe: probe_observer(answer, example)})
    fit |= refused((FeatureMaps,), f"{title} comes from Hugging Face: CAM is read from torchvision's networks alone.")
    layers = getattr(model.config, "num_hidden_layers", None)
    try:
        fit |= attention_observers(_runner(model), answer, model, title, example, layers)
        return fit | refused(OF_STAGES, f"{title} is a transformer without stages of feature maps.")
    except DoesNotFit as reason:
        fit |= refused(OF_TOKENS, str(reason))
    try:
        return fit | stage_observers(exported(model, title, example), title, example)
    except DoesNotFit as reason:
        return fit | refused(OF_STAGES, str(reason))


def _read(folder: Path, title: str) -> tuple[nn.Module, Preprocessing]:
    safe = {"local_files_only": True, "trust_remote_code": False}
    try:
        processor = AutoImageProcessor.from_pretrained(folder, **safe)
        try:
            model = _from_pretrained(folder, RECORDING, safe)
        except (KeyError, ValueError) as error:  # a family without the attention interface, such as Data2Vec
            if RECORDING not in str(error) and "attention" not in str(error).lower():
                raise
            model = _from_pretrained(folder, "eager", safe)
    except SafetensorError as error:
        raise ModelError(f"{title}: the weights are damaged or cut short ({error}).") from error
    except RuntimeError as error:
        raise ModelError(f"{title}: the weights do not fit the model's configuration ({_first_line(error)})") from error
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:  # files of another shape than expected
        raise ModelError(f"{title} can't be loaded as an image classifier: {_first_line(error)}") from error
    return model, from_processor(processor)


def _from_pretrained(folder: Path, attention: str, safe: dict[str, bool]) -> nn.Module:
    model, report = AutoModelForImageClassification.from_pretrained(
        folder, use_safetensors=True, dtype=torch.float32, attn_implementation=attention, output_loading_info=True, **safe
    )
    missing = sorted(str(name) for name in (*report["missing_keys"], *report["mismatched_keys"]))
    if missing:
        raise ModelError(
            f"{folder.name}: {len(missing)} weights are missing or of another size ({missing[0]}, …), "
            "so its answers would be random: expected a trained classifier."
        )
    return model


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


def _example(preprocessing: Preprocessing) -> Tensor:
    """(1, 3, H, W): noise of the size that the model's own preprocessing gives a square photo."""
    noise = torch.randint(0, 256, (3, 256, 256), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return preprocessing.pixels(noise)[None]


def _answering(model: nn.Module) -> Callable[[Tensor], Tensor]:
    """Pixels to logits, without a record of anything."""
    stretch = _stretches(model)

    def answer(pixels: Tensor) -> Tensor:
        return model(pixels, **_options(model, pixels, stretch)).logits

    return answer


def _stretches(model: nn.Module) -> bool:
    # CLIP's own forward does not name the option: it hands it down to the module that does.
    return any("interpolate_pos_encoding" in inspect.signature(module.forward).parameters for module in model.modules())


def _options(model: nn.Module, pixels: Tensor, stretch: bool) -> dict[str, bool]:
    return {"interpolate_pos_encoding": True} if stretch and not _native(model, pixels) else {}


def _runner(model: nn.Module) -> Run:
    """Records through the attention function; a model without it returns its maps itself."""
    recorded = model.config._attn_implementation == RECORDING
    stretch = _stretches(model)

    def run(pixels: Tensor) -> tuple[Tensor, Sequence[Tensor]]:
        options = _options(model, pixels, stretch)
        if not recorded:
            output = model(pixels, output_attentions=True, **options)
            return output.logits, [maps for maps in getattr(output, "attentions", None) or () if maps is not None]
        with recording() as maps:
            return model(pixels, **options).logits, maps

    return run


def _native(model: nn.Module, pixels: Tensor) -> bool:
    config = getattr(model.config, "vision_config", model.config)
    size = getattr(config, "image_size", None)
    return tuple(pixels.shape[2:]) == ((size, size) if isinstance(size, int) else tuple(size or ()))

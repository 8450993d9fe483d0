"""What every family needs to know of a model: its outputs' names, what makes scores of them, and whether it answers a photo."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from dashboard.evidence import Activation
from dashboard.models.classifier import ModelError, said
from dashboard.models.device import is_out_of_memory
from dashboard.models.operations import Operations
from dashboard.models.preprocessing import Preprocessing

LOG = logging.getLogger(__name__)
SIDE = 256  # pixels of the square photo that every model has to answer about


def output_names(id2label: Any, count: int) -> tuple[str, ...]:
    """A name for each of `count` outputs: its own in a configuration's `id2label`, or a stand-in such as "class 2".

    Keys are indices as JSON writes them. A name is a text or a number; for anything else the stand-in is used.
    """
    names = dict(enumerate(id2label)) if isinstance(id2label, list) else id2label
    names = {str(key): name for key, name in names.items()} if isinstance(names, Mapping) else {}
    return tuple(_text(names.get(str(index))) or f"class {index}" for index in range(count))


def _text(name: Any) -> str:
    """A name in one line of printable text, empty where it is none; half a character from a broken file becomes "?"."""
    if not isinstance(name, str | int | float) or isinstance(name, bool):
        return ""
    return " ".join(str(name).encode("utf-8", "replace").decode().split())


def activation_of(problem_type: str | None, outputs: int) -> Activation:
    """What makes scores of logits, as transformers' own pipeline for image classification decides."""
    if problem_type == "regression":
        return "none"
    return "sigmoid" if problem_type == "multi_label_classification" or outputs == 1 else "softmax"


@torch.no_grad()
def accepted(
    answer: Callable[[Tensor], Tensor], preprocessing: Preprocessing, outputs: int, title: str, device: torch.device
) -> tuple[Tensor, int]:
    """Runs a model once on a photo of noise, to see that it gives as many finite logits as it has labels. Gives the photo's
    pixels (1, 3, H, W) and how many operations the pass took.

    Raises:
        ModelError: the model gave something else, which the text names.
    """
    pixels = _prepared(preprocessing, title).to(device)
    try:
        with Operations() as operations:
            logits = answer(pixels)
    except ModelError:
        raise
    except Exception as error:  # a checkpoint of any shape may raise anything at a photo
        if is_out_of_memory(error):
            raise  # the loader turns it into a sentence
        LOG.warning("%s does not answer", title, exc_info=True)
        raise ModelError(f"{title} can't look at a photo that its own processor prepared: {said(error)}") from error
    if not isinstance(logits, Tensor) or logits.shape != (1, outputs):
        found = f"{_count(logits.shape)}" if isinstance(logits, Tensor) else f"a {type(logits).__name__}"
        raise ModelError(f"{title} has {outputs:,} labels but answered a photo with {found}: expected one number per label.")
    if not logits.isfinite().all():
        raise ModelError(f"{title} answered a photo with values that are no numbers (NaN, infinity): its weights are unusable.")
    return pixels, operations.count


def _prepared(preprocessing: Preprocessing, title: str) -> Tensor:
    """A photo of noise, prepared by the model's own preprocessing, (1, 3, H, W)."""
    noise = torch.randint(0, 256, (3, SIDE, SIDE), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    try:
        pixels = preprocessing.pixels(noise)
    except Exception as error:  # processors raise anything, as where their settings contradict each other
        LOG.warning("the processor of %s prepares no photo", title, exc_info=True)
        raise ModelError(f"{title}: its image processor can't prepare a colour photo: {said(error)}") from error
    if not isinstance(pixels, Tensor) or pixels.ndim != 3 or len(pixels) != 3 or not pixels.is_floating_point():
        found = f"{tuple(pixels.shape)} of {pixels.dtype}" if isinstance(pixels, Tensor) else f"a {type(pixels).__name__}"
        raise ModelError(
            f"{title}: its image processor makes {found} of a photo: expected three channels of rows and columns, (3, H, W)."
        )
    return pixels[None]


def _count(shape: torch.Size) -> str:
    if len(shape) == 2 and shape[0] == 1:
        return f"{shape[1]:,} values"
    return f"values of shape {tuple(shape)}"

"""What every loaded model is to the rest of the app, whatever family it comes from."""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from dashboard.evidence import LIKELIEST, Activation, Evidence, Prediction, Probe, Question
from dashboard.models.device import Report, counted, is_out_of_memory, kind_of, pass_under_way, silent
from dashboard.models.preprocessing import Preprocessing
from dashboard.photo import Box, Photo

Observer = Callable[[Tensor, Question], tuple[Evidence, Tensor]]  # pixels (1, 3, H, W) to evidence and logits (1, K)


CPU = torch.device("cpu")
QUOTED_PATH = re.compile(r"""(["'`])/[^"'`\n]*?([^/"'`\n]+)/?\1""")
PATH = re.compile(r"(?<![\w:/.\\…])/(?:[^\s/'\"`<>|:,;)]+/)*([^\s/'\"`<>|:,;)]+)/?")
MOST_PIXELS = 8_000_000  # that a network eats at once: a ResNet-50 takes about 4 GB for them
LETTERS = 300  # of what a library says


class ModelError(Exception):
    """A model that can't be had or used; the text is a sentence for a person."""


class OutOfMemory(ModelError):
    """The device had no memory left for a model or a pass; a smaller model would do, or the CPU after a GPU."""


class DoesNotFit(ModelError):
    """A model that can't give the evidence a method needs; the text says why."""


def unusable(title: str, why: str) -> ModelError:
    """What to raise where the files of a model are no image classifier's."""
    return ModelError(f"{title} can't be loaded as an image classifier: {why}")


def said(error: BaseException) -> str:
    """The first line of what a library said, at most LETTERS long. Of the server's own paths the last part alone is left."""
    text = str(error).strip()[: 10 * LETTERS] or type(error).__name__
    line = text.splitlines()[0]
    if isinstance(error, KeyError):
        line = f"{line} is unknown or missing"
    line = PATH.sub(r"\1", QUOTED_PATH.sub(r"\1\2\1", line))
    line = "".join(letter if letter.isprintable() else "\ufffd" for letter in line)
    return line if len(line) <= LETTERS else line[: LETTERS - 1] + "…"


@dataclass(frozen=True)
class Observation:
    """One look of a model at a photo: what it left and where, what the answer was, and what it cost."""

    evidence: Evidence
    prediction: Prediction
    box: Box
    milliseconds: float
    device: torch.device = CPU


@dataclass(frozen=True, eq=False)
class Classifier:
    """A loaded model, never changed again: many people share it at once.

    `observers` run the model and keep one kind of evidence; `refusals` say why another kind can't be had; `extent`
    counts its `layers`, `heads`, `token_layers` or `stages`. `activation` makes scores of its logits. `memory` is the bytes
    of its weights; `accuracy` top-1 in percent; `note` what a person should know of how it came to run where it runs.
    `operations` counts those on numbers in a pass over one photo. Texts are empty, and `accuracy` None, where nothing is known.
    """

    key: str
    title: str
    labels: tuple[str, ...]
    training_data: str
    source: str
    device: torch.device
    parameters: int
    memory: int
    dtype: torch.dtype
    preprocessing: Preprocessing
    observers: Mapping[type[Evidence], Observer] = field(default_factory=dict)
    refusals: Mapping[type[Evidence], str] = field(default_factory=dict)
    extent: Mapping[str, int] = field(default_factory=dict)
    activation: Activation = "softmax"
    licence: str = ""
    accuracy: float | None = None
    note: str = ""
    operations: int = 0

    def check(self, needs: type[Evidence]) -> None:
        """Raises DoesNotFit, with the reason, where this model can't give such evidence."""
        if needs not in self.observers:
            raise DoesNotFit(self.refusals.get(needs, f"{self.title} gives no {needs.__name__}."))

    def observe(
        self, photo: Photo, needs: type[Evidence], report: Report = silent, question: Question = LIKELIEST
    ) -> Observation:
        """Looks at a photo once. `question` matters to evidence such as gradients alone.

        Raises:
            ValueError: the question names a class that this model does not have.
            DoesNotFit: this model can't give such evidence.
            OutOfMemory: the device has none left for this pass.
            ModelError: this photo is none that the network can take, as where it is smaller than a patch, or its answer to it
                is no number.
        """
        self.check(needs)
        view = self.preprocessing.view(photo)
        rows, columns = view.pixels.shape[1:]
        if rows * columns > MOST_PIXELS:
            raise ModelError(
                f"{self.title} would take in this photo as {columns:,} x {rows:,} pixels: expected at most "
                f"{MOST_PIXELS / 1e6:.0f} megapixels. A smaller photo, or a processor that resizes, fits."
            )
        with pass_under_way(self.device, report), torch.no_grad():
            started = time.perf_counter()
            try:
                evidence, logits = self.observers[needs](view.pixels[None].to(self.device), question)
                answer = Prediction(logits[0].float().cpu(), self.labels, self.activation)  # also waits for the device
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):  # it answered another photo at load
                    seen = " x ".join(map(str, reversed(view.pixels.shape[1:])))
                    raise ModelError(f"{self.title} can't look at this photo, {seen} pixels to it: {said(error)}") from error
                torch.cuda.empty_cache()
                raise OutOfMemory(f"{self.title} found no memory left on the {kind_of(self.device)} for this photo.") from error
            milliseconds = 1000 * (time.perf_counter() - started)
        if not answer.logits.isfinite().all():
            raise ModelError(f"{self.title} answered this photo with values that are no numbers (NaN, infinity).")
        return Observation(evidence, answer, view.box.upper_left(*evidence.covered), milliseconds, self.device)


@dataclass(frozen=True)
class Fit:
    """What a network gives: `observers` by kind of evidence, `refusals` for the kinds that it doesn't, and its `extent`."""

    observers: Mapping[type[Evidence], Observer] = field(default_factory=dict)
    refusals: Mapping[type[Evidence], str] = field(default_factory=dict)
    extent: Mapping[str, int] = field(default_factory=dict)

    def __or__(self, other: "Fit") -> "Fit":
        mine, theirs = ((fit.observers, fit.refusals, fit.extent) for fit in (self, other))
        return Fit(*({**a, **b} for a, b in zip(mine, theirs, strict=True)))


def refused(kinds: Iterable[type[Evidence]], reason: str) -> Fit:
    """A network that does not give these kinds of evidence."""
    return Fit(refusals=dict.fromkeys(kinds, reason))


def probe_observer(answer: Callable[[Tensor], Tensor], example: Tensor) -> Observer:
    """A model's first answer, and the way to ask it more; `answer` takes pixels (B, 3, H, W) to logits (B, K)."""
    again = counted(answer, example.device)

    def observe(pixels: Tensor, question: Question = LIKELIEST) -> tuple[Probe, Tensor]:
        return Probe(pixels, again), answer(pixels)

    return observe


def measured(model: nn.Module) -> dict[str, Any]:
    """How large a network is, as fields of a Classifier."""
    weights = list(model.parameters())
    tensors = [*weights, *model.buffers()]
    return {
        "parameters": sum(weight.numel() for weight in weights),
        "memory": sum(tensor.nbytes for tensor in tensors),
        "dtype": weights[0].dtype,
    }

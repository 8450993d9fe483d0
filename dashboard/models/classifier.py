"""What every loaded model is to the rest of the app, whatever family it comes from."""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic

import torch
from torch import Tensor
from typing_extensions import TypeVar

from dashboard.evidence import LIKELIEST, Activation, E, Evidence, Prediction, Probe, Question
from dashboard.models.device import Report, counted, is_out_of_memory, kind_of, pass_under_way, silent
from dashboard.models.network import Network
from dashboard.models.preprocessing import Preprocessing
from dashboard.photo import Box, Photo

Observer = Callable[[Tensor, Question], tuple[Evidence, Tensor]]  # pixels (1, 3, H, W) to evidence and logits (1, K)


E_co = TypeVar("E_co", bound=Evidence, covariant=True, default=Evidence)

CPU = torch.device("cpu")
QUOTED_PATH = re.compile(r"""(["'`])/[^"'`\n]*?([^/"'`\n]+)/?\1""")
PATH = re.compile(r"(?<![\w:/.\\…])/(?:[^\s/'\"`<>|:,;)]+/)*([^\s/'\"`<>|:,;)]+)/?")
MOST_PIXELS = 8_000_000  # of one photo as a network takes it in: a ResNet-50 needs about 4 GB for them
LETTERS = 300  # of a library's message that are shown


class ModelError(Exception):
    """A model could not be found, downloaded or used; the text is a sentence for a person."""


class OutOfMemory(ModelError):
    """The device had no memory left for a model or a pass; a smaller model may fit, and so may the CPU in place of a GPU."""


class DoesNotFit(ModelError):
    """A model can't give the evidence that a method needs; the text says why."""


def unusable(title: str, why: str) -> ModelError:
    """The error for files that hold no image classifier."""
    return ModelError(f"{title} can't be loaded as an image classifier: {why}")


def said(error: BaseException) -> str:
    """The first line of a library's error message, at most LETTERS long. Paths are cut to their last part, since they tell
    where the server keeps its files.
    """
    text = str(error).strip()[: 10 * LETTERS] or type(error).__name__
    line = text.splitlines()[0]
    if isinstance(error, KeyError):
        line = f"{line} is unknown or missing"
    line = PATH.sub(r"\1", QUOTED_PATH.sub(r"\1\2\1", line))
    line = "".join(letter if letter.isprintable() else "\ufffd" for letter in line)
    return line if len(line) <= LETTERS else line[: LETTERS - 1] + "…"


@dataclass(frozen=True)
class Observation(Generic[E_co]):
    """One pass of a model over a photo: the evidence that the pass left, the model's answer, the part of the photo that the
    evidence is about, how long the pass took, and where it ran.
    """

    evidence: E_co
    prediction: Prediction
    box: Box
    milliseconds: float
    device: torch.device = CPU


@dataclass(frozen=True, eq=False)
class Classifier:
    """A loaded model: a network and its observers. It never changes after it was loaded, because many people share it at once.

    Each of `observers` runs the network and keeps one kind of evidence; `refusals` give the reason for each kind that the
    network does not give; `extent` counts the network's `layers`, `heads`, `token_layers` or `stages`. `activation` makes
    scores of the logits. `memory` is the bytes of the weights; `accuracy` is top-1 in percent; `note` tells a person why the
    model runs on another device, or with other weights, than they may expect. `operations` is how many multiplications and
    additions one pass over one photo takes. Texts are empty, and `accuracy` is None, where nothing is known.
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
    network: Network
    observers: Mapping[type[Evidence], Observer] = field(default_factory=dict)
    refusals: Mapping[type[Evidence], str] = field(default_factory=dict)
    extent: Mapping[str, int] = field(default_factory=dict)
    activation: Activation = "softmax"
    licence: str = ""
    accuracy: float | None = None
    note: str = ""
    operations: int = 0

    def check(self, needs: type[Evidence]) -> None:
        """Raises DoesNotFit, with the reason, where this model does not give evidence of the kind `needs`."""
        if needs not in self.observers:
            raise DoesNotFit(self.refusals.get(needs, f"{self.title} gives no {needs.__name__}."))

    def observe(self, photo: Photo, needs: type[E], report: Report = silent, question: Question = LIKELIEST) -> Observation[E]:
        """Runs the model on a photo once. `question` matters only to evidence that depends on a class, such as gradients.

        Raises:
            ValueError: the question names a class that this model does not have.
            DoesNotFit: this model does not give evidence of the kind `needs`.
            OutOfMemory: the device has no memory left for this pass.
            ModelError: the network can't take this photo, for instance because it is smaller than a patch or far too large, or
                answers it with values that are no numbers.
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
                if not is_out_of_memory(error):  # the photo is the reason: the model answered another one when it was loaded
                    seen = " x ".join(map(str, reversed(view.pixels.shape[1:])))
                    raise ModelError(f"{self.title} can't look at this photo, {seen} pixels to it: {said(error)}") from error
                torch.cuda.empty_cache()
                raise OutOfMemory(f"{self.title} found no memory left on the {kind_of(self.device)} for this photo.") from error
            milliseconds = 1000 * (time.perf_counter() - started)
        if not isinstance(evidence, needs):
            raise TypeError(f"expected {needs.__name__} of its observer, got {type(evidence).__name__}")
        if not answer.logits.isfinite().all():
            raise ModelError(f"{self.title} answered this photo with values that are no numbers (NaN, infinity).")
        return Observation(evidence, answer, view.box.upper_left(*evidence.covered), milliseconds, self.device)


@dataclass(frozen=True)
class Fit:
    """The kinds of evidence that a network gives, with their `observers`; those that it does not give, with the reasons; and
    its `extent`. `a | b` has the entries of both, b's where both have one.
    """

    observers: Mapping[type[Evidence], Observer] = field(default_factory=dict)
    refusals: Mapping[type[Evidence], str] = field(default_factory=dict)
    extent: Mapping[str, int] = field(default_factory=dict)

    def __or__(self, other: "Fit") -> "Fit":
        return Fit({**self.observers, **other.observers}, {**self.refusals, **other.refusals}, {**self.extent, **other.extent})


def refused(kinds: Iterable[type[Evidence]], reason: str) -> Fit:
    """The fit of a network that, for one `reason`, gives none of these kinds of evidence."""
    return Fit(refusals=dict.fromkeys(kinds, reason))


def probe_observer(answer: Callable[[Tensor], Tensor], example: Tensor) -> Observer:
    """The observer that answers a photo and leaves the means to ask the model about changed photos. `answer` takes pixels
    (B, 3, H, W) to logits (B, K).
    """
    again = counted(answer, example.device)

    def observe(pixels: Tensor, question: Question = LIKELIEST) -> tuple[Probe, Tensor]:
        return Probe(pixels, again), answer(pixels)

    return observe

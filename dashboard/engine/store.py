"""Models, their looks at photos and the maps read from these, kept within bounds and shared; and the way back to the CPU."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import Tensor

from dashboard.engine.price import Price, weight_of_a_pass
from dashboard.engine.request import Request
from dashboard.engine.shelf import Shelf, never
from dashboard.engine.trial import Trial
from dashboard.evidence import LIKELIEST, E, Evidence, Probe, Question, nbytes
from dashboard.explain import Explanation, read
from dashboard.methods import Method
from dashboard.methods.base import M, M_co
from dashboard.models import zoo
from dashboard.models.classifier import Classifier, Observation, OutOfMemory
from dashboard.models.device import Report, is_out_of_memory, slowly
from dashboard.models.turns import Stop
from dashboard.photo import Photo
from dashboard.progress import watched

LOG = logging.getLogger(__name__)
MODELS_KEPT = 6
LOOKS_LIMIT = 512 * 10**6  # bytes
MAPS_LIMIT = 64 * 1024**2  # bytes
TRIALS_LIMIT = 64 * 1024**2  # bytes
MAP_OVERHEAD = 2048  # bytes of a map beside its tensors
SUMMARIES_KEPT = 64
T = TypeVar("T")
LookKey = tuple[str, str, type[Evidence], Question | None]  # model, photo, kind of evidence, question


class Models(Protocol):
    """Loaded models by their keys, each loaded once. `st.cache_resource` gives such a function."""

    def __call__(self, key: str, /) -> Classifier:
        """The model, loaded where it is not kept."""
        ...

    def clear(self, key: str, /) -> None:
        """Lets go of a model. The next call with its key loads it anew."""
        ...


class KeptModels:
    """Models for use without Streamlit: at most `limit` are kept, each loaded by `load`."""

    def __init__(self, load: Callable[[str], Classifier], limit: int = MODELS_KEPT, stop: Stop = never) -> None:
        self._load, self._shelf = load, Shelf[str, Classifier](limit, stop=stop)

    def __call__(self, key: str, /) -> Classifier:
        """The model, loaded where it is not kept."""
        return self._shelf.made(key, lambda: self._load(key))

    def clear(self, key: str, /) -> None:
        """Lets go of a model."""
        self._shelf.forget(lambda kept: kept == key)


@dataclass(frozen=True)
class Made(Generic[M_co]):
    """A map, `shown`, and what it took: milliseconds of the `look` behind it, which other maps may share, and milliseconds of
    `reading` the map from it. The reading did so many `units` of work, `worth` so many passes, of this `weight` (see `Price`).
    """

    shown: Explanation[M_co]
    look: float
    reading: float
    units: int
    worth: float
    weight: float = 0.0

    @property
    def bytes(self) -> int:
        """The memory that the map takes."""
        return self.shown.heatmap.nbytes + self.shown.prediction.logits.nbytes + MAP_OVERHEAD


class Store:
    """Everything that is kept, in one place. Keys carry the meaning: the model's key, the photo's digest, the question.

    `models` gives a loaded model by its key; by default the store loads and keeps models itself. Wherever a caller waits,
    `stop` is called now and then, and may raise to leave. Everything is immutable, so that it is shared and not copied.
    """

    def __init__(
        self, models: Models | None = None, stop: Stop = never, looks_limit: int = LOOKS_LIMIT, maps_limit: int = MAPS_LIMIT
    ) -> None:
        self.models: Models = models or KeptModels(self.open, stop=stop)
        self.stop = stop
        # A look's kind of evidence, and a map's method, stand in its key, which no type checker can follow.
        self.looks: Shelf[LookKey, Observation[Any]] = Shelf(looks_limit, lambda seen: nbytes(seen.evidence), stop)
        self.maps: Shelf[tuple, Made[Any]] = Shelf(maps_limit, lambda made: made.bytes, stop)
        self.summaries: Shelf[tuple, Any] = Shelf(SUMMARIES_KEPT, stop=stop)
        self.trials: Shelf[tuple, Tensor] = Shelf(TRIALS_LIMIT, lambda logits: logits.nbytes, stop)
        self._crowded_out: set[str] = set()  # models whose pass found no memory on the GPU: the CPU has taken over

    def open(self, key: str, report: Report | None = None, may_download: bool = True) -> Classifier:
        """Loads a model and keeps nothing; on the CPU where the GPU had no memory for its passes. Raises as `zoo.load` does."""
        crowded_out = key in self._crowded_out
        report = report or (lambda message: self.stop())
        model = zoo.load(key, report, torch.device("cpu") if crowded_out else None, may_download)
        return replace(model, note=zoo.NO_ROOM) if crowded_out else model

    def unload(self, key: str) -> None:
        """Lets go of a model and of its looks and maps. The next load reads its files anew, and tries the GPU again."""
        self._crowded_out.discard(key)
        self._forget_model(key)

    def forget_photo(self, digest: str) -> None:
        """Lets go of all looks at a photo and at copies of it, and of all maps of them."""
        self._forget(lambda entry: entry[1].partition(":")[0] == digest)

    def _forget_model(self, key: str) -> None:
        self.models.clear(key)
        self._forget(lambda entry: entry[0] == key)

    def _forget(self, unwanted: Callable[[tuple], bool]) -> None:
        for shelf in (self.looks, self.summaries, self.maps, self.trials):  # keys start with the model's key and the digest
            shelf.forget(unwanted)

    def runs_on_the_cpu(self, key: str) -> bool:
        """Whether a model has no other device to leave for the CPU."""
        return key in self._crowded_out or zoo.chosen_device().type == "cpu"

    def _go_on_on_the_cpu(self, key: str) -> None:
        """Lets go of a model for whose pass the GPU had no memory. It is loaded anew, on the CPU, when it is needed next."""
        LOG.warning("%s goes on on the CPU", key, exc_info=True)
        torch.cuda.empty_cache()
        if key not in self._crowded_out:  # another thread may have done this first, and have loaded the model by now
            self._forget_model(key)
            self._crowded_out.add(key)

    def or_on_the_cpu(self, key: str, work: Callable[[], T], no_memory: str) -> T:
        """The result of `work` with a model. Where the GPU has no memory left for it, the model moves to the CPU and the work
        is done again there; so the work must take the model from the store each time.

        Raises:
            OutOfMemory: the CPU has no memory left either: the work's own error, or one with the sentence `no_memory`.
        """
        was_on_the_cpu = self.runs_on_the_cpu(key)
        try:
            return work()
        except (OutOfMemory, RuntimeError, MemoryError) as error:
            if not isinstance(error, OutOfMemory) and not is_out_of_memory(error):
                raise
            if was_on_the_cpu and isinstance(error, OutOfMemory):
                raise
            if was_on_the_cpu:
                raise OutOfMemory(no_memory) from error
            self._go_on_on_the_cpu(key)
        return work()

    def look(self, key: str, photo: Photo, needs: type[E], question: Question = LIKELIEST) -> Observation[E]:
        """One look of a model at a photo: the one that is kept, or a new one, which all who ask for it meanwhile share.

        `question` matters only to evidence that depends on it: else all questions share a look. Raises as `Classifier.observe`.
        """

        def observe() -> Observation[E]:
            return self.models(key).observe(photo, needs, lambda message: self.stop(), question)

        meaning = key, photo.digest, needs, question if needs.of_question else None
        no_memory = f"{zoo.title_of(key)} found no memory left on the CPU for this photo."
        return self.looks.made(meaning, lambda: self.or_on_the_cpu(key, observe, no_memory))

    def look_behind(self, request: Request[Method[E]]) -> Observation[E]:
        """The look that a map is read from."""
        return self.look(request.model.key, request.photo, request.method.evidence(), request.question)

    def summary(self, key: str, digest: str, of: Callable[[E], T], evidence: E) -> T:
        """What the function `of` makes of the evidence of a model's look at a photo, kept for each function."""
        return self.summaries.made((key, digest, of), lambda: of(evidence))

    def pass_milliseconds(self, key: str) -> float | None:
        """The milliseconds of a model's shortest kept look, since its first passes take longer; None where none is kept."""
        return min((seen.milliseconds for entry, seen in self.looks.items() if entry[0] == key), default=None)

    def whole_price(self, request: Request) -> Price:
        """What a map takes beyond its look; what it took, where the map is kept."""
        there, method = self.kept(request), request.method
        if there is not None:
            return Price(there.units, method.unit, there.worth, 0.0, there.weight)
        seen = self.look_behind(request)
        # no look is kept where memory is short
        of_a_pass = (self.pass_milliseconds(request.model.key) or seen.milliseconds) / 1000
        evidence, weight = seen.evidence, _weight(request, seen.evidence)
        work, worth, seconds = method.work(evidence), method.worth(evidence), method.seconds(evidence, of_a_pass)
        return Price(work, method.unit, worth, seconds, weight)

    def price(self, request: Request) -> Price:
        """What is still to be done for a map: nothing where it is kept."""
        return Price(0, request.method.unit, 0.0, 0.0) if self.kept(request) else self.whole_price(request)

    def price_of_passes(self, key: str, passes: int) -> Price:
        """The price of so many passes of a model."""
        weight = weight_of_a_pass(self.models(key).operations)
        milliseconds = self.pass_milliseconds(key)
        seconds = weight if milliseconds is None else milliseconds / 1000
        return Price(passes, "passes", passes, passes * seconds, passes * weight)

    def price_of_trial(self, trial: Trial) -> Price:
        """What is still to be done for a trial: nothing where its logits are kept."""
        return self.price_of_passes(trial.model.key, 0 if self.trials.get(trial.meaning) is not None else trial.passes)

    def tried(self, trial: Trial, slow: bool = False) -> Tensor:
        """The logits of a trial, (N, K) on the CPU: the kept ones, or new ones; with `slow`, its passes give way to all quick
        work. Raises as `made` does.
        """

        def asked() -> Tensor:
            seen = self.look(trial.model.key, trial.photo, Probe)
            model = self.models(trial.model.key)
            with watched(lambda units: self.stop()):
                return trial.work(model, seen).float().cpu()

        def anew() -> Tensor:
            if slow:
                self.look(trial.model.key, trial.photo, Probe)  # a quick look, before the slow work takes its seat
                return self.worked(trial.model.key, "altered photos", lambda model: asked())
            no_memory = f"{trial.model.title} found no memory left on the CPU for altered photos."
            return self.or_on_the_cpu(trial.model.key, asked, no_memory)

        return self.trials.made(trial.meaning, anew)

    def kept(self, request: Request[M]) -> Made[M] | None:
        """The map with what it took, None where it is not kept."""
        return self.maps.get(request.meaning)

    def made(self, request: Request[M], slow: bool = False) -> Made[M]:
        """The map with what it took, made where it is not kept. Making a `slow` one gives way to all quick work.

        Raises:
            ModelError: as `Classifier.observe` does; `OutOfMemory` also where the map itself finds no memory on the CPU.
        """
        found = self.kept(request)
        if found is None:
            no_memory = f"{request.model.title} found no memory left on the CPU for {request.method.label}."
            found = self.or_on_the_cpu(request.model.key, lambda: self._make(request, slow), no_memory)
            self.maps.put(request.meaning, found)
        return found

    def _make(self, request: Request[M], slow: bool) -> Made[M]:
        seen = self.look_behind(request)

        def reading() -> tuple[Explanation[M], float]:
            started = time.perf_counter()
            shown = read(seen, request.model.key, request.method, request.target, request.against)
            return shown, 1000 * (time.perf_counter() - started)

        with watched(lambda units: self.stop()):
            shown, milliseconds = slowly(reading, seen.device, request.model.operations) if slow else reading()
        work, worth = request.method.work(seen.evidence), request.method.worth(seen.evidence)
        return Made(shown, seen.milliseconds, milliseconds, work, worth, _weight(request, seen.evidence))

    def worked(self, key: str, label: str, work: Callable[[Classifier], T]) -> T:
        """The result of slow `work` with a model, done in the background, where it gives way to all quick work, as a slow map
        does. The work calls `progress.advance` after its steps; passes of a `Probe` do so by themselves.
        """

        def once() -> T:
            model = self.models(key)
            with watched(lambda units: self.stop()):
                return slowly(lambda: work(model), model.device, model.operations)

        return self.or_on_the_cpu(key, once, f"{zoo.title_of(key)} found no memory left on the CPU for {label}.")


def _weight(request: Request, evidence: Evidence) -> float:
    return request.method.seconds(evidence, weight_of_a_pass(request.model.operations))

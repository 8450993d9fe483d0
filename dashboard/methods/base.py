"""What a method is, and the kinds of options that its fields may have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Generic, cast, get_args, get_type_hints

from torch import Tensor
from typing_extensions import TypeVar

from dashboard.evidence import AttentionMaps, E, Evidence, Question, StageGradients
from dashboard.numerics.rollout import starting_at

A = TypeVar("A", bound=AttentionMaps)


@dataclass(frozen=True)
class Span:
    """The range of a number option. A `high` that is a word, such as "layers", is that entry of the model's extent."""

    low: float
    high: float | str
    step: float

    def most(self, extent: Mapping[str, int]) -> float:
        """The highest value that a model of this extent allows."""
        return extent[self.high] if isinstance(self.high, str) else self.high


@dataclass(frozen=True)
class Pick:
    """A number from 1 to an entry of the model's extent, `count` (such as "heads"), or no number, shown as the word `none`."""

    count: str
    none: str


@dataclass(frozen=True)
class Meaning:
    """The meaning, in words, of an option that many methods share. Other options are explained in their method's docstring."""

    text: str


@dataclass(frozen=True)
class Attraction:
    """The `layer`, counted from 1, that sends the most attention to one patch: the patch gets this `share` of all that the
    layer sends, and would get the share `even` if every token got the same.
    """

    layer: int
    share: float
    even: float


@dataclass(frozen=True)
class Method(Generic[E]):
    """A pure function of one kind `E` of evidence. A new method sets only what differs from the defaults here.

    `passes` is how many passes the look takes, forward and backward counted apart. `unit` is what `work` counts.
    `measures` says what a value is, before the name of the class where the method knows one.
    """

    label: ClassVar[str]
    needs: ClassVar[type[Evidence]]
    paper: ClassVar[str]
    why: ClassVar[str]
    signed: ClassVar[bool] = False
    class_specific: ClassVar[bool] = True
    passes: ClassVar[int] = 1
    unit: ClassVar[str] = "passes"
    measures: ClassVar[str] = "evidence for"

    def __call__(self, evidence: E) -> Tensor:
        """The heatmap (h, w), raw values at the method's own resolution."""
        raise NotImplementedError

    @classmethod
    def evidence(cls) -> type[E]:
        """`needs`, as a type that a checker can follow: a class variable can't be of the type `E`."""
        return cast("type[E]", cls.needs)

    def work(self, evidence: E) -> int:
        """How many units of work the map takes, beyond the look that left the evidence."""
        return 0

    def worth(self, evidence: E) -> float:
        """How many passes of the model take as long as that work."""
        return float(self.work(evidence))

    def seconds(self, evidence: E, of_a_pass: float) -> float:
        """About how many seconds that work takes, where a pass takes `of_a_pass` seconds."""
        return self.worth(evidence) * of_a_pass

    def question(self, target: int | None, against: int | None) -> Question:
        """The score that is explained."""
        return Question(target, against)

    def remark(self, evidence: E, heatmap: Tensor) -> str:
        """A sentence about this very map; empty for most maps."""
        return ""

    def attraction(self, evidence: E, heatmap: Tensor) -> Attraction | None:
        """Which layer sends the most attention to the map's largest cell; None where the method doesn't go up the layers."""
        return None


M = TypeVar("M", bound=Method[Any])
M_co = TypeVar("M_co", bound=Method[Any], covariant=True, default=Method[Any])


class Progressive(Method[A]):
    """A method with a map after each layer; `depth` says which one is shown, `first_layer` where it starts."""

    depth: int | None
    first_layer: int

    def progression(self, evidence: A) -> Tensor:
        """The map after each layer, (L, rows, columns)."""
        raise NotImplementedError

    def started(self, evidence: A, matrices: Tensor) -> Tensor:
        """One matrix per layer, (L, ..., T, T); those of the layers before `first_layer` are set to 0."""
        return starting_at(matrices, index_of(self.first_layer, evidence.layers, "first layer"))

    def __call__(self, evidence: A) -> Tensor:
        return self.progression(evidence)[index_of(self.depth, evidence.layers, "depth")]

    def remark(self, evidence: A, heatmap: Tensor) -> str:
        depth = evidence.layers if self.depth is None else self.depth
        if self.first_layer <= depth:
            return ""
        return f"The first layer, {self.first_layer}, comes after the depth, {depth}: nothing is gathered yet."

    def attraction(self, evidence: A, heatmap: Tensor) -> Attraction:
        first, last = index_of(self.first_layer, evidence.layers, "first layer"), index_of(self.depth, evidence.layers, "depth")
        received = evidence.received(int(heatmap.argmax()))[min(first, last) : last + 1]
        most = int(received.argmax())
        return Attraction(min(first, last) + most + 1, received[most].item(), 1 / len(evidence.reads))


class Backward(Method[StageGradients]):
    """A method that reads the score's gradient at a stage of a CNN. Each map runs the layers after it, forward and back."""

    needs: ClassVar = StageGradients
    unit: ClassVar = "passes of the later layers"
    stage: int | None

    def first(self, evidence: StageGradients) -> int:
        """The index of the first stage that is read."""
        return index_of(self.stage, evidence.stages, "stage")

    def work(self, evidence: StageGradients) -> int:
        return 2  # forward from the stage, and back

    def worth(self, evidence: StageGradients) -> float:
        return 2 * evidence.after[self.first(evidence)]

    def read(self, evidence: StageGradients) -> tuple[Tensor, Tensor]:
        """The stage's activations and the score's gradients there, (C, h, w) each."""
        index = self.first(evidence)
        return evidence.activations[index], evidence.gradients(index)[0]


Depth = Annotated[int | None, Span(1, "layers", 1)]
FirstLayer = Annotated[int, Span(1, "layers", 1)]
Stage = Annotated[
    int | None, Span(1, "stages", 1), Meaning("the stage of the network whose maps are read, by default the last.")
]
Samples = Annotated[int, Span(2, 40, 1)]


def index_of(chosen: int | None, count: int, what: str) -> int:
    """The index of a choice that counts from 1; the last index where nothing is chosen.

    Raises:
        ValueError: the choice is not from 1 to `count`.
    """
    if chosen is None:
        return count - 1
    if not 1 <= chosen <= count:
        raise ValueError(f"expected a {what} from 1 to {count}, got {chosen}")
    return chosen - 1


def option_texts(method: type[Method]) -> dict[str, str]:
    """What each option of a method means, by its name.

    A line "`name`: text" of the docstring says it or, for an option that many methods share, a `Meaning` in its type.
    """
    shared = {name: _meaning(hint) for name, hint in get_type_hints(method, include_extras=True).items()}
    lines = [line.strip() for line in (method.__doc__ or "").splitlines()]
    own = dict(line[1:].split("`: ", 1) for line in lines if line.startswith("`") and "`: " in line)
    return {name: text[0].upper() + text[1:] for name, text in (shared | own).items() if text}


def _meaning(hint: Any) -> str:
    return next((part.text for part in get_args(hint) if isinstance(part, Meaning)), "")

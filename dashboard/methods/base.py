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
    """The range of a number option; a `high` such as "layers" names what of the model's extent it is."""

    low: float
    high: float | str
    step: float

    def most(self, extent: Mapping[str, int]) -> float:
        """The highest value that a model of this extent allows."""
        return extent[self.high] if isinstance(self.high, str) else self.high


@dataclass(frozen=True)
class Pick:
    """One of as many as the model's extent says, counted from 1, or none of them, which has a name of its own."""

    count: str
    none: str


@dataclass(frozen=True)
class Meaning:
    """What an option means, in words, where many methods have the same; else it stands in the method's docstring."""

    text: str


@dataclass(frozen=True)
class Attraction:
    """The `layer`, from 1, that sends one patch most attention: a `share` of all that it sends, where each token would get
    `even` if all got the same.
    """

    layer: int
    share: float
    even: float


@dataclass(frozen=True)
class Method(Generic[E]):
    """A pure function of one kind `E` of evidence; what a new one does not say is as here.

    `passes` counts those of the look, forward and backward apart; `work` what reading it takes on top, in its `unit`.
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
        """How many units it takes on top of the evidence."""
        return 0

    def worth(self, evidence: E) -> float:
        """How many passes that work is worth."""
        return float(self.work(evidence))

    def seconds(self, evidence: E, of_a_pass: float) -> float:
        """About how long that work takes where a pass takes so long. From a second or so on, a person is asked before."""
        return self.worth(evidence) * of_a_pass

    def question(self, target: int | None, against: int | None) -> Question:
        """The score that is explained."""
        return Question(target, against)

    def remark(self, evidence: E, heatmap: Tensor) -> str:
        """What there is to know of this very map, a sentence; most need none."""
        return ""

    def attraction(self, evidence: E, heatmap: Tensor) -> Attraction | None:
        """Which layer sends the map's largest cell most attention; None where the method doesn't go up the layers."""
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
        """One matrix per layer, (L, ..., T, T), without those of the layers before the first."""
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
    """A method that goes back from the score to a CNN's stage, each time anew, by the layers after it alone."""

    needs: ClassVar = StageGradients
    unit: ClassVar = "passes of the later layers"
    stage: int | None

    def first(self, evidence: StageGradients) -> int:
        """The first stage that is read, from 0."""
        return index_of(self.stage, evidence.stages, "stage")

    def work(self, evidence: StageGradients) -> int:
        return 2  # forward from the stage, and back

    def worth(self, evidence: StageGradients) -> float:
        return 2 * evidence.after[self.first(evidence)]

    def read(self, evidence: StageGradients) -> tuple[Tensor, Tensor]:
        """The stage's activations and the score's gradients there."""
        place = self.first(evidence)
        return evidence.activations[place], evidence.gradients(place)[0]


Depth = Annotated[int | None, Span(1, "layers", 1)]
FirstLayer = Annotated[int, Span(1, "layers", 1)]
Stage = Annotated[
    int | None, Span(1, "stages", 1), Meaning("the stage of the network whose maps are read, the last where it is None.")
]
Samples = Annotated[int, Span(2, 40, 1)]


def index_of(chosen: int | None, count: int, what: str) -> int:
    """The index of a choice that counts from 1; the last where nothing is chosen."""
    if chosen is None:
        return count - 1
    if not 1 <= chosen <= count:
        raise ValueError(f"expected a {what} from 1 to {count}, got {chosen}")
    return chosen - 1


def option_texts(method: type[Method]) -> dict[str, str]:
    """What each option of a method means, by its name.

    It stands in the docstring, in a line "`name`: text", or, of an option that many methods have, as a `Meaning` of its type.
    """
    shared = {name: _meaning(hint) for name, hint in get_type_hints(method, include_extras=True).items()}
    lines = [line.strip() for line in (method.__doc__ or "").splitlines()]
    own = dict(line[1:].split("`: ", 1) for line in lines if line.startswith("`") and "`: " in line)
    return {name: text[0].upper() + text[1:] for name, text in (shared | own).items() if text}


def _meaning(hint: Any) -> str:
    return next((part.text for part in get_args(hint) if isinstance(part, Meaning)), "")

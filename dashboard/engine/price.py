"""What work costs, told before it starts, and which work waits until somebody asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass

OPERATIONS_A_SECOND, SECONDS_A_PASS = 2e11, 5e-4  # of the machine that weights speak of
PATIENCE = 1.0  # the weight from which what was asked for alone waits for a click
AT_ONCE = 0.3  # the weight that one of many maps may have without waiting
TOGETHER = 2.0  # the weight that all of those may have


@dataclass(frozen=True)
class Price:
    """What work takes: `units` of it, `worth` so many passes, and about how many `seconds` are to come.

    Seconds are what a person is told. Whether work waits to be asked for is decided by its `weight`: the seconds that it takes
    on a machine which does 200 thousand million operations a second. The weight is counted, so that one link shows the same
    maps however busy the server is.
    """

    units: int
    unit: str
    worth: float
    seconds: float
    weight: float = 0.0

    def __str__(self) -> str:
        return f"{self.units:,} {self.unit}, about {in_words(self.seconds)}"


def in_words(seconds: float) -> str:
    """A duration, as rough as an estimate of it is."""
    if seconds < 1:
        return "a moment"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def weight_of_a_pass(operations: int) -> float:
    """The seconds that one pass of so many operations takes on the machine that weights speak of."""
    return operations / OPERATIONS_A_SECOND + SECONDS_A_PASS


def together(prices: Sequence[Price]) -> Price:
    """What all of them cost, in passes where their units differ."""
    seconds, worth, weight = (sum(getattr(price, what) for price in prices) for what in ("seconds", "worth", "weight"))
    units = {price.unit for price in prices if price.units}
    if len(units) == 1:
        return Price(sum(price.units for price in prices), units.pop(), worth, seconds, weight)
    return Price(round(worth), "passes", worth, seconds, weight)


def waiting(weights: Sequence[float]) -> list[bool]:
    """Which of many maps wait to be asked for: those that are heavy, and of the others the heaviest until the rest together
    are not.

    >>> waiting([0.1, 5.0, 0.0])
    [False, True, False]
    """
    waits, carried = [True] * len(weights), 0.0
    for index in sorted(range(len(weights)), key=weights.__getitem__):
        carried += weights[index]
        waits[index] = weights[index] > AT_ONCE or carried > TOGETHER
    return waits

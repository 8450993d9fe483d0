"""What work costs, told before it starts, and which work waits for a person's click."""

from collections.abc import Sequence
from dataclasses import dataclass

OPERATIONS_A_SECOND, SECONDS_A_PASS = 2e11, 5e-4  # of the imaginary machine by which weights are counted
PATIENCE = 1.0  # the weight from which a single map waits for a click
AT_ONCE = 0.3  # the weight that one of many maps may have without waiting
TOGETHER = 2.0  # the weight that all maps together may have without waiting


@dataclass(frozen=True)
class Price:
    """What work takes: so many `units`, which take as long as `worth` passes of the model, and about `seconds`.

    People are told the seconds. The `weight` decides whether work waits for a click: it is the seconds that the work would take
    on a machine of 200 thousand million operations a second. It is counted, not measured, so that one link shows the same maps
    however busy the server is.
    """

    units: int
    unit: str
    worth: float
    seconds: float
    weight: float = 0.0

    def __str__(self) -> str:
        return f"{self.units:,} {self.unit}, about {in_words(self.seconds)}"


def in_words(seconds: float) -> str:
    """A duration in words, as rough as an estimate is."""
    if seconds < 1:
        return "a moment"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def weight_of_a_pass(operations: int) -> float:
    """The weight of one pass of so many operations."""
    return operations / OPERATIONS_A_SECOND + SECONDS_A_PASS


def together(prices: Sequence[Price]) -> Price:
    """The price of all together, in passes where their units differ."""
    seconds, worth, weight = (sum(getattr(price, what) for price in prices) for what in ("seconds", "worth", "weight"))
    units = {price.unit for price in prices if price.units}
    if len(units) == 1:
        return Price(sum(price.units for price in prices), units.pop(), worth, seconds, weight)
    return Price(round(worth), "passes", worth, seconds, weight)


def waiting(weights: Sequence[float]) -> list[bool]:
    """Which of many maps wait for a click: every map above AT_ONCE, and as many of the heaviest others as it takes for the rest
    to weigh at most TOGETHER.

    >>> waiting([0.1, 5.0, 0.0])
    [False, True, False]
    """
    waits, carried = [True] * len(weights), 0.0
    for index in sorted(range(len(weights)), key=weights.__getitem__):
        carried += weights[index]
        waits[index] = weights[index] > AT_ONCE or carried > TOGETHER
    return waits

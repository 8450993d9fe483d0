"""A network as its family opens it: with its preprocessing and its labels, before anything is observed of it."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, fx, nn

from dashboard.evidence import Activation, Evidence
from dashboard.models.preprocessing import Preprocessing

Forward = Callable[[nn.Module, Tensor], Tensor]  # pixels (B, 3, H, W) to logits (B, K)
Record = Callable[[nn.Module, Tensor], tuple[Tensor, Sequence[Tensor]]]  # pixels to logits and one (B, H, T, T) per layer
ToGraph = Callable[[nn.Module, str, Tensor], fx.GraphModule]  # a network, its title and an example (1, 3, H, W) to its graph


def call(module: nn.Module, pixels: Tensor) -> Tensor:
    """The logits of a network whose forward pass takes pixels alone."""
    return module(pixels)


@dataclass(frozen=True, eq=False)
class Network:
    """A network with its preprocessing, not yet observed: the first half of a `Classifier`.

    A family makes it from a key; `observers.ladder.classifier_of` makes a `Classifier` of it. `forward`, `record` and `graph`
    take the module as an argument, so that they serve a copy of it as well. `record` is a pass that keeps its attention maps,
    None where no layer attends from every token to every token; `layers` is how many maps it must give, None where the network
    does not tell. `graph` makes a graph of the module, and raises DoesNotFit where it can't. `refusals` are the kinds of
    evidence that the family rules out, with the reasons. `activation` makes scores of the logits. The texts are empty, and
    `accuracy` (top-1 in percent) is None, where nothing is known.
    """

    key: str
    title: str
    module: nn.Module
    labels: tuple[str, ...]
    preprocessing: Preprocessing
    source: str
    graph: ToGraph
    forward: Forward = call
    record: Record | None = None
    layers: int | None = None
    refusals: Mapping[type[Evidence], str] = field(default_factory=dict)
    activation: Activation = "softmax"
    training_data: str = ""
    licence: str = ""
    accuracy: float | None = None
    note: str = ""

    def answer(self, pixels: Tensor) -> Tensor:
        """Pixels (B, 3, H, W) to logits (B, K)."""
        return self.forward(self.module, pixels)

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return next(self.module.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """The numbers that the parameters are stored as."""
        return next(self.module.parameters()).dtype

    @property
    def parameters(self) -> int:
        """How many parameters the network has."""
        return sum(weight.numel() for weight in self.module.parameters())

    @property
    def memory(self) -> int:
        """The bytes of the parameters and buffers."""
        return sum(tensor.nbytes for tensor in (*self.module.parameters(), *self.module.buffers()))

    def copied(self) -> "Network":
        """The same network with parameters of its own, which may be changed: the original's are shared and must not be."""
        return replace(self, module=copy.deepcopy(self.module))

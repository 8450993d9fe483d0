"""A bound on what a loader may compute and allocate, by the size of the weights that it loads."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from dashboard.models.classifier import ModelError
from dashboard.models.device import is_out_of_memory

STEPS, STEPS_PER_TENSOR = 5_000, 20  # calls of torch while a network is built and filled: 1,000 for a ViT-B of 200 tensors
TOO_MUCH = "The configuration asks for far more than the weights hold: expected the two to fit."
SPARE = 512 * 1024**2  # bytes beyond what the weights take


class Bounded(TorchDispatchMode):
    """Inside, in this thread alone, raises ModelError once far more calls of torch or bytes were taken than `state` explains.

    A network is built without memory at first. Weights that its files lack are then allocated, and a few words of a
    configuration may ask for any size.
    """

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.steps, self.bytes = STEPS + STEPS_PER_TENSOR * len(state), SPARE + 2 * sum(each.nbytes for each in state.values())

    def __torch_dispatch__(self, call: Any, types: Any, arguments: tuple = (), options: dict | None = None) -> Any:
        try:
            result = call(*arguments, **(options or {}))
        except RuntimeError as error:
            if is_out_of_memory(error) and not _real(arguments):
                raise ModelError(TOO_MUCH) from error
            raise
        self.steps -= 1
        if not _real(arguments):  # the call made new tensors, from none or from tensors without memory
            self.bytes -= sum(each.nbytes for each in _real(result))
        if self.steps < 0 or self.bytes < 0:
            raise ModelError(TOO_MUCH)
        return result


def _real(values: Any) -> list[Tensor]:
    return [each for each in tree_leaves(values) if isinstance(each, Tensor) and not each.is_meta]

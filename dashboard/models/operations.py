"""How much work a pass is, counted and not timed: the same on every machine, however busy it is."""

from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry


class Operations(TorchDispatchMode):
    """Counts the multiplications and additions in the matrix products and convolutions that run inside, as torch's own counter
    does, but in this thread alone and without hooks.
    """

    count = 0

    def __torch_dispatch__(self, call: Any, types: Any, arguments: tuple = (), options: dict | None = None) -> Any:
        result = call(*arguments, **(options or {}))
        of_call = flop_registry.get(getattr(call, "_overloadpacket", call))
        if of_call is not None:
            self.count += of_call(*arguments, **(options or {}), out_val=result)
        return result

"""Layer-wise relevance propagation through a transformer, for the method `TransformerAttribution`.

Inside `relevance_rules()` the way back of each operation hands down relevance instead of gradients, by the rules of
Chefer et al. 2021 (arXiv:2012.09838): linear layers by their positive products (equation 3), sums and products of two
tensors by shares, normalised (equations 8 to 10), nonlinearities and normalisations unchanged. It holds for this thread alone.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from dashboard.models.classifier import DoesNotFit

TINY = 1e-9


def _over(relevance: Tensor, total: Tensor) -> Tensor:
    """relevance / total, 0 where the total is 0: there is nothing to share out."""
    return torch.where(total.abs() > TINY, relevance / torch.where(total == 0, 1, total), 0)


class _Linear(torch.autograd.Function):
    """x W^T + b, (..., D) -> (..., K): relevance goes where x_j w_ij is above zero, in proportion."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        return F.linear(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None]:
        (relevance,) = grad_outputs
        x, weight = ctx.saved_tensors
        pairs = ((x.clamp(min=0), weight.clamp(min=0)), (x.clamp(max=0), weight.clamp(max=0)))
        (above, up), (below, down) = pairs
        shares = _over(relevance, above @ up.T + below @ down.T)
        return above * (shares @ up) + below * (shares @ down), None, None


class _Add(torch.autograd.Function):
    """a + b: each gets relevance by its share of the sum; then both are scaled so that all relevance is kept."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return a + b

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, Tensor]:
        (relevance,) = grad_outputs
        a, b = ctx.saved_tensors
        shares = _over(relevance, a + b)
        parts = [part * shares for part in ctx.saved_tensors]
        sizes = [part.sum().abs() for part in parts]
        whole = relevance.sum() / (sizes[0] + sizes[1]).clamp(min=TINY)
        first, second = (part * _over(size * whole, part.sum()) for part, size in zip(parts, sizes, strict=True))
        return first, second


class _MatMul(torch.autograd.Function):
    """a @ b of two tensors of the photo: half of the relevance goes to each."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        product = a @ b
        ctx.save_for_backward(a, b, product)
        return product

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, Tensor]:
        (relevance,) = grad_outputs
        a, b, product = ctx.saved_tensors
        shares = _over(relevance, product)
        return a * (shares @ b.mT) / 2, b * (a.mT @ shares) / 2


class _Unchanged(torch.autograd.Function):
    """Any function of one tensor that keeps its shape: relevance passes as it is."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, result: Tensor) -> Tensor:
        return result.clone()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None]:
        (relevance,) = grad_outputs
        return relevance, None


def _of_photo(value: Any) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


def _linear(call: Callable, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    return _Linear.apply(x, weight, bias)


def _add(call: Callable, a: Any, b: Any) -> Any:
    if _of_photo(a) and _of_photo(b):
        return _Add.apply(a, b)
    return _unchanged(call, a, b) if _of_photo(a) else _unchanged(lambda x, y: call(y, x), b, a)


def _matmul(call: Callable, a: Tensor, b: Tensor) -> Tensor:
    return _MatMul.apply(a, b)


def _unchanged(call: Callable, x: Tensor, *arguments: Any, **options: Any) -> Tensor:
    with torch.no_grad():
        result = call(x, *arguments, **options)
    return _Unchanged.apply(x, result)


def _scaled(call: Callable, a: Any, b: Any) -> Any:
    if _of_photo(a) and _of_photo(b):
        raise DoesNotFit("no rule hands relevance through the product of two tensors of the photo.")
    return _unchanged(call, a, b) if _of_photo(a) else _unchanged(lambda x, y: call(y, x), b, a)


RULES: dict[Callable, Callable] = {
    F.linear: _linear,
    **dict.fromkeys((torch.add, Tensor.add, Tensor.__add__, Tensor.__radd__), _add),
    **dict.fromkeys((torch.matmul, Tensor.matmul, Tensor.__matmul__), _matmul),
    **dict.fromkeys((torch.mul, Tensor.mul, Tensor.__mul__, Tensor.__rmul__, Tensor.__truediv__, Tensor.div), _scaled),
    **dict.fromkeys((F.gelu, F.relu, torch.relu, F.layer_norm, torch.layer_norm, torch.softmax, F.softmax, Tensor.softmax,
                     torch.tanh, Tensor.tanh), _unchanged),
}  # fmt: skip
# Calls that only move values: their gradient moves relevance back to where the values came from.
MOVES = {
    torch.cat, torch.permute, torch.transpose, torch.flatten, torch.squeeze, torch.unsqueeze, torch.reshape, torch.unbind,
    torch.conv2d, F.conv2d, F.dropout, F.interpolate, Tensor.__getitem__, Tensor.view, Tensor.reshape, Tensor.transpose,
    Tensor.permute, Tensor.expand, Tensor.contiguous, Tensor.flatten, Tensor.unflatten, Tensor.to, Tensor.squeeze,
    Tensor.unsqueeze, Tensor.clone, Tensor.unbind, Tensor.chunk, torch.chunk, Tensor.float,
    Tensor.requires_grad_, Tensor.swapaxes, torch.select, Tensor.select, Tensor.expand_as, Tensor.type_as,
    Tensor.mT.__get__,  # pyright: ignore[reportAttributeAccessIssue]  # on the class, `mT` is a descriptor
}  # fmt: skip


class _Rules(TorchFunctionMode):
    def __torch_function__(self, call: Callable, types: Any, arguments: Any = (), options: Any = None) -> Any:
        options = options or {}
        if not any(map(_of_photo, (*_flat(arguments), *_flat(options.values())))):
            return call(*arguments, **options)
        if call in RULES:
            return RULES[call](call, *arguments, **options)
        result = call(*arguments, **options)
        if _of_photo(result) and call not in MOVES:
            raise DoesNotFit(f"no rule hands relevance through {getattr(call, '__name__', call)}.")
        return result


def _flat(values: Any) -> list[Any]:
    return [leaf for value in values for leaf in (_flat(value) if isinstance(value, list | tuple) else (value,))]


def relevance_rules() -> TorchFunctionMode:
    """Inside, the backward pass of a network computes relevance in place of gradients.

    Raises, while a network runs inside:
        DoesNotFit: the network does something that the rules do not cover.
    """
    return _Rules()

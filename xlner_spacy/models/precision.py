"""Products of 16 bits, where the machine is made for them, and training with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any


def made_for_16_bits() -> bool:
    """Whether the processor has instructions for products of bfloat16 (AMX)."""
    import torch

    return torch.cpu._is_amx_tile_supported()


@contextmanager
def products(device: Any, in_16_bits: bool | None = None) -> Iterator[None]:
    """While this lasts, matrices are multiplied in bfloat16.

    device (torch.device): Where the network is.
    in_16_bits (bool): Whether. None: on GPUs, and on processors with instructions for it (AMX).
    """
    import torch

    if in_16_bits is None:
        in_16_bits = device.type == "cuda" or made_for_16_bits()
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=in_16_bits):
        if in_16_bits and device.type == "cpu":
            with _attention_in_32_bits():
                yield
        else:
            yield


def _attention_in_32_bits() -> Any:
    """On processors, torch's attention of 32-bit numbers is several times faster than that of bfloat16 (a step
    of training takes a third less)."""
    import torch
    from torch.nn.functional import scaled_dot_product_attention
    from torch.overrides import TorchFunctionMode

    class AttentionIn32Bits(TorchFunctionMode):
        def __torch_function__(
            self,
            func: Callable,
            types: Sequence[type],
            args: Sequence[Any] = (),
            kwargs: Mapping[str, Any] | None = None,
        ) -> Any:
            named = dict(kwargs or {})
            if func is not scaled_dot_product_attention:
                return func(*args, **named)
            kind = args[0].dtype
            with torch.autocast("cpu", enabled=False):
                found = func(
                    *map(_in_32_bits, args), **{k: _in_32_bits(v) for k, v in named.items()}
                )
            return found.to(kind)

    return AttentionIn32Bits()


def _in_32_bits(value: Any) -> Any:
    import torch

    if isinstance(value, torch.Tensor) and value.is_floating_point():
        return value.float()
    return value
